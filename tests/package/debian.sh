#!/usr/bin/env bash
# The Debian package on a clean system: built, installed into a fresh Debian 12, started as its unit starts it, removed and
# purged, which leaves the data. Needs root, debootstrap and Debian's packages; not a part of ./test.
#   tests/package/debian.sh [FOLDER]     the system is made in FOLDER (else a temporary one, removed at the end)
set -euo pipefail
cd "$(dirname "$0")/../.."

[ "$(id -u)" -eq 0 ] || { echo "tests/package/debian.sh: needs root, for a chroot" >&2; exit 2; }
command -v debootstrap >/dev/null || { echo "tests/package/debian.sh: needs debootstrap" >&2; exit 2; }

root=${1:-}
if [ -z "$root" ]; then
  root=$(mktemp -d)
  chmod 755 "$root"  # the user that the service runs as has to enter it
  trap 'stop; umount "$root/proc" 2>/dev/null || true; rm -rf "$root"' EXIT
else
  trap 'stop; umount "$root/proc" 2>/dev/null || true' EXIT
fi
server=""
stop() { [ -z "$server" ] || kill "$server" 2>/dev/null || true; }
step() { echo "== $*"; }
fail() { echo "FAILED: $*" >&2; exit 1; }

step "package"
(cd build/release && cpack -G DEB >/dev/null)
package=$(ls -t build/release/davenport_*.deb | head -1)
dpkg-deb --info "$package" | grep -E 'Package|Version|Depends'

step "clean Debian 12 in $root"
[ -x "$root/usr/bin/dpkg" ] || debootstrap --variant=minbase bookworm "$root" >/dev/null
mountpoint -q "$root/proc" || mount -t proc proc "$root/proc"
in_root() { chroot "$root" env DEBIAN_FRONTEND=noninteractive "$@"; }
cp "$package" "$root/tmp/davenport.deb"
in_root apt-get update -qq
in_root apt-get install -y -qq --no-install-recommends /tmp/davenport.deb curl util-linux >/dev/null

step "what was installed"
in_root davenport --version
in_root test -f /etc/davenport/davenport.toml || fail "no configuration"
in_root grep -qx /etc/davenport/davenport.toml /var/lib/dpkg/info/davenport.conffiles || fail "no conffile"
[ "$(in_root stat -c '%U %a' /var/lib/davenport)" = "davenport 700" ] || fail "the data folder is not its own"
if [ -n "$(ls -d "$root"/usr/lib/systemd/system/davenport.service)" ]; then
  systemd-analyze verify --root="$root" davenport.service 2>&1 | grep -i davenport || true
fi

step "service, as the unit starts it"
exec_start=$(sed -n 's/^ExecStart=//p' "$root/usr/lib/systemd/system/davenport.service")
cp -r data/sample/mail "$root/tmp/mail"
# shellcheck disable=SC2086
chroot "$root" setpriv --reuid=davenport --regid=davenport --clear-groups --no-new-privs --inh-caps=-all $exec_start &
server=$!
for _ in $(seq 100); do
  in_root curl -fsS http://127.0.0.1:8825/healthz 2>/dev/null && break
  sleep 0.1
done
echo
as_davenport() { in_root setpriv --reuid=davenport --regid=davenport --clear-groups "$@"; }
as_davenport davenport import nell /tmp/mail
found=$(as_davenport davenport search nell 'harpsichord' --json | grep -o '"total":[0-9]*' | head -1)
[ "$found" != '"total":0' ] || fail "nothing is found"
echo "found: $found"
as_davenport davenport status
kill "$server"; wait "$server" || fail "the server ended with $?"
server=""

step "removal and purge leave the data"
in_root apt-get remove -y -qq davenport >/dev/null
[ ! -e "$root/usr/bin/davenport" ] || fail "the program is still there"
[ -d "$root/var/lib/davenport/accounts/nell/store" ] || fail "removal took the data"
in_root apt-get purge -y -qq davenport
[ ! -e "$root/etc/davenport/davenport.toml" ] || fail "the configuration is still there"
[ -d "$root/var/lib/davenport/accounts/nell/store" ] || fail "purge took the data"

step "installed again, the data is there"
in_root apt-get install -y -qq --no-install-recommends /tmp/davenport.deb >/dev/null
again=$(as_davenport davenport search nell 'harpsichord' --json | grep -o '"total":[0-9]*' | head -1)
[ "$again" = "$found" ] || fail "$again instead of $found"
echo "passed"
