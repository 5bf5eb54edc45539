#!/usr/bin/env bash
# list_bench.sh [MESSAGES] [PAGE]: lists of 50 over HTTP at 1 and 32 connections, the server on one core and wrk on another, at page 1, at
# page PAGE and at many different pages in turn; what a catalog costs in date order and in random order; and the same list as a view with
# include_docs in a PouchDB Server (10,000 messages there: it does not hold more in reasonable time).
. "$(dirname "$0")/machine.sh"
need wrk wrk
need taskset util-linux
messages=${1:-1000000}
page=${2:-10000}
seconds=${SECONDS_EACH:-3}
work=${BENCH_FOLDER:-/tmp}/davenport-list-bench
bench=$root/build/release/bin/list_bench
port=8868

print_machine
echo "corpus: invented messages (list_bench), in $work"
for count in $((messages / 10)) $((messages * 3 / 10)) "$messages"; do
  for order in "" --random; do
    folder=$work/$count$order
    [ -d "$folder" ] || { echo "command: list_bench fill $folder $count $order"; "$bench" fill "$folder" "$count" $order; }
    [ "$folder" = "$work/$messages" ] || rm -rf "$folder"
  done
done

paths=$work/paths
"$bench" paths "$work/$messages" "$page" | grep $'\t' >"$paths" # without what is logged
taskset -c 0 "$bench" serve "$work/$messages" "$port" >"$work/serve.log" 2>&1 &
server=$!
trap 'kill "$server"; wait "$server" || true' EXIT
until curl -fsS -o /dev/null "http://127.0.0.1:$port/healthz" 2>/dev/null; do sleep 0.1; done

load() { # NAME URL
  for connections in 1 32; do
    printf '%-32s %2d connections: ' "$1" "$connections"
    taskset -c 1 wrk -t 1 -c "$connections" -d "${seconds}s" --latency "$2" |
      awk '/50%/ {p50 = $2} /99%/ {p99 = $2} /Requests\/sec/ {rate = $2} /Non-2xx/ {bad = ", NOT 2xx: " $NF}
           END {printf "%7.0f/s, median %s, p99 %s%s\n", rate, p50, p99, bad}'
  done
}
echo "command: taskset -c 1 wrk -t 1 -c N -d ${seconds}s --latency URL"
base=http://127.0.0.1:$port/v1/accounts/bench
while IFS=$'\t' read -r name path; do load "$name" "$base/$path"; done <"$paths"

# Which nobody asked for before: no page is in davenport's memory.
echo "1,500 different pages of each list in turn, 32 connections:"
"$bench" pages "$work/$messages" 1500 | grep $'\t' >"$work/pages"
cut -f 1 "$work/pages" | uniq | while read -r name; do
  awk -F '\t' -v name="$name" '$1 == name {print $2}' "$work/pages" >"$work/pages-of-list"
  printf '%-32s ' "$name"
  PREFIX=/v1/accounts/bench/ PATHS=$work/pages-of-list taskset -c 1 wrk -t 1 -c 32 -d "${seconds}s" --latency -s "$(dirname "$0")/in_turn.lua" \
    "http://127.0.0.1:$port" |
    awk '/50%/ {p50 = $2} /99%/ {p99 = $2} /Requests\/sec/ {rate = $2} END {printf "%7.0f/s, median %s, p99 %s\n", rate, p50, p99}'
done

echo "other combinations, one request each, slowest of 5:"
for path in "keyword=todo" "keyword=todo&sort=subject" "unread=true&sort=from" "flagged=true&sort=-size" "mailbox=inbox&unread=true&flagged=true" \
  "unread=true&attachment=true" "seen=true&sort=sent" "unread=false&flagged=true&attachment=true" "mailbox=inbox&keyword=todo&sort=from" \
  "flagged=true&attachment=true&answered=true&draft=true" "threads=true&sort=subject" "mailbox=inbox&threads=true&sort=-size" \
  "unread=true&threads=true" "keyword=todo&threads=true" "flagged=true&attachment=true&threads=true" "mailbox=lists&answered=true&sort=to"; do
  slowest=$(for _ in 1 2 3 4 5; do curl -fsS -o /dev/null -w '%{time_total}\n' "$base/messages?$path"; done | sort -n | tail -1)
  printf '%-56s %6.1f ms\n' "$path" "$(awk -v s="$slowest" 'BEGIN {print s * 1000}')"
done

if [ "${POUCHDB:-yes}" = yes ]; then
  "$bench" pouchdb 10000 >"$work/pouchdb" &
  pouchdb=$!
  trap 'kill "$server" "$pouchdb"; wait || true' EXIT
  until [ -s "$work/pouchdb" ]; do sleep 0.5; done
  view="$(cat "$work/pouchdb")/bench/_design/list/_view/date?include_docs=true&descending=true&limit=50&startkey=%5B%22inbox%22%2C%7B%7D%5D&endkey=%5B%22inbox%22%5D"
  curl -fsS -o /dev/null "$view" # builds the view
  load "PouchDB Server, inbox, date" "$view"
fi
