# Keys, genesis and nodes of the two chains.
# shellcheck shell=bash

STAKED=100000000000        # stake of each chain's one validator
FUNDS=1000000000000        # of each key, in each denom
NODE_STARTED=no            # by this command
declare -A ID=([host]=host-1 [consumer]=consumer-1)
declare -A COINS=([host]="stake ulst" [consumer]="stake token uclst")

# make_keys: one keyring for both chains. Words are shown to nobody; those of Hermes' two are kept
# until it has taken them.
make_keys() {
    if done_once keys; then return; fi
    say "making keys"
    rm -rf "$NET/keys" "$NET/hermes"
    mkdir -p "$NET/keys" "$NET/hermes"
    local name made
    for name in "${KEYS[@]}"; do
        made="$(wasmd_of_keys keys add "$name" --keyring-backend test --output json)"
        if [[ "$name" = relayer || "$name" = handshake ]]; then
            (umask 077 && jq -r .mnemonic <<<"$made" >"$NET/hermes/$name.words")
        fi
        jq '{(.name): .address}' <<<"$made"
    done | jq -s add >"$NET/addresses.json"
    mark keys
}

# setting FILE SECTION NAME VALUE: sets one value of a TOML file that wasmd wrote; "" for the section is the top.
setting() {
    local file="$1" section="$2" name="$3" value="$4"
    awk -v section="$section" -v name="$name" -v value="$value" '
        /^\[/ { at = $0; gsub(/[][ ]/, "", at) }
        at == section && $1 == name && $2 == "=" { print name " = " value; found = 1; next }
        { print }
        END { exit !found }' "$file" >"$file.new" || die "wasmd writes no $name in [$section] of $file"
    mv "$file.new" "$file"
}

# make_chain CHAIN: a folder with genesis and settings; in a folder beside it until it is whole.
make_chain() {
    local chain="$1" home="$NET/$1.new"
    if done_once "$chain"; then return; fi
    say "making the genesis of ${ID[$chain]}"
    rm -rf "$home" "${NET:?}/$chain"
    "$WASMD" init "$chain" --chain-id "${ID[$chain]}" --default-denom stake --home "$home" >/dev/null 2>&1 ||
        die "wasmd could not make a folder for ${ID[$chain]}"

    jq --arg coins "${COINS[$chain]}" --arg funds "$FUNDS" '
        [.[] | {address: ., coins: ($coins / " " | sort | map({denom: ., amount: $funds}))}]' \
        "$NET/addresses.json" >"$home/accounts.json"
    "$WASMD" genesis bulk-add-genesis-account "$home/accounts.json" --home "$home"
    rm "$home/accounts.json"
    # A proposal passes in seconds: see shorten_unbonding.
    edit_genesis "$home" '.app_state.gov.params |= (.voting_period = "8s" | .expedited_voting_period = "4s"
        | .min_deposit[0].amount = "1" | .expedited_min_deposit[0].amount = "2")'
    "$WASMD" genesis gentx north "${STAKED}stake" --chain-id "${ID[$chain]}" --moniker "$chain" --ip 127.0.0.1 \
        --home "$home" --keyring-dir "$NET/keys" --keyring-backend test >/dev/null 2>&1 ||
        die "wasmd could not make the validator of ${ID[$chain]}"
    "$WASMD" genesis collect-gentxs --home "$home" >/dev/null 2>&1 || die "wasmd could not take the validator in"
    "$WASMD" genesis validate --home "$home" >/dev/null 2>&1 || die "the genesis of ${ID[$chain]} is not valid"

    node_settings "$home/config"
    mv "$home" "$NET/$chain"
    mark "$chain"
}

edit_genesis() {
    jq "$2" "$1/config/genesis.json" >"$1/genesis.new"
    mv "$1/genesis.new" "$1/config/genesis.json"
}

# node_settings FOLDER: quick blocks, room for code, no other node, and nothing that listens but what
# start_node names.
node_settings() {
    local config="$1/config.toml" app="$1/app.toml"
    setting "$config" rpc pprof_laddr '""'
    setting "$config" rpc max_body_bytes 8000000
    # Loopback alone, so that a page in a browser may ask the node too.
    setting "$config" rpc cors_allowed_origins '["*"]'
    setting "$config" p2p pex false
    setting "$config" p2p persistent_peers '""'
    setting "$config" p2p seeds '""'
    setting "$config" mempool max_tx_bytes 4000000
    setting "$config" consensus timeout_commit '"700ms"'
    setting "$config" instrumentation prometheus false
    setting "$app" "" minimum-gas-prices '"0stake"'
    setting "$app" telemetry enabled false
    setting "$app" api enable false
    setting "$app" grpc-web enable false
}

# start_node CHAIN: ports are said here, so that they can be others the next time.
start_node() {
    local chain="$1"
    if alive "$chain"; then return; fi
    # shellcheck disable=SC2034 # for relayer.sh
    NODE_STARTED=yes
    say "starting ${ID[$chain]}"
    launch "$chain" "$WASMD" start --home "$NET/$chain" --rpc.laddr "$(rpc "$chain")" \
        --p2p.laddr "tcp://127.0.0.1:$(port p2p "$chain")" --grpc.address "127.0.0.1:$(port grpc "$chain")"
}

# height CHAIN: of the last block; nothing if the node does not answer.
height() {
    "$WASMD" status --node "$(rpc "$1")" --home "$NET/keys" 2>/dev/null |
        jq -r '.sync_info.latest_block_height // empty' 2>/dev/null || true
}

# wait_node CHAIN: until it makes blocks.
wait_node() {
    local chain="$1" began=$SECONDS first="" now
    while true; do
        if ! alive "$chain"; then
            last_words "$chain"
            die "the node of ${ID[$chain]} ended"
        fi
        now="$(height "$chain")"
        if [ -n "$now" ] && [ "$now" != 0 ]; then
            if [ -n "$first" ] && [ "$now" -gt "$first" ]; then break; fi
            first="${first:-$now}"
        fi
        if [ $((SECONDS - began)) -gt 120 ]; then
            last_words "$chain"
            die "the node of ${ID[$chain]} made no blocks in 120 seconds"
        fi
        sleep 0.3
    done
    say "${ID[$chain]} makes blocks: height $now"
}
