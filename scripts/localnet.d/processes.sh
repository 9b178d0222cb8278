# Processes that outlive the shell which starts them, and end for sure.
# shellcheck shell=bash

STOP_SECONDS=20 # for a process that was asked to end

# pid NAME: the number that was written when it was started.
pid() { cat "$NET/$1.pid" 2>/dev/null || true; }

# alive NAME: there is a process of that number, and it is ours: its command names our folder.
# A number that another process has got since is not taken for it.
alive() {
    local number command
    number="$(pid "$1")"
    [[ "$number" =~ ^[0-9]+$ ]] || return 1
    command="$(ps -o stat=,args= -p "$number" 2>/dev/null)" || return 1
    [[ "$command" != Z* && "$command" = *"$NET/$1"* ]]
}

all_alive() {
    local name
    for name in "${PROCESSES[@]}"; do alive "$name" || return 1; done
}

# launch NAME COMMAND...: in a session of its own, without our terminal, output and lock. It writes its
# own number first, so that there is none without, whenever we are ended.
launch() {
    local name="$1"
    shift
    rm -f "$NET/$name.pid"
    # shellcheck disable=SC2016
    setsid bash -c 'echo $$ >"$1.new" && mv "$1.new" "$1" && shift && exec "$@"' launch "$NET/$name.pid" "$@" \
        >>"$NET/log/$name.log" 2>&1 </dev/null 9>&- &
    disown
    local tries
    for tries in {1..100}; do
        if [ -s "$NET/$name.pid" ]; then return; fi
        sleep 0.05
    done
    die "$name was not started within 5 seconds ($tries tries)"
}

# stop_process NAME [--kill]: asks it to end, waits, and insists.
stop_process() {
    local name="$1" number half
    number="$(pid "$name")"
    if alive "$name"; then
        if [ "${2-}" = --kill ]; then
            kill -KILL "$number" 2>/dev/null || true
        else
            kill -TERM "$number" 2>/dev/null || true
        fi
        for ((half = 0; half < STOP_SECONDS * 10; half++)); do
            if ! alive "$name"; then break; fi
            sleep 0.1
        done
        if alive "$name"; then
            say "$name did not end in $STOP_SECONDS seconds: it is killed"
            kill -KILL "$number" 2>/dev/null || true
            for ((half = 0; half < 50; half++)); do
                if ! alive "$name"; then break; fi
                sleep 0.1
            done
        fi
        if alive "$name"; then die "$name, process $number, cannot be ended"; fi
        say "$name is stopped"
    fi
    rm -f "$NET/$name.pid"
}

# listens PORT: something is bound to it on loopback, or everywhere.
listens() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# holder PORT: who has it, as far as one can tell.
holder() {
    local line=""
    if command -v ss >/dev/null; then
        line="$(ss -Hltnp "sport = :$1" 2>/dev/null | grep -o '"[^"]*",pid=[0-9]*' | head -1)" || true
    fi
    if [ -n "$line" ]; then
        line="${line/\",pid=/ (process }"
        echo "${line#\"})"
    else
        echo "another process"
    fi
}

# check_ports [CHAIN]: those of the nodes that do not run have to be free.
check_ports() {
    local chain what number
    for chain in ${1:-host consumer}; do
        if alive "$chain"; then continue; fi
        for what in rpc p2p grpc; do
            number="$(port "$what" "$chain")"
            if ! listens "$number"; then continue; fi
            die "port $number, for $what of the $chain, is taken by $(holder "$number"). End that, or choose" \
                "others: PALISADE_PORTS=$((OFFSET + 100)) scripts/localnet up adds $((OFFSET + 100)) to every port"
        done
    done
}

# check_free: after all has ended.
check_free() {
    local chain what number tries
    for chain in host consumer; do
        for what in rpc p2p grpc; do
            number="$(port "$what" "$chain")"
            for tries in {1..20}; do
                if ! listens "$number"; then continue 2; fi
                sleep 0.1
            done
            say "port $number still is in use after $tries tries, by $(holder "$number"): not by this network"
        done
    done
}

# last_words NAME: why it ended, as its log tells.
last_words() {
    printf -- '-- the end of %s:\n' "$NET/log/$1.log" >&2
    tail -n 15 "$NET/log/$1.log" >&2 || true
}
