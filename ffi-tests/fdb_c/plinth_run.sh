#!/bin/sh
# Tests scripts/plinth-run with a small C program, which is linked with libfdb_c.so but not told
# where it is, and with Python where the package `foundationdb` is installed.
#
#     plinth_run.sh [LIBRARY_DIRECTORY]
#
# Environment: FDB_C_INCLUDE is the directory that has foundationdb/fdb_c.h, CC the C compiler,
# PYTHON the Python to try. Ends with the numbers of checks; fails if one of them failed.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
lib=$(cd "${1:-$root/target/release}" && pwd) || exit 1
include=${FDB_C_INCLUDE:-$root/include}
run=$root/scripts/plinth-run
work=$(mktemp -d "${TMPDIR:-/tmp}/plinth-run-XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
unset LD_LIBRARY_PATH PLINTH_DATA FDB_CLUSTER_FILE
PLINTH_LIB=$lib
export PLINTH_LIB
passed=0
failed=0

# check <name> <expected> <got>
check() {
    if [ "$2" = "$3" ]; then
        passed=$((passed + 1))
        printf 'ok %s\n' "$1"
    else
        failed=$((failed + 1))
        printf 'FAILED %s\n  expected: %s\n  got:      %s\n' "$1" "$2" "$3"
    fi
}

# status <command...>: its exit status, and nothing of what it says.
status() {
    "$@" >/dev/null 2>&1 && printf 0 || printf '%d' $?
}

# says <words> <command...>: "yes" if the command's output contains the words.
says() {
    words=$1
    shift
    case $("$@" 2>&1) in
        *"$words"*) printf yes ;;
        *) printf no ;;
    esac
}

# The program: adds one to a number and prints what it was before.
cat >counter.c <<'TEXT'
#define FDB_API_VERSION 730
#include <foundationdb/fdb_c.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void must(fdb_error_t error)
{
    if (error != 0) {
        fprintf(stderr, "%s\n", fdb_get_error(error));
        exit(1);
    }
}

static void *network(void *unused)
{
    must(fdb_run_network());
    return unused;
}

int main(void)
{
    const uint8_t key[] = "count";
    const uint8_t *value = NULL;
    int length = 0;
    fdb_bool_t present = 0;
    int64_t count = 0, next;
    pthread_t thread;
    FDBDatabase *db = NULL;
    FDBTransaction *tr = NULL;
    FDBFuture *future;
    must(fdb_select_api_version(FDB_API_VERSION));
    must(fdb_setup_network());
    must(pthread_create(&thread, NULL, network, NULL));
    must(fdb_create_database(NULL, &db));
    must(fdb_database_create_transaction(db, &tr));
    future = fdb_transaction_get(tr, key, sizeof key, 0);
    must(fdb_future_block_until_ready(future));
    must(fdb_future_get_value(future, &present, &value, &length));
    if (present)
        memcpy(&count, value, sizeof count);
    fdb_future_destroy(future);
    next = count + 1;
    fdb_transaction_set(tr, key, sizeof key, (const uint8_t *)&next, sizeof next);
    future = fdb_transaction_commit(tr);
    must(fdb_future_block_until_ready(future));
    must(fdb_future_get_error(future));
    fdb_future_destroy(future);
    fdb_transaction_destroy(tr);
    fdb_database_destroy(db);
    must(fdb_stop_network());
    pthread_join(thread, NULL);
    printf("%lld\n", (long long)count);
    return 0;
}
TEXT
"${CC:-cc}" -I"$include" -o counter counter.c -L"$lib" -lfdb_c -pthread || exit 1

check 'help is asked for' 0 "$(status "$run" -h)"
check 'help says what it is' yes "$(says 'usage: plinth-run' "$run" --help)"
check 'nothing to run' 2 "$(status "$run")"
check 'an unknown option' yes "$(says 'no option --dat' "$run" --dat x ./counter)"
check 'an unknown option fails' 2 "$(status "$run" --dat x ./counter)"
check 'a missing directory of data' yes "$(says '--data needs a directory' "$run" --data)"
check 'an empty directory of data' yes "$(says '--data needs a directory' "$run" --data '' true)"
check 'a missing program' 127 "$(status "$run" ./nothing)"
check 'a missing program is named' yes "$(says 'no program ./nothing' "$run" ./nothing)"
check 'a file that is no program' 126 "$(status "$run" ./counter.c)"
check 'a wrong PLINTH_LIB' yes "$(PLINTH_LIB=/nowhere says 'no /nowhere/libfdb_c.so' "$run" true)"
check 'a wrong PLINTH_LIB fails' 1 "$(PLINTH_LIB=/nowhere status "$run" true)"

# Arguments and the exit status are the program's.
check 'arguments are passed on' '[a  b][-h][*][]' "$("$run" printf '[%s]' 'a  b' -h '*' '')"
check 'options end with --' '[--data]' "$("$run" -- printf '[%s]' --data)"
check 'the exit status is passed on' 42 "$(status "$run" sh -c 'exit 42')"

# The library comes first, what was there stays.
# shellcheck disable=SC2016
check 'the search path' "$lib" "$("$run" sh -c 'printf %s "$LD_LIBRARY_PATH"')"
# shellcheck disable=SC2016
check 'the search path that was there' "$lib:/a:/b" \
    "$(LD_LIBRARY_PATH=/a:/b "$run" sh -c 'printf %s "$LD_LIBRARY_PATH"')"
# shellcheck disable=SC2016
check 'the directory of data' "$work/relative" "$("$run" --data relative sh -c 'printf %s "$PLINTH_DATA"')"
# shellcheck disable=SC2016
check 'no directory of data' unset "$("$run" sh -c 'printf %s "${PLINTH_DATA-unset}"')"
# shellcheck disable=SC2016
check 'a directory of data in the environment' /given "$(PLINTH_DATA=/given "$run" sh -c 'printf %s "$PLINTH_DATA"')"

# A real program finds the library only this way, and its data.
check 'the program without plinth-run' 127 "$(status ./counter)"
check 'the program, first run' 0 "$("$run" --data data ./counter)"
check 'the program, second run' 1 "$("$run" --data="$work/data" ./counter)"
check 'the program, other data' 0 "$("$run" --data other ./counter)"
check 'the program, in memory' 0 "$("$run" --data :memory: ./counter)"
check 'the program, in memory again' 0 "$("$run" --data :memory: ./counter)"

# Installed: bin/plinth-run, reached through a link, with ../lib/plinth.
mkdir -p prefix/bin prefix/lib/plinth links
cp "$run" prefix/bin/plinth-run
ln -s "$lib/libfdb_c.so" prefix/lib/plinth/libfdb_c.so
ln -s "$work/prefix/bin/plinth-run" links/plinth-run
unset PLINTH_LIB
check 'installed, through a link' 2 "$(links/plinth-run --data data ./counter)"
rm prefix/lib/plinth/libfdb_c.so
check 'installed without the library' yes "$(says 'there is no libfdb_c.so in' prefix/bin/plinth-run true)"
check 'installed without the library fails' 1 "$(status prefix/bin/plinth-run true)"
PLINTH_LIB=$lib
export PLINTH_LIB

# Python, where FoundationDB's package is installed without a library of its own.
python=${PYTHON:-python3}
if "$run" "$python" -c 'import fdb' 2>/dev/null; then
    check 'Python' "b'value'" "$("$run" --data :memory: "$python" -c '
import fdb
fdb.api_version(710)
db = fdb.open()
db[b"key"] = b"value"
print(bytes(db[b"key"]))
')"
else
    printf 'left out: %s has no package foundationdb\n' "$python"
fi

printf '%d checks passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
