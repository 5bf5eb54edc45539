#!/usr/bin/env bash
# http_bench.sh [MESSAGES]: lists of 50 and searches over HTTP, at 1 and 64 connections, on invented mail (100,000 messages).
. "$(dirname "$0")/machine.sh"
need wrk wrk
messages=${1:-100000}
work=${BENCH_FOLDER:-/tmp}/davenport-http-bench-$messages
port=8867

print_machine
echo "corpus: $messages invented messages (generate_mail, seed 1), kept in $work"
if [ ! -d "$work/data" ]; then
  "$root/build/release/bin/generate_mail" "$work/mail" "$messages"
  measured "import" "$davenport" --data "$work/data" import bench "$work/mail"
fi
printf 'data_dir = "%s"\n[http]\nlisten = "127.0.0.1:%s"\n' "$work/data" "$port" >"$work/davenport.toml"
"$davenport" --config "$work/davenport.toml" serve 2>"$work/serve.log" &
server=$!
trap 'kill "$server"; wait "$server" || true' EXIT
until curl -fsS -o /dev/null "http://127.0.0.1:$port/healthz" 2>/dev/null; do sleep 0.1; done

base=http://127.0.0.1:$port/v1/accounts/bench
load() {
  local name=$1 path=$2 connections
  for connections in 1 64; do
    printf '%-34s %2d connections: ' "$name" "$connections"
    wrk -t 1 -c "$connections" -d 5s --latency "$base/$path" |
      awk '/50%/ {p50 = $2} /99%/ {p99 = $2} /Requests\/sec/ {rate = $2} /Non-2xx/ {bad = ", NOT 2xx: " $NF} /Transfer/ {mb = $2}
           END {printf "%8.0f/s, median %s, p99 %s, %s/s%s\n", rate, p50, p99, mb, bad}'
  done
}
echo "command: wrk -t 1 -c N -d 5s --latency $base/PATH"
load "list, all mail" "messages?limit=50"
load "list, mailbox" "messages?mailbox=inbox&limit=50"
load "list, mailbox and unread" "messages?mailbox=inbox&unread=true&limit=50"
load "list by thread" "messages?mailbox=inbox&threads=true&limit=50"
load "search, common word" "search?q=bare&limit=50&snippets=false"
load "search, two words" "search?q=bare+mire&limit=50&snippets=false"
load "search, phrase" "search?q=%22bare%20rere%22&limit=50&snippets=false"
load "search, word in mailbox, unread" "search?q=bare+in:inbox+is:unread&limit=50&snippets=false"
load "search, common word, snippets" "search?q=bare&limit=50"
