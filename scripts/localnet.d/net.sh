# Where the local network lives, its names and its ports.
# shellcheck shell=bash

NET="${PALISADE_LOCALNET:-$ROOT/.localnet}"
[[ "$NET" = /* ]] || NET="$PWD/$NET"
MARK=.palisade-localnet # says that the folder was made by us
# shellcheck disable=SC2034 # for the files beside
KEYS=(owner north south staker friend service resolver reporter payer anybody recipient relayer handshake)
PROCESSES=(host consumer relayer)

# What is set for a shell must not reach the nodes and our own commands.
for variable in "${!WASMD_@}"; do unset "$variable"; done
unset variable

# port WHAT CHAIN: the number of a port.
port() {
    local base
    case "$1-$2" in
    rpc-host) base=26657 ;;
    p2p-host) base=26656 ;;
    grpc-host) base=9090 ;;
    rpc-consumer) base=36657 ;;
    p2p-consumer) base=36656 ;;
    grpc-consumer) base=9190 ;;
    *) die "no port $1 of $2" ;;
    esac
    echo $((base + OFFSET))
}

rpc() { echo "tcp://127.0.0.1:$(port rpc "$1")"; }

# set_ports: the offset that was said, else the one that is in use. Processes that run keep theirs.
set_ports() {
    local kept name
    kept="$(cat "$NET/ports" 2>/dev/null || echo 0)"
    OFFSET="${PALISADE_PORTS:-$kept}"
    if ! [[ "$OFFSET" =~ ^[0-9]{1,5}$ ]] || [ $((10#$OFFSET)) -gt 28000 ]; then
        die "PALISADE_PORTS is $OFFSET, but has to be a number from 0 to 28000"
    fi
    OFFSET=$((10#$OFFSET))
    if [ "$OFFSET" != "$kept" ]; then
        for name in "${PROCESSES[@]}"; do
            if ! alive "$name"; then continue; fi
            [ -z "${PALISADE_PORTS-}" ] || say "it runs with PALISADE_PORTS=$kept: that is kept until it is down"
            OFFSET="$kept"
            break
        done
    fi
    if [ -f "$NET/$MARK" ]; then echo "$OFFSET" >"$NET/ports"; fi
}

# lock: one command at a time changes anything. The lock ends with the process, however it ends.
lock() {
    ensure_debian util-linux flock
    if [ -e "$NET" ] && [ ! -f "$NET/$MARK" ] && [ -n "$(ls -A "$NET")" ]; then
        die "$NET holds something else: name another folder with PALISADE_LOCALNET"
    fi
    mkdir -p "$NET/done" "$NET/log"
    touch "$NET/$MARK"
    exec 9>"$NET/lock"
    # A moment of patience: status looks whether it is held.
    flock --timeout 1 9 || die "another scripts/localnet is at work in $NET: wait until it is done"
}

# at_work: a command that changes something is under way.
at_work() { [ -f "$NET/lock" ] && ! flock --shared --nonblock "$NET/lock" true; }

need_net() { [ -f "$NET/$MARK" ] || die "there is no local network in $NET: scripts/localnet up"; }

check_name() {
    [[ " ${PROCESSES[*]} " = *" $1 "* ]] || die "there is no \"$1\" to start or stop, but: ${PROCESSES[*]}"
}

# ensure_tools: what the network is made of.
ensure_tools() {
    # Of wasmd, its libraries, and Hermes.
    ensure_debian build-essential cc
    ensure_debian jq jq
    ensure_debian openssl openssl
    ensure_debian procps ps
    ensure_wasmd
    ensure_hermes
}

# done_once STEP, mark STEP: what is done for good.
done_once() { [ -f "$NET/done/$1" ]; }
mark() { touch "$NET/done/$1"; }

# wasmd_of_keys ARGUMENTS...: the real binary on the network's keyring.
wasmd_of_keys() { "$WASMD" --home "$NET/keys" "$@"; }

address() { jq -er --arg name "$1" '.[$name]' "$NET/addresses.json"; }
