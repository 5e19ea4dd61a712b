# Completes the command lines of plinth(1); written by `plinth completion bash`.
_plinth() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} own= plain=() at
    COMPREPLY=()
    case $before in
        --preset) COMPREPLY=($(compgen -W 'balanced small-memory read-heavy write-heavy' -- "$word")); return ;;
        --durability) COMPREPLY=($(compgen -W 'sync buffered' -- "$word")); return ;;
        --fdb-client) COMPREPLY=($(compgen -f -- "$word")); return ;;
        -e | --execute | -k | --keyspace | --memory-budget) return ;;
    esac
    for ((at = 1; at < COMP_CWORD; at++)); do
        [[ ${COMP_WORDS[at]} == -* ]] || plain+=("${COMP_WORDS[at]}")
    done
    case ${plain[0]-} in
        stats) own='--interval --count --once' ;;
        dump) own='--lock-aware' ;;
        load) own='--overwrite --any-versions --lock-wait' ;;
        move) own='--throttle --verify --max-pause --any-versions' ;;
        bench) own='--scratch --seconds --threads --keys --value' ;;
    esac
    if [[ $word == -* ]]; then
        COMPREPLY=($(compgen -W "-e --execute -k --keyspace -w --write -y --yes --json --raw --progress --no-progress --create --read-only --exclusive --durability --preset --memory-budget --fdb-client -h --help -V --version $own" -- "$word"))
    elif [[ ${#plain[@]} == 0 ]]; then
        COMPREPLY=($(compgen -W 'keyspaces lock unlock status stats metrics checkpoint backup restore dump load move verify transactions expire compact bench repair check help version completion' -- "$word") $(compgen -d -- "$word"))
    elif [[ ${#plain[@]} == 1 && ${plain[0]} == help ]]; then
        COMPREPLY=($(compgen -W 'get getkey getrange getrangekeys set clear clearrange add atomic watch begin commit rollback reset writemode getversion setversion option use keyspaces lock unlock status stats metrics checkpoint backup restore dump load move verify transactions expire compact bench repair check help version completion' -- "$word"))
    elif [[ ${#plain[@]} == 1 && " keyspaces lock unlock status stats metrics checkpoint backup restore dump load move verify transactions expire compact bench repair check help version completion " != *" ${plain[0]} "* ]]; then
        COMPREPLY=($(compgen -W 'get getkey getrange getrangekeys set clear clearrange add atomic watch begin commit rollback reset writemode getversion setversion option use keyspaces lock unlock status stats metrics checkpoint backup restore dump load move verify transactions expire compact bench repair check help version completion' -- "$word"))
    else
        COMPREPLY=($(compgen -f -- "$word"))
    fi
}
complete -o filenames -F _plinth plinth
