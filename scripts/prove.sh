#!/bin/bash
# The long form of the tests: scripts/prove.sh [step...], or make prove P='step...'; every step
# without a name. The steps:
#
#   model     random use against the model, a million answers compared; histories of many threads
#             checked for a serial order
#   defects   the planted defects of the engine, each of which the tests must notice
#   tsan      the tests of engine and boundary, and the C tests with all rounds, under
#             ThreadSanitizer
#   asan      the C tests under AddressSanitizer, all rounds
#   processes racing opens of 16 processes, hand-overs by kill -9 under load and with a large
#             database, watches over them, and histories of 2 to 16 processes
#   threefs   three processes like 3FS's on one directory, killed and ended in turn
#
# build/prove-report.md says what ran, and nothing else: commands, counts, seeds, commit, machine.
# Logs are in build/prove-logs. The status is that of the worst step.
#
# Environment: PROVE_CALLS answers to compare, PROVE_ROUNDS runs of the histories, PROVE_SCALE
# divides the rounds of the C tests, PROVE_SECONDS of the three processes, PROVE_PROCESS_ROUNDS racing
# opens and hand-overs, PROVE_BALLAST megabytes of the large database.
set -euo pipefail
cd "$(dirname "$0")/.."

calls=${PROVE_CALLS:-1000000}
rounds=${PROVE_ROUNDS:-200}
scale=${PROVE_SCALE:-1}
process_rounds=${PROVE_PROCESS_ROUNDS:-1000}
ballast=${PROVE_BALLAST:-1000}
seconds=${PROVE_SECONDS:-600}
steps=(model defects tsan asan processes threefs)
root=$PWD
logs=build/prove-logs
report=build/prove-report.md
failed=0
read -ra locked <<<"${CARGO_FLAGS---locked}"
# The builds below are their own, not parts of the make that runs this.
unset MAKEFLAGS MAKELEVEL
# The tests print the seeds that they choose; a seed from outside would make every round the same.
unset PLINTH_SEED PLINTH_RUNS PLINTH_STEPS PLINTH_TEST_SEED PLINTH_TEST_ONLY PLINTH_ROUNDS PLINTH_BALLAST

say() { printf 'prove: %s\n' "$*"; }

# begin_report <step...>: what and where, so that an interrupted run leaves a true report.
begin_report() {
    local commit memory
    commit=$(git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)
    [ -z "$(git status --porcelain 2>/dev/null)" ] || commit="$commit with changes that are not committed"
    memory=$(awk '/^MemTotal/ { printf "%.0f GB", $2 / 1e6 }' /proc/meminfo)
    cat >"$report" <<END
# What make prove ran

- asked for: $*
- begun: $(date -u '+%Y-%m-%d %H:%M') UTC
- commit: $commit
- machine: $(uname -sm), $(nproc) x $(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -n 1), $memory
- compilers: $(rustc --version), $(cc --version | head -n 1)

| what | result | counts | seeds | command | seconds |
| --- | --- | --- | --- | --- | ---: |
END
}

# row <what> <status> <counts> <seeds> <command> <seconds>: one line of the report.
row() {
    local result=passed
    if [ "$2" -ne 0 ]; then
        result=FAILED
        failed=1
    fi
    printf '| %s | %s | %s | %s | `%s` | %d |\n' "$1" "$result" "$3" "$4" "$5" "$6" >>"$report"
    say "$1: $result, $3"
}

# logged <log> <command...>: adds the command's output to a log and shows the lines that tell how
# far it is.
logged() {
    local log=$1 status=0
    shift
    "$@" </dev/null 2>&1 | tee -a "$log" |
        { grep --line-buffered -E '^test result|^error| Test +#|tests passed|panicked at' || true; } || status=${PIPESTATUS[0]}
    return "$status"
}

# seeds <log>: how many different seeds it names, and where they are.
seeds() {
    printf '%d, in %s' "$({ grep -o 'PLINTH_\(TEST_\)\?SEED=[0-9]*' "$1" || true; } | sort -u | wc -l)" "$1"
}

# compared <log>: the answers compared in runs against the model, each seed once.
compared() {
    { grep -o 'seed [0-9]*: Report {[^}]*}' "$1" || true; } | sort -u -t: -k1,1 |
        awk -F'[:,}]' '{ for (i = 1; i < NF; i++) if ($i ~ /answers$|errors$/) sum += $(i + 1) } END { print sum + 0 }'
}

lockstep() {
    local log=$logs/lockstep.log status=0 count=0 before=-1 began=$SECONDS command
    command="PLINTH_RUNS=100 PLINTH_STEPS=4000 cargo test --release ${locked[*]} -p plinth-engine --test lockstep -- --nocapture"
    while [ "$status" -eq 0 ] && [ "$count" -lt "$calls" ] && [ "$count" -gt "$before" ]; do
        before=$count
        PLINTH_RUNS=100 PLINTH_STEPS=4000 logged "$log" \
            cargo test --release "${locked[@]}" -p plinth-engine --test lockstep -- --nocapture || status=1
        count=$(compared "$log")
        say "$count of $calls answers compared"
    done
    [ "$count" -ge "$calls" ] || status=1
    row 'against the model' "$status" "$count answers and errors compared" "$(seeds "$log")" "$command, repeated" $((SECONDS - began))
}

# total <word> <log>: the sum of a number that the tests print as `word: number`.
total() {
    { grep -oE "\<$1: [0-9]+" "$2" || true; } | awk '{ sum += $2 } END { print sum + 0 }'
}

histories() {
    local log=$logs/serializable.log status=0 round began=$SECONDS command counts
    command="cargo test --release ${locked[*]} -p plinth-engine --test serializable -- --nocapture"
    for ((round = 1; round <= rounds && status == 0; round++)); do
        say "histories, round $round of $rounds"
        logged "$log" cargo test --release "${locked[@]}" -p plinth-engine --test serializable -- --nocapture || status=1
    done
    counts="$(grep -c 'Summary {' "$log" || true) histories, $(total attempts "$log") transactions, $(total reads "$log") reads"
    row 'serial histories' "$status" "$counts" "$(seeds "$log")" "$command, $rounds times" $((SECONDS - began))
}

model() {
    lockstep
    histories
}

defects() {
    local log=$logs/defects.log status=0 began=$SECONDS ok bad noticed
    local command=(cargo test --release "${locked[@]}" -p plinth-engine --features defects --test defects -- --nocapture)
    logged "$log" "${command[@]}" || status=1
    read -r ok bad < <(scripts/count.py "$log")
    # One line for each, with a number wherever it was noticed.
    noticed=$(grep -cE '^[A-Z][A-Za-z]+( +([0-9]+|-))* +[0-9]+( +([0-9]+|-))*$' "$log" || true)
    [ "$noticed" -gt 0 ] || status=1
    row 'planted defects' "$status" "$noticed defects noticed; $ok tests passed, $bad failed" "fixed, in $log" "${command[*]}" $((SECONDS - began))
}

# sanitized <name> <kind>: the C tests with libraries that scripts/<name>.sh builds.
sanitized() {
    c_tests "$1" "$2" ffi-tests 'C tests'
    c_tests "$1" "$2" ffi-tests/fdb_c 'C tests of libfdb_c'
}

# c_tests <name> <kind> <sources> <what>
c_tests() {
    local name=$1 kind=$2 sources=$3 what=$4 log=$logs/$1-${3//\//-}.log status=0 began=$SECONDS built counts ok bad
    local directory=build/prove-$name-${sources//\//-}
    if built=$("scripts/$name.sh" 2> >(tee -a "$log" >&2)); then
        { cmake -S "$sources" -B "$directory" -DPLINTH_INCLUDE="$root/include" -DPLINTH_SHARED="$built/libplinth.so" \
            -DPLINTH_STATIC="$built/libplinth.a" -DFDB_C_INCLUDE="$root/include" -DFDB_C_LIBRARY="$built/libfdb_c.so" \
            -DPLINTH_SANITIZE="$kind" -DPLINTH_TEST_SCALE="$scale" &&
            cmake --build "$directory" -j "$(nproc)"; } >>"$log" 2>&1 || status=1
        [ "$status" -ne 0 ] ||
            logged "$log" ctest --test-dir "$directory" -j "$(nproc)" --verbose --no-tests=error || status=1
    else
        status=1
    fi
    read -r ok bad < <(scripts/count.py "$log")
    counts="$ok tests passed, $bad failed, $(sum_of claims "$log") claims, $(sum_of checks "$log") checks"
    [ "$scale" = 1 ] || counts="$counts, rounds divided by $scale"
    row "$what, $kind sanitizer" "$status" "$counts" "in $log" "ctest of $sources with -DPLINTH_SANITIZE=$kind" $((SECONDS - began))
}

# sum_of <word> <log>: the sum of what the C harness counted.
sum_of() {
    local at=1
    [ "$1" = claims ] || at=5
    { grep -oE '[0-9]+ claims, [0-9]+ failed; [0-9]+ checks' "$2" || true; } | awk -v at="$at" '{ sum += $at } END { print sum + 0 }'
}

# The Rust tests, but for those in comments, which do not know the sanitizer; and the C tests.
tsan() {
    local log=$logs/tsan-rust.log status=0 began=$SECONDS ok bad
    local command=(scripts/tsan.sh -p plinth-engine -p plinth-boundary --tests --no-fail-fast)
    logged "$log" "${command[@]}" || status=1
    read -r ok bad < <(scripts/count.py "$log")
    row 'Rust tests, thread sanitizer' "$status" "$ok tests passed, $bad failed" "$(seeds "$log")" "${command[*]}" $((SECONDS - began))
    sanitized tsan thread
}

asan() { ASAN_OPTIONS=detect_leaks=1 sanitized asan address; }

# The long form of the tests with several processes, one row for each.
processes() {
    processes_row 'racing opens of 16 processes' racing racing 's/^rounds: //p'
    processes_row 'hand-overs under load' hand-overs hand_overs_lose 's/^{"name": //p'
    processes_row 'watches over hand-overs' watches watches 's/^changes: //p'
    processes_row 'keyspaces of several processes' keyspaces keyspaces 's/^test result: //p'
    processes_row 'histories of several processes' process-histories histories 's/^Summary { attempts: \([0-9]*\), reads: \([0-9]*\), commits: \([0-9]*\).*/\1 \2 \3/p'
    processes_row 'lies of one process' lies lies 's/^\([A-Z][A-Za-z]*\): .*/\1 noticed/p'
}

# processes_row <what> <log> <filter> <sed script>: the script picks the lines that tell the counts.
processes_row() {
    local what=$1 log=$logs/$2.log filter=$3 script=$4 status=0 began=$SECONDS counts
    local command="PLINTH_ROUNDS=$process_rounds PLINTH_BALLAST=$ballast cargo test --release ${locked[*]} -p plinth-engine --test processes -- --nocapture $filter"
    PLINTH_ROUNDS=$process_rounds PLINTH_BALLAST=$ballast logged "$log" \
        cargo test --release "${locked[@]}" -p plinth-engine --test processes -- --nocapture "$filter" || status=1
    counts=$(sed -n "$script" "$log" | tr '{}"|' '()  ' | awk 'NR > 1 { printf "; " } { printf "%s", $0 }')
    if [ "$filter" = histories ]; then
        counts=$(sed -n "$script" "$log" | awk '{ a += $1; r += $2; c += $3 } END { printf "%d histories, %d transactions, %d reads, %d commits", NR, a, r, c }')
    fi
    row "$what" "$status" "$counts" "$(seeds "$log")" "$command" $((SECONDS - began))
}

threefs() {
    local log=$logs/threefs.log status=0 began=$SECONDS counts directory=build/prove-threefs
    { cmake -S ffi-tests/fdb_c -B "$directory" -DFDB_C_INCLUDE="$root/include" -DFDB_C_LIBRARY="$root/target/release/libfdb_c.so" &&
        cmake --build "$directory" --target processes_management processes_metadata processes_admin; } >>"$log" 2>&1 || status=1
    [ "$status" -ne 0 ] || PLINTH_PROCESSES_SECONDS=$seconds \
        python3 -B ffi-tests/fdb_c/processes/processes.py "$directory/processes/programs" 2>&1 | tee -a "$log" || status=1
    counts=$({ grep -E '^(operations|scans|ended|first commit|violations)\>' "$log" || true; } | paste -sd ';')
    row "three processes like 3FS's" "$status" "$counts" "$(seeds "$log")" "processes.py for $seconds s" $((SECONDS - began))
}

# A function is read whole before it runs, so that an edit of this file does not disturb a run.
main() {
    local chosen=("$@") step verdict='everything passed'
    [ "$#" -gt 0 ] || chosen=("${steps[@]}")
    for step in "${chosen[@]}"; do
        [[ " ${steps[*]} " == *" $step "* ]] || { say "there is no step $step; the steps are: ${steps[*]}" >&2; exit 2; }
    done
    mkdir -p build
    exec 9>build/prove.lock
    flock -n 9 || { say 'another run is under way in this directory' >&2; exit 2; }
    rm -rf "$logs"
    mkdir -p "$logs"
    begin_report "${chosen[@]}"
    for step in "${chosen[@]}"; do
        say "step $step"
        "$step"
    done
    [ "$failed" -eq 0 ] || verdict='not everything passed'
    printf '\nEnded: %s UTC, %s.\n' "$(date -u '+%Y-%m-%d %H:%M')" "$verdict" >>"$report"
    cat "$report"
    exit "$failed"
}

main "$@"
