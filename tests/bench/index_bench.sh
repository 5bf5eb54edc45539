#!/usr/bin/env bash
# index_bench.sh MAILDIR: imports and indexes a Maildir with davenport and with `notmuch new`, in one run.
. "$(dirname "$0")/machine.sh"
[ $# -eq 1 ] || { echo "usage: index_bench.sh MAILDIR" >&2; exit 2; }
need notmuch notmuch
need /usr/bin/time time
maildir=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

print_machine
messages=$(find "$maildir" -type f | wc -l)
bytes=$(find "$maildir" -type f -printf '%s\n' | awk '{s += $1} END {print s}')
echo "corpus: $maildir, $messages files, $((bytes / 1000000)) MB"
find "$maildir" -type f -print0 | xargs -0 cat >/dev/null # warm files for both

mkdir "$work/notmuch"
ln -s "$maildir" "$work/notmuch/mail"
export NOTMUCH_CONFIG=$work/notmuch-config
printf '[database]\npath=%s\n[user]\nname=bench\nprimary_email=bench@example.org\n[new]\ntags=unread\n' "$work/notmuch" >"$NOTMUCH_CONFIG"
measured "notmuch new" notmuch new --quiet || true
notmuch_seconds=$seconds notmuch_peak=$peak notmuch_bytes=$(du -sb "$work/notmuch/.notmuch/xapian" | cut -f1)

status=0
measured "davenport import" "$davenport" --data "$work/davenport" import bench "$maildir" 2>"$work/refused" || status=$?
[ "$status" -eq 0 ] || [ "$status" -eq 3 ] || { cat "$work/refused" >&2; exit 1; }
tail -n 3 "$work/refused"
du -sb "$work"/davenport/accounts/bench/{store,blobs} "$work"/davenport/accounts/bench/derived/*/{catalog.db,index} | sed "s|$work/davenport/accounts/bench/||"
index_bytes=$(du -sb "$work"/davenport/accounts/bench/derived/*/index | cut -f1)

awk -v n="$messages" -v b="$bytes" -v ns="$notmuch_seconds" -v ds="$seconds" -v np="$notmuch_peak" -v dp="$peak" \
    -v ni="$notmuch_bytes" -v di="$index_bytes" 'BEGIN {
  printf "notmuch new:      %6.1f s %7.0f messages/s %6.1f MB/s, peak %5d MiB, index %5.0f MB\n", ns, n/ns, b/1e6/ns, np, ni/1e6
  printf "davenport import: %6.1f s %7.0f messages/s %6.1f MB/s, peak %5d MiB, index %5.0f MB\n", ds, n/ds, b/1e6/ds, dp, di/1e6
  printf "davenport is %.2f times as fast\n", ns/ds }'
