#!/usr/bin/env bash
# notmuch_hits.sh MAILDIR [QUERIES]: compares what davenport and `notmuch search` find, for 300 queries drawn from the index's own
# words, and sorts the differences by their reasons. Import and indexes as in search_bench.sh, and shared with it.
. "$(dirname "$0")/machine.sh"
[ $# -ge 1 ] || { echo "usage: notmuch_hits.sh MAILDIR [QUERIES]" >&2; exit 2; }
need notmuch notmuch
need mu maildir-utils
need python3 python3
maildir=$(realpath "$1")
work=${BENCH_FOLDER:-/tmp}/davenport-search-bench-$(basename "$maildir")
mkdir -p "$work"
print_machine
. "$(dirname "$0")/notmuch_index.sh"
make_indexes "$maildir" "$work"
"$root/build/release/bin/search_bench" "$work/data" --draw "${2:-300}" --seed 2 --queries "$work/hit_queries" --hits >/dev/null
python3 "$(dirname "$0")/notmuch_hits.py" "$root/build/release/bin/search_bench" "$work/data" "$work/hit_queries"
