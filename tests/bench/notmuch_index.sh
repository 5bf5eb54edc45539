# Sourced after machine.sh by what compares searches: the same Maildir indexed by davenport, notmuch and mu.

index_bytes() { du -scb "$@" | awk 'END {printf "%.1f MB", $1 / 1e6}'; }

# make_indexes MAILDIR FOLDER: FOLDER/data (account "bench"), FOLDER/notmuch, FOLDER/mu; what is there already is kept.
make_indexes() {
  export NOTMUCH_CONFIG=$2/notmuch-config
  if [ ! -d "$2/data" ]; then
    "$davenport" --data "$2/data" import bench "$1" 2>"$2/refused" || [ $? -eq 3 ]
  fi
  if [ ! -d "$2/notmuch" ]; then
    mkdir "$2/notmuch"
    ln -s "$1" "$2/notmuch/mail"
    printf '[database]\npath=%s\n[user]\nname=bench\nprimary_email=bench@example.org\n[new]\ntags=unread\n' "$2/notmuch" >"$NOTMUCH_CONFIG"
    notmuch new --quiet || true
  fi
  if [ ! -d "$2/mu" ]; then
    mu init --muhome="$2/mu" --maildir="$1" >/dev/null
    mu index --muhome="$2/mu" --quiet
  fi
}
