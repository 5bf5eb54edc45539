# Sourced by the benches: what machine this is, and how to measure a command.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
davenport=$root/build/release/bin/davenport

need() {
  command -v "$1" >/dev/null || { echo "this bench needs $1 (Debian package $2)" >&2; exit 1; }
}

print_machine() {
  echo "machine: $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1), $(nproc) cores, $(free -g | awk '/^Mem/ {print $2}') GiB, $(uname -sr)"
  echo "davenport: $("$davenport" --version), $(git -C "$root" rev-parse --short HEAD)"
}

# measured NAME COMMAND... : wall seconds in $seconds, peak memory in $peak (MiB)
measured() {
  local name=$1 log
  shift
  log=$(mktemp)
  echo "command: $*"
  /usr/bin/time -o "$log" -f '%e %U %S %M' "$@"
  read -r seconds user system peak <"$log"
  peak=$((peak / 1024))
  rm -f "$log"
  echo "$name: $seconds s wall, $user s user, $system s system, $peak MiB peak"
}
