#!/usr/bin/env bash
# The Debian package on a clean system: built, installed into a fresh Debian 12 that systemd runs, started, reloaded, killed and
# restarted as a service, removed and purged, which leaves the data. Needs root, debootstrap, systemd-container and Debian's
# packages; not a part of ./test.
#   tests/package/debian.sh [FOLDER]     the system is made in FOLDER (else a temporary one, removed at the end)
set -euo pipefail
cd "$(dirname "$0")/../.."

[ "$(id -u)" -eq 0 ] || { echo "tests/package/debian.sh: needs root, for a container" >&2; exit 2; }
for tool in debootstrap systemd-nspawn; do
  command -v "$tool" >/dev/null || { echo "tests/package/debian.sh: needs $tool" >&2; exit 2; }
done

root=${1:-}
container="" init=""
# With its first process all others of the container end.
stop() { [ -z "$container" ] || { kill -KILL "${init:-$container}"; wait "$container" || true; } 2>/dev/null; }
if [ -z "$root" ]; then
  root=$(mktemp -d)
  chmod 755 "$root" # services of other users than root have to get through
  trap 'stop; rm -rf "$root"' EXIT
else
  trap stop EXIT
fi
step() { echo "== $*"; }
fail() { echo "FAILED: $*" >&2; exit 1; }
# What a command says in the end, asked for again for a minute.
until_says() {
  local wanted=$1 said="" i
  shift
  for ((i = 0; i < 600; i++)); do
    said=$("$@" 2>/dev/null || true)
    [ "$said" != "$wanted" ] || return 0
    sleep 0.1
  done
  fail "$* says '$said' instead of '$wanted'"
}

step "package"
(cd build/release && cpack -G DEB >/dev/null)
package=$(ls -t build/release/davenport_*.deb | head -1)
dpkg-deb --info "$package" | grep -E 'Package|Version|Depends'

step "clean Debian 12 in $root"
[ -x "$root/usr/bin/dpkg" ] || debootstrap --variant=minbase --include=systemd,systemd-sysv,dbus,curl,util-linux bookworm "$root" >/dev/null
cp "$package" "$root/srv/davenport.deb"
cp -r data/sample/mail "$root/srv/"
systemd-nspawn --directory="$root" --boot --register=no --keep-unit >"$root/srv/boot.log" 2>&1 </dev/null &
container=$!
for _ in $(seq 100); do
  init=$(pgrep -P "$container" || true)
  [ -z "$init" ] || [ "$(cat "/proc/$init/comm")" != systemd ] || break
  sleep 0.1
done
inside() { nsenter --target "$init" --all env DEBIAN_FRONTEND=noninteractive "$@"; }
as_davenport() { inside setpriv --reuid=davenport --regid=davenport --clear-groups davenport "$@"; }
service() { inside systemctl show davenport --property="$1" --value; }
until_says running inside systemctl is-system-running

step "installation"
inside apt-get update -qq
inside apt-get install -y -qq --no-install-recommends /srv/davenport.deb >/dev/null
as_davenport --version
inside grep -qx /etc/davenport/davenport.toml /var/lib/dpkg/info/davenport.conffiles || fail "no conffile"
[ "$(inside stat -c '%U %a' /var/lib/davenport)" = "davenport 700" ] || fail "the data folder is not its own"

step "service"
until_says active inside systemctl is-active davenport
inside curl -fsS http://127.0.0.1:8825/healthz
echo
as_davenport import nell /srv/mail
hits() { as_davenport search nell harpsichord --json | grep -o '"total":[0-9]*' | head -1; }
found=$(hits)
[ "$found" != '"total":0' ] || fail "nothing is found"
echo "found: $found"
inside systemctl reload davenport
until_says "the configuration was read anew" inside journalctl --unit=davenport --output=cat --lines=1 --grep='the configuration was read anew'
inside kill -KILL "$(service MainPID)"
until_says 1 service NRestarts
until_says active inside systemctl is-active davenport
[ "$(hits)" = "$found" ] || fail "after it was killed there is $(hits) instead of $found"
inside systemctl stop davenport
[ "$(service Result)" = success ] || fail "it did not end well: $(service Result)"
inside systemctl start davenport
inside systemd-analyze security --no-pager davenport | tail -1

step "removal and purge leave the data"
inside apt-get remove -y -qq davenport >/dev/null
until_says inactive inside systemctl is-active davenport
inside test ! -e /usr/bin/davenport || fail "the program is still there"
inside test -d /var/lib/davenport/accounts/nell/store || fail "removal took the data"
inside apt-get purge -y -qq davenport
inside test ! -e /etc/davenport/davenport.toml || fail "the configuration is still there"
inside test -d /var/lib/davenport/accounts/nell/store || fail "purge took the data"

step "installed again, the data is there"
inside apt-get install -y -qq --no-install-recommends /srv/davenport.deb >/dev/null
[ "$(hits)" = "$found" ] || fail "$(hits) instead of $found"
inside systemctl poweroff
wait "$container" || fail "the system ended with $?"
container=""
echo "passed"
