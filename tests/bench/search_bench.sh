#!/usr/bin/env bash
# search_bench.sh MAILDIR [QUERIES]: the same queries (200, drawn from the index's own words) asked of davenport, in its library
# and over HTTP, and of notmuch's library; and how large the indexes are, mu's too. Import and indexes are kept for the next
# run in BENCH_FOLDER (/tmp).
. "$(dirname "$0")/machine.sh"
[ $# -ge 1 ] || { echo "usage: search_bench.sh MAILDIR [QUERIES]" >&2; exit 2; }
need notmuch notmuch
need mu maildir-utils
bin=$root/build/release/bin
[ -x "$bin/notmuch_bench" ] || { echo "this bench needs libnotmuch-dev when davenport is built" >&2; exit 1; }
maildir=$(realpath "$1")
count=${2:-200}
work=${BENCH_FOLDER:-/tmp}/davenport-search-bench-$(basename "$maildir")
port=8868
mkdir -p "$work"

print_machine
echo "corpus: $maildir, $(find "$maildir" -type f | wc -l) files; kept in $work"
. "$(dirname "$0")/notmuch_index.sh"
make_indexes "$maildir" "$work"

echo "index: davenport $(index_bytes "$work/data/accounts/bench/derived"/*/index), notmuch $(index_bytes "$work/notmuch/.notmuch/xapian") ($(notmuch --version)), mu $(index_bytes "$work/mu/xapian") ($(mu --version | head -1))"

printf 'data_dir = "%s"\n[http]\nlisten = "127.0.0.1:%s"\n' "$work/data" "$port" >"$work/davenport.toml"
"$davenport" --config "$work/davenport.toml" serve 2>"$work/serve.log" &
server=$!
trap 'kill "$server"; wait "$server" || true' EXIT
until curl -fsS -o /dev/null "http://127.0.0.1:$port/healthz" 2>/dev/null; do sleep 0.1; done

"$bin/search_bench" "$work/data" --draw "$count" --queries "$work/queries" --url "http://127.0.0.1:$port" >"$work/davenport.tsv"
"$bin/notmuch_bench" "$work/notmuch" "$work/queries" 5 >"$work/notmuch.tsv"
grep '^command' "$work/davenport.tsv"
echo "command: notmuch_bench $work/notmuch $work/queries 5"
echo "milliseconds of $count queries, newest first, the first 50 hits; ratio: notmuch's median by ours"
awk -F '\t' 'NF == 6 && FILENAME ~ /notmuch.tsv$/ {theirs[$2, $3] = $4}
  NF == 6 {printf "%-18s %-8s %-9s median %8.3f  p99 %8.3f  most %8.3f", $1, $2, $3, $4, $5, $6
           if ($1 != "notmuch") printf "  %6.2f", theirs[$2, $3] / $4
           print ""}' "$work/notmuch.tsv" "$work/davenport.tsv"
