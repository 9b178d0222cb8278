# Processes that outlive the shell which starts them, and end for sure.
# shellcheck shell=bash

STOP_SECONDS=20 # for a process that was asked to end

# started PID: when a process was started, in ticks since the machine was: with its number it names it.
started() {
    local line fields
    line="$(cat "/proc/$1/stat" 2>/dev/null)" || return 1
    # Its name comes before, in parentheses, and may hold blanks.
    read -r -a fields <<<"${line##*) }"
    echo "${fields[19]}"
}

# noted_process NAME: number and start of it, as they were written when it was started.
noted_process() { cat "$NET/$1.pid" 2>/dev/null || true; }

# pid NAME: its number.
pid() {
    local number start
    read -r number start <<<"$(noted_process "$1")" || true
    echo "${number-}"
}

# ours PID NAME: a process that is NAME of this network: its program, and the folder it works on.
ours() {
    local -a words=()
    [ -r "/proc/$1/cmdline" ] || return 1
    { mapfile -d '' -t words <"/proc/$1/cmdline"; } 2>/dev/null || return 1
    case "$2" in
    relayer) [ "${words[0]-}" = "$NET/relayer" ] ;;
    *) [[ "${words[0]-}" = */wasmd && "${words[*]:1:3}" = "start --home $NET/$2" ]] ;;
    esac
}

# alive NAME: there is a process of that number, started when ours was, and it is ours: its program and
# its folder. A number that another process has got since is not taken for it.
alive() {
    local number start
    read -r number start <<<"$(noted_process "$1")" || true
    [[ "${number-}" =~ ^[0-9]+$ ]] || return 1
    # A network that was started before starts were noted has none.
    if [ -n "$start" ] && [ "$(started "$number")" != "$start" ]; then return 1; fi
    ours "$number" "$1"
}

all_alive() {
    local name
    for name in "${PROCESSES[@]}"; do alive "$name" || return 1; done
}

# launch NAME COMMAND...: in a session of its own, without our terminal, output and lock. It writes its
# own number and start first, so that there is none without, whenever we are ended.
launch() {
    local name="$1"
    shift
    rm -f "$NET/$name.pid"
    # shellcheck disable=SC2016
    setsid bash -c 'line="$(<"/proc/$$/stat")" && read -r -a fields <<<"${line##*) }" &&
        echo "$$ ${fields[19]}" >"$1.new" && mv "$1.new" "$1" && shift && exec "$@"' \
        launch "$NET/$name.pid" "$@" >>"$NET/log/$name.log" 2>&1 </dev/null 9>&- &
    disown
    local tries
    for tries in {1..100}; do
        # Until it is what it will be; one that ends at once is noticed by whoever waits for it.
        if [ -s "$NET/$name.pid" ] && { alive "$name" || ! started "$(pid "$name")" >/dev/null; }; then return; fi
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
                "others: PALISADE_PORTS=$((OFFSET + 200)) scripts/localnet up adds $((OFFSET + 200)) to every port"
        done
    done
}

# keepers CHAIN: processes of a chain of this network, whether a number was written down or not.
keepers() {
    local folder number
    for folder in /proc/[0-9]*; do
        number="${folder#/proc/}"
        if ours "$number" "$1"; then echo "$number"; fi
    done
}

# end_keepers CHAIN: a node whose number was lost is ours all the same.
end_keepers() {
    local number start half signal
    for number in $(keepers "$1"); do
        start="$(started "$number")" || continue
        say "$1 still runs, as process $number, of which no number was kept: it is ended"
        for signal in TERM KILL; do
            kill "-$signal" "$number" 2>/dev/null || true
            for ((half = 0; half < STOP_SECONDS * 10; half++)); do
                if [ "$(started "$number")" != "$start" ] || ! ours "$number" "$1"; then continue 3; fi
                sleep 0.1
            done
        done
        die "$1, process $number, cannot be ended"
    done
}

# check_free: after all has ended. A port that is held by something else is said.
check_free() {
    local chain what number tries
    for chain in "${PROCESSES[@]}"; do end_keepers "$chain"; done
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
