# The suite on the two chains, and what a shell needs to use it.
# shellcheck shell=bash

# NOT_YET: a line of the file to source, as long as there is no suite.
NOT_YET='echo "the suite is not deployed yet: scripts/localnet up" >&2'

# write_commands: wasmd and hermes with the network's keys and config. The guides call the command line of the
# consumer consumer-wasmd: on other networks it is another program.
write_commands() {
    mkdir -p "$NET/bin"
    cp "$PARTS/wasmd" "$NET/bin/wasmd.new"
    chmod +x "$NET/bin/wasmd.new"
    mv "$NET/bin/wasmd.new" "$NET/bin/wasmd"
    ln -sfn wasmd "$NET/bin/consumer-wasmd"
    printf '%s\n' "$WASMD" >"$NET/bin/.wasmd"
    {
        printf '#!/usr/bin/env bash\n'
        printf 'exec %q --config %q "$@"\n' "$HERMES" "$(hermes_by_hand)"
    } >"$NET/bin/hermes"
    {
        printf '#!/usr/bin/env bash\nsource %q\n' "$NET/env"
        printf 'exec %q --config %q --state %q "$@"\n' "$ROOT/scripts/palisade" \
            "$ROOT/deploy/localnet.toml" "$NET/state.json"
    } >"$NET/bin/palisade"
    chmod +x "$NET/bin/hermes" "$NET/bin/palisade"
}

# voucher DENOM: what the host calls a coin of the consumer's.
voucher() {
    printf 'ibc/%s' "$(printf 'transfer/%s/%s' "$(noted host_transfer)" "$1" | sha256sum | cut -d' ' -f1 | tr a-f A-F)"
}

flags() { # flags CHAIN
    echo "--chain-id ${ID[$1]} --node $(rpc "$1") --gas auto --gas-adjustment 1.4 --gas-prices 0.01stake -y"
}

# export_line NAME VALUE: for a shell.
export_line() { printf "export %s='%s'\n" "$1" "${2//\'/\'\\\'\'}"; }

# write_early_env: ahead of all else, so that who sources it too early is told.
write_early_env() {
    if [ ! -f "$NET/env" ]; then printf '%s\nreturn 1\n' "$NOT_YET" >"$NET/env"; fi
}

# write_env BARE: a file to source.
write_env() {
    local bare="$1"
    {
        echo "# Written by scripts/localnet: source it."
        export_line PALISADE_LOCALNET "$NET"
        export_line WASMD "$WASMD"
        export_line HERMES "$HERMES"
        export_line HOST_NODE "$(rpc host)"
        export_line CONSUMER_NODE "$(rpc consumer)"
        # shellcheck disable=SC2016 # for the shell that sources it
        printf 'case ":$PATH:" in *":%s:"*) ;; *) export PATH="%s:$PATH" ;; esac\n' "$NET/bin" "$NET/bin"
        export_line WASMD_HOME "$NET/keys"
        export_line WASMD_KEYRING_DIR "$NET/keys"
        export_line WASMD_KEYRING_BACKEND test
        export_line NODE_FLAGS "$(flags host)"
        export_line QUERY_FLAGS "--node $(rpc host) -o json"
        export_line CONSUMER_FLAGS "$(flags consumer)"
        export_line CONSUMER_QUERY "--node $(rpc consumer) -o json"
        export_line HOST_CHAIN host-1
        export_line CONSUMER_CHAIN consumer-1
        export_line HOST_CONNECTION "$(noted host_connection)"
        export_line CONSUMER_CONNECTION "$(noted consumer_connection)"
        export_line HOST_TRANSFER "$(noted host_transfer)"
        export_line CONSUMER_TRANSFER "$(noted consumer_transfer)"
        export_line OWNER "$(address owner)"
        export_line OPERATOR "$(address north)"
        export_line SOUTH "$(address south)"
        export_line STAKER "$(address staker)"
        export_line FRIEND "$(address friend)"
        export_line SERVICE_ADMIN "$(address service)"
        export_line GATEWAY_OWNER "$(address service)"
        export_line RESOLVER "$(address resolver)"
        export_line REPORTER "$(address reporter)"
        export_line PAYER "$(address payer)"
        export_line ANYBODY "$(address anybody)"
        export_line RECIPIENT "$(address recipient)"
        export_line TOKEN "$(noted token)"
        export_line VOUCHER "$(voucher token)"
        export_line CLST "$(voucher uclst)"
        if ! done_once suite && [ "$bare" = no ]; then printf '%s\n' "$NOT_YET"; fi
    } >"$NET/env.new"
    # The tool's config takes what is above from the environment.
    mv "$NET/env.new" "$NET/env"
    if done_once suite; then
        suite_tool env >"$NET/env.suite" || die "the operating tool does not know the suite"
        # Each name once: of those that both know the tool's.
        local names
        names="$(sed -n 's/^export \([A-Z_]*\)=.*/\1/p' "$NET/env.suite" | paste -sd '|')"
        { grep -Ev "^export ($names)=" "$NET/env"; cat "$NET/env.suite"; } >"$NET/env.new"
        mv "$NET/env.new" "$NET/env"
        rm "$NET/env.suite"
    fi
}

# make_suite: the tool does every step that is not done yet, so this can stop anywhere.
make_suite() {
    make_token
    write_env no
    say "building the operating tool"
    patiently "building the operating tool" build_tool || die "the operating tool does not build"
    if ! done_once suite; then
        suite_step "deploying the suite" deploy
        suite_step "registering the consumer as a service" register-service consumer-1
        suite_step "registering the operator north" register-operator north
        suite_step "connecting the consumer" connect consumer-1
        suite_step "opting north in" opt-in north consumer-1
        wait_power
        mark suite
    fi
    write_env no
}

# build_tool, build_logged: what is run patiently, whose own lines are to be seen.
build_tool() { "$ROOT/scripts/palisade" --version >/dev/null; }
build_logged() { "$ROOT/scripts/build" >"$NET/log/build.log" 2>&1; }

build_contracts() {
    mkdir -p "$ROOT/target"
    # One build at a time in a clone.
    exec 8>"$ROOT/target/localnet.lock"
    flock -n 8 || { say "another build is at work in this folder: waiting for it"; flock 8; }
    say "building the contracts, where they changed: some 5 to 10 minutes the first time; the log is $NET/log/build.log"
    patiently "building the contracts" build_logged 8>&- || {
        tail -n 20 "$NET/log/build.log" >&2
        die "the contracts do not build"
    }
    exec 8>&-
}

# make_token: the cw20 that stands in for a token of the host's; staker and friend have it.
make_token() {
    local code init
    if [ -n "$(noted token)" ]; then return; fi
    say "making a cw20 token"
    code="$(send_json tx wasm store "$ARTIFACTS/cw20_base.wasm" --from owner |
        jq -er '[.events[] | select(.type == "store_code") | .attributes[] | select(.key == "code_id") | .value][0]')" ||
        die "the cw20 was not stored"
    init="$(jq -nc --arg owner "$(address owner)" --arg staker "$(address staker)" --arg friend "$(address friend)" '
        {name: "token", symbol: "TOKEN", decimals: 6, mint: {minter: $owner},
         initial_balances: [{address: $staker, amount: "1000000000000"}, {address: $friend, amount: "1000000000000"}]}')"
    note token "$(send_json tx wasm instantiate "$code" "$init" --label token --no-admin --from owner |
        jq -er '[.events[] | select(.type == "instantiate") | .attributes[] | select(.key == "_contract_address") | .value][0]')"
    [ -n "$(noted token)" ] || die "the cw20 was not instantiated"
}

# suite_tool ARGUMENTS...: the operating tool on this network, as make_suite built it.
suite_tool() (
    # shellcheck source=/dev/null
    source "$NET/env" 2>/dev/null
    exec "$ROOT/target/debug/palisade" --config "$ROOT/deploy/localnet.toml" --state "$NET/state.json" "$@" 9>&-
)

# suite_step WHAT ARGUMENTS...: its log is kept; the end of it is shown when it fails.
suite_step() {
    local what="$1"
    shift
    say "$what"
    printf '\n$ palisade %s\n' "$*" >>"$NET/log/palisade.log"
    suite_tool "$@" >>"$NET/log/palisade.log" 2>&1 || {
        tail -n 20 "$NET/log/palisade.log" >&2
        die "$what failed; the log is $NET/log/palisade.log"
    }
}

# power: of north, as the gateway on the consumer tells; nothing if it does not know it.
power() {
    local gateway
    gateway="$(suite_tool env 2>/dev/null | sed -n "s/^export GATEWAY='\(.*\)'/\1/p")"
    wasmd_of_keys query wasm contract-state smart "$gateway" '{"operators":{}}' --node "$(rpc consumer)" -o json 2>/dev/null |
        jq -r --arg north "$(address north)" '[.data | .. | objects | select(.operator? == $north) | .power][0] // empty' || true
}

# wait_power: slices count once allocation_delay is over, and the consumer learns of them by a sync.
wait_power() {
    local began=$SECONDS now=""
    while true; do
        suite_step "telling the consumer the powers" sync consumer-1 --wait 20
        now="$(power)"
        if [ -n "$now" ] && [ "$now" != 0 ]; then break; fi
        [ $((SECONDS - began)) -lt 240 ] || die "the consumer does not know the power of north after 240 seconds"
        sleep 5
    done
    say "the consumer counts north with a power of $now"
}
