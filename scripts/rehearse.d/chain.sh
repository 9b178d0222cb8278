# The network of the rehearsal, and how its chains are spoken to.
# shellcheck shell=bash

NET="${PALISADE_REHEARSAL:-$ROOT/target/rehearse/net}"
export PALISADE_LOCALNET="$NET" PALISADE_PORTS="${PALISADE_PORTS:-1200}"

# network_up: two fresh chains and the relayer, no suite. Only a folder of a rehearsal is deleted: a file
# beside it says so.
network_up() {
    if [ -e "$NET" ]; then
        [ -f "$NET.rehearsal" ] || die "$NET is not of a rehearsal: name another folder with PALISADE_REHEARSAL"
        scripts/localnet reset
    fi
    mkdir -p "$(dirname "$NET")"
    touch "$NET.rehearsal"
    trap network_down EXIT
    scripts/localnet up --bare
    # shellcheck source=/dev/null
    source "$NET/env"
}

# network_down: nothing is left running, however the script ends. A network that shows a failure is kept.
network_down() {
    local code=$?
    if [ "$code" -eq 0 ] && [ "$KEEP" = no ]; then scripts/localnet reset; else scripts/localnet down; fi
    [ "$code" -eq 0 ] || say "the rehearsal failed; its network is kept in $NET"
    exit "$code"
}

# configure ARTIFACTS: the suite of deploy/localnet.toml with this wasm. A slash can wait longer than there,
# so that an upgrade fits in, also on a machine that is busy; it takes more, so that rounding does not hide it.
configure() {
    sed -e "s|^artifacts = .*|artifacts = \"$1\"|" \
        -e 's/^unbonding_period = .*/unbonding_period = 240/' \
        -e 's/^deallocation_delay = .*/deallocation_delay = 240/' \
        -e 's/^evidence_age = .*/evidence_age = 50/' \
        -e 's/^execution_grace = .*/execution_grace = 160/' \
        -e '/^kind = "downtime"/{n;s/^fraction = .*/fraction = "0.01"/;n;s/^jail = .*/jail = 10/}' \
        deploy/localnet.toml >"$NET/suite.toml"
}

suite() { scripts/palisade --config "$NET/suite.toml" "$@"; }

# send KEY CONTRACT MSG [COINS]: a transaction on the host; at_consumer for one on the consumer.
# shellcheck disable=SC2086 # flags are words
send() { wasmd tx wasm execute "$2" "$3" ${4:+--amount "$4"} --from "$1" $NODE_FLAGS; }
# shellcheck disable=SC2086
at_consumer() { wasmd tx wasm execute "$2" "$3" --from "$1" $CONSUMER_FLAGS; }

# ask CONTRACT QUERY [FLAG..]: the answer's data; ask_consumer on the consumer.
# shellcheck disable=SC2086
ask() { wasmd query wasm contract-state smart "$1" "$2" $QUERY_FLAGS "${@:3}" | jq -S .data; }
# shellcheck disable=SC2086
ask_consumer() { wasmd query wasm contract-state smart "$1" "$2" $CONSUMER_QUERY "${@:3}" | jq -S .data; }

# balance ACCOUNT DENOM: on the host.
# shellcheck disable=SC2086
balance() { wasmd query bank balance "$1" "$2" $QUERY_FLAGS | jq -r .balance.amount; }

# height FLAGS: of the newest block.
height() {
    local node="${1#*--node }"
    wasmd status --node "${node%% *}" | jq -r '(.sync_info // .SyncInfo).latest_block_height'
}

# until_true WHAT COMMAND..: waits for what a relayer or time brings, three minutes at most.
until_true() {
    local what="$1" end=$((SECONDS + 180))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$end" ] || die "$what: not within three minutes"
        sleep 1
    done
}

# equal WHAT FOUND EXPECTED
equal() {
    [ "$2" = "$3" ] || die "$1: $2, expected $3"
    say "$1: $2"
}
