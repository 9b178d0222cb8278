# What runs, and what to type next.
# shellcheck shell=bash

show_addresses() {
    printf '\n%-12s %s\n' \
        host-1 "$(rpc host)  grpc 127.0.0.1:$(port grpc host)" \
        consumer-1 "$(rpc consumer)  grpc 127.0.0.1:$(port grpc consumer)"
    jq -r 'to_entries[] | "\(.key) \(.value)"' "$NET/addresses.json" |
        while read -r name value; do printf '%-12s %s\n' "$name" "$value"; done
    local name
    if ! done_once suite; then return; fi
    for name in VAULT DELEGATION ALLOCATION SLASHING GATEWAY TOKEN; do
        printf '%-12s %s\n' "${name,,}" "$(sed -n "s/^export $name='\(.*\)'/\1/p" "$NET/env")"
    done
}

# show_next BARE: what to type.
show_next() {
    local folder="${NET#"$ROOT"/}" commands="scripts/localnet"
    if [ -n "${PALISADE_LOCALNET-}" ]; then commands="PALISADE_LOCALNET=$NET scripts/localnet"; fi
    printf '\nnext:\n'
    printf '  source %s/env\n' "$folder"
    # shellcheck disable=SC2016
    printf '  wasmd query bank balances $STAKER $QUERY_FLAGS\n'
    if [ "$1" = no ]; then
        # shellcheck disable=SC2016
        printf '  %s\n' 'wasmd query wasm contract-state smart $GATEWAY '\''{"operators":{}}'\'' $CONSUMER_QUERY' \
            'palisade status' 'docs/guide-staker.md, docs/guide-operator.md, docs/guide-consumer.md say more'
    fi
    printf '  %s status\n  %s down\n' "$commands" "$commands"
}

# line NAME TEXT
line() { printf '%-22s %s\n' "$1" "$2"; }

cmd_status() {
    need_net
    set_ports
    WASMD="$(cat "$NET/bin/.wasmd" 2>/dev/null || true)"
    local chain broken=no working=no
    if at_work; then
        working=yes
        line localnet "an up, or another command that changes it, is at work: what is told here is how it stands now"
    fi
    if [ ! -x "$WASMD" ]; then
        [ "$working" = no ] || die "the local network is not finished yet: wait for scripts/localnet up"
        die "the local network was not finished: run scripts/localnet up to go on"
    fi
    for chain in host consumer; do
        if alive "$chain"; then
            line "${ID[$chain]}" "height $(height "$chain"), process $(pid "$chain"), $(rpc "$chain")"
        else
            line "${ID[$chain]}" "does not run"
            broken=yes
        fi
    done
    if alive relayer; then
        line relayer "relays, process $(pid relayer)"
    else
        line relayer "does not run"
        broken=yes
    fi
    for chain in host consumer; do
        if alive "$chain"; then show_ibc "$chain"; fi
    done
    if done_once suite; then
        line suite "deployed"
    elif done_once bare; then
        line suite "not wanted (--bare)"
    else
        line suite "not deployed: $([ "$working" = yes ] && echo "at work" || echo "run scripts/localnet up to go on")"
        broken=yes
    fi
    if [ -f "$NET/addresses.json" ]; then show_addresses; fi
    [ "$broken" = no ]
}

# show_ibc CHAIN: its client of the other chain, and its channels.
show_ibc() {
    local chain="$1" client
    client="$(noted "${chain}_client")"
    if [ -n "$client" ]; then
        line "  client on $chain" "$client $(wasmd_of_keys query ibc client status "$client" --node "$(rpc "$chain")" -o json 2>/dev/null |
            jq -r .status)"
    fi
    wasmd_of_keys query ibc channel channels --node "$(rpc "$chain")" -o json 2>/dev/null |
        jq -r '.channels[]? | "\(.channel_id) \(.state | sub("STATE_"; "")) \(.port_id)"' |
        while read -r channel state port; do line "  $channel on $chain" "$state, $port"; done || true
}

cmd_logs() {
    need_net
    if [ $# -eq 0 ]; then
        tail -n 20 -F "$NET"/log/{host,consumer,relayer}.log
    else
        check_name "$1"
        tail -n 50 -F "$NET/log/$1.log"
    fi
}
