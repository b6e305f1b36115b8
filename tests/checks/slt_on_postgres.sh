#!/usr/bin/env bash
# Runs the scripts under tests/slt/**/pg/ on a real PostgreSQL 15, which proves what they expect.
# With SLT_RUNNER set, that program is run instead of `cargo test --test slt`.
set -euo pipefail
cd "$(dirname "$0")/../.."
bin=${POSTGRES_BIN:-/usr/lib/postgresql/15/bin}
if [ ! -x "$bin/initdb" ]; then
    echo "no PostgreSQL 15 in $bin: apt-get install postgresql-15, or set POSTGRES_BIN" >&2
    exit 1
fi
port=${POSTGRES_PORT:-54399}
folder=$(mktemp -d)
as_postgres=()
if [ "$(id -u)" = 0 ]; then
    # initdb refuses to run as root.
    chown postgres "$folder"
    as_postgres=(runuser -u postgres --)
fi
stop() {
    "${as_postgres[@]}" "$bin/pg_ctl" -D "$folder/db" -m immediate stop >/dev/null 2>&1 || true
    rm -rf "$folder"
}
trap stop EXIT
"${as_postgres[@]}" "$bin/initdb" -D "$folder/db" -U postgres -A trust -E UTF8 --locale=C >/dev/null
"${as_postgres[@]}" "$bin/pg_ctl" -D "$folder/db" -w -l "$folder/log" \
    -o "-p $port -h 127.0.0.1 -k $folder -c fsync=off -c timezone=UTC" start >/dev/null
output=$folder/output
status=0
SLT_POSTGRES=127.0.0.1:$port ${SLT_RUNNER:-cargo test --test slt --} "$@" 2>&1 | tee "$output" || status=$?
counts=$(grep -o '[0-9]* passed; [0-9]* failed' "$output" | tail -1 || true)
echo "${counts/;/,}"
exit "$status"
