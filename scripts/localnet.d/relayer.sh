# Hermes between the two chains: config, clients, connection, transfer channel.
# shellcheck shell=bash

UNBONDING=120s # of the host, from when its client on the consumer is made

hermes_config() { echo "$NET/hermes/config.toml"; }
# For commands by hand: by another key, as two programs under one would spoil each other's sequence.
hermes_by_hand() { echo "$NET/hermes/by-hand.toml"; }

write_hermes_config() {
    mkdir -p "$NET/hermes"
    {
        cat <<TOML
# Written by scripts/localnet at each start.
[global]
log_level = 'info'

[mode.clients]
enabled = true
refresh = true
misbehaviour = false

# Handshakes are for who says \`hermes create\`: two at one would leave a half-open channel beside the
# open one, and Hermes does not relay for either.
[mode.connections]
enabled = false

[mode.channels]
enabled = false

# What is pending is sent when the relayer starts, and looked for every 25 blocks. Hermes forgets a channel
# on which nothing happened for five times as long, with what is pending there, until something does or it starts again.
[mode.packets]
enabled = true
clear_interval = 25
clear_on_start = true
tx_confirmation = false

[rest]
enabled = false
host = '127.0.0.1'
port = 3000

[telemetry]
enabled = false
host = '127.0.0.1'
port = 3001
TOML
        hermes_chain host 110s
        hermes_chain consumer 14days
    } >"$(hermes_config).new"
    mv "$(hermes_config).new" "$(hermes_config)"
    sed "s/^key_name = .*/key_name = 'handshake'/" "$(hermes_config)" >"$(hermes_by_hand)"
}

# hermes_chain CHAIN TRUSTING_PERIOD: its part of the config.
hermes_chain() {
    local chain="$1" port
    port="$(port rpc "$chain")"
    cat <<TOML

[[chains]]
id = '${ID[$chain]}'
type = 'CosmosSdk'
compat_mode = '0.38'
rpc_addr = 'http://127.0.0.1:$port'
grpc_addr = 'http://127.0.0.1:$(port grpc "$chain")'
# Not 'push': its subscription asks for the event "message" of ibc_channel, which wasmd leaves out of what a
# contract sends, so that it would see no packet of the suite's.
event_source = { mode = 'pull', interval = '500ms', max_retries = 20 }
rpc_timeout = '10s'
account_prefix = 'wasm'
key_name = 'relayer'
key_store_type = 'Test'
key_store_folder = '$NET/hermes/keys'
store_prefix = 'ibc'
default_gas = 400000
max_gas = 60000000
gas_multiplier = 1.4
gas_price = { price = 0.01, denom = 'stake' }
max_msg_num = 20
clock_drift = '5s'
max_block_time = '10s'
trusting_period = '$2'
trust_threshold = { numerator = '1', denominator = '3' }
address_type = { derivation = 'cosmos' }
TOML
}

hermes_of_net() { "$HERMES" --config "$(hermes_by_hand)" "$@"; }

# asked WHAT ARGUMENTS...: a command of Hermes to its end; prints its result as JSON.
asked() {
    local what="$1" answer
    shift
    # shellcheck disable=SC2094 # both append to the log
    answer="$(hermes_of_net --json "$@" 2>>"$NET/log/hermes.log" | tee -a "$NET/log/hermes.log" |
        jq -c 'select(.status == "success") | .result' 2>/dev/null)" || true
    if [ -z "$answer" ] || [ "$answer" = null ]; then
        tail -n 5 "$NET/log/hermes.log" >&2
        die "Hermes could not make $what; its log is $NET/log/hermes.log"
    fi
    printf '%s\n' "$answer"
}

# note NAME VALUE, noted NAME: ids that were made.
note() {
    jq --arg name "$1" --arg value "$2" '.[$name] = $value' "$NET/ibc.json" >"$NET/ibc.json.new"
    mv "$NET/ibc.json.new" "$NET/ibc.json"
}
noted() { jq -r --arg name "$1" '.[$name] // empty' "$NET/ibc.json"; }

# make_relayer: keys, a client of each chain on the other, and a connection. Each is made once; one that was
# not noted is made again, and the one before stays unused.
make_relayer() {
    local answer
    write_hermes_config
    [ -f "$NET/ibc.json" ] || echo '{}' >"$NET/ibc.json"
    take_keys
    if [ -z "$(noted consumer_client)" ]; then
        say "making clients"
        # For as long as the network may be down: it goes on while the client is trusted.
        answer="$(asked "a client" create client --host-chain consumer-1 --reference-chain host-1 --trusting-period 14days)"
        note consumer_client "$(jq -er .CreateClient.client_id <<<"$answer")"
    fi
    if [ -z "$(noted host_client)" ]; then
        answer="$(asked "a client" create client --host-chain host-1 --reference-chain consumer-1)"
        note host_client "$(jq -er .CreateClient.client_id <<<"$answer")"
    fi
    shorten_unbonding
    if [ -z "$(noted host_connection)" ]; then
        say "making a connection (half a minute)"
        answer="$(asked "a connection" create connection --a-chain host-1 \
            --a-client "$(noted host_client)" --b-client "$(noted consumer_client)")"
        note consumer_connection "$(jq -er .b_side.connection_id <<<"$answer")"
        note host_connection "$(jq -er .a_side.connection_id <<<"$answer")"
    fi
}

# take_keys: Hermes keeps its keys from here on; the words are needed no more.
take_keys() {
    if done_once relayer; then return; fi
    local chain name
    for name in relayer handshake; do
        for chain in host consumer; do
            hermes_of_net keys add --chain "${ID[$chain]}" --key-name "$name" --overwrite \
                --mnemonic-file "$NET/hermes/$name.words" >>"$NET/log/hermes.log" 2>&1 ||
                die "Hermes did not take the key $name; its log is $NET/log/hermes.log"
        done
    done
    mark relayer
    rm -f "$NET"/hermes/*.words
}

# shorten_unbonding: a proposal, voted for by the one validator. The genesis cannot say so: a client is
# trusted for less than the unbonding time that it was made with, and would end after two minutes down.
shorten_unbonding() {
    local now proposal number
    now="$(host_unbonding)"
    if [ "$now" = "$UNBONDING" ]; then return; fi
    proposal="$NET/proposal.json"
    number="$(wasmd_of_keys query gov proposals --node "$(rpc host)" -o json 2>/dev/null |
        jq -r '[.proposals[]? | select(.status == "PROPOSAL_STATUS_VOTING_PERIOD" or .status == 2) | .id] | last // empty')" || true
    if [ -z "$number" ]; then
        say "shortening the host's unbonding time, from $now to $UNBONDING"
        wasmd_of_keys query staking params --node "$(rpc host)" -o json |
            jq --arg time "$UNBONDING" --arg gov "$(wasmd_of_keys query auth module-account gov \
                --node "$(rpc host)" -o json | jq -er '.account.value.address // .account.base_account.address')" '
            {messages: [{"@type": "/cosmos.staking.v1beta1.MsgUpdateParams", authority: $gov,
                params: (.params | .unbonding_time = $time)}],
             deposit: "1stake", title: "unbonding time", summary: "a short one"}' >"$proposal"
        send tx gov submit-proposal "$proposal" --from north
        rm "$proposal"
        number="$(wasmd_of_keys query gov proposals --node "$(rpc host)" -o json | jq -er '.proposals | last | .id')"
    fi
    send tx gov vote "$number" yes --from north
}

host_unbonding() {
    local now
    now="$(wasmd_of_keys query staking params --node "$(rpc host)" -o json | jq -er .params.unbonding_time)"
    # The same time may be written in several ways.
    case "$now" in 2m | 2m0s | 120s) echo "$UNBONDING" ;; *) echo "$now" ;; esac
}

# wait_unbonding: until the proposal took effect.
wait_unbonding() {
    local began=$SECONDS
    until [ "$(host_unbonding)" = "$UNBONDING" ]; do
        [ $((SECONDS - began)) -lt 60 ] || die "the host's unbonding time is still $(host_unbonding)"
        sleep 0.5
    done
}

# send ARGUMENTS..., send_json ARGUMENTS...: a transaction on the host, waited for.
send() { send_json "$@" >/dev/null; }
send_json() {
    "$NET/bin/wasmd" "$@" --chain-id host-1 --node "$(rpc host)" --gas 8000000 \
        --gas-prices 0.01stake -y -o json || die "wasmd $*: failed"
}

make_transfer_channel() {
    local answer
    if [ -n "$(noted host_transfer)" ]; then return; fi
    say "making the transfer channel"
    answer="$(asked "the transfer channel" create channel --a-chain host-1 \
        --a-connection "$(noted host_connection)" --a-port transfer --b-port transfer \
        --order unordered --channel-version ics20-1)"
    note consumer_transfer "$(jq -er .b_side.channel_id <<<"$answer")"
    note host_transfer "$(jq -er .a_side.channel_id <<<"$answer")"
    wait_unbonding
}

# start_relayer: one that ran while a node was away is started again. What was sent meanwhile on a channel that
# Hermes did not watch yet it looks for only when it starts.
start_relayer() {
    if alive relayer; then
        if [ "$NODE_STARTED" = no ]; then return; fi
        stop_process relayer
    fi
    write_hermes_config
    say "starting the relayer"
    ln -sf "$HERMES" "$NET/relayer"
    local from
    touch "$NET/log/relayer.log"
    from="$(wc -c <"$NET/log/relayer.log")"
    launch relayer "$NET/relayer" --config "$(hermes_config)" start
    wait_relayer "$from"
}

# wait_relayer BYTES: until it says, after that part of its log, that it has started.
wait_relayer() {
    local began=$SECONDS
    until tail -c +$(($1 + 1)) "$NET/log/relayer.log" | grep -q "Hermes has started"; do
        if ! alive relayer; then
            last_words relayer
            die "the relayer ended"
        fi
        if [ $((SECONDS - began)) -gt 90 ]; then
            last_words relayer
            die "the relayer did not start in 90 seconds"
        fi
        sleep 0.3
    done
    say "the relayer relays"
}
