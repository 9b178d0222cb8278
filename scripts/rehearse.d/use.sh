# The suite in use: everything that an upgrade could lose.
# shellcheck shell=bash

PAID=1000000 # what the service pays, in ulst

# deploy_suite: with one operator, one consumer, and a cw20.
deploy_suite() {
    local code holders
    # shellcheck disable=SC2086
    wasmd tx wasm store "$ARTIFACTS/cw20_base.wasm" --from anybody $NODE_FLAGS
    # shellcheck disable=SC2086
    code="$(wasmd query wasm list-code --limit 1000 $QUERY_FLAGS | jq -r '.code_infos[-1].code_id')"
    holders='[{"address":"'"$STAKER"'","amount":"1000000"}]'
    # shellcheck disable=SC2086
    wasmd tx wasm instantiate "$code" '{"name":"Token","symbol":"TOKEN","decimals":6,"initial_balances":'"$holders"'}' \
        --label token --no-admin --from anybody $NODE_FLAGS
    # shellcheck disable=SC2086
    TOKEN="$(wasmd query wasm list-contract-by-code "$code" $QUERY_FLAGS | jq -r '.contracts[-1]')"
    export TOKEN
    suite deploy
    suite register-service consumer-1
    suite connect consumer-1
    # A relayer learns of a channel when it starts.
    scripts/localnet stop relayer
    scripts/localnet start relayer
    suite register-operator north
    suite opt-in north consumer-1
    local names
    names="$(suite env)"
    eval "$names"
    # shellcheck disable=SC2034 # for the snapshots
    STAKER_CONTRACT="$(ask "$VAULT" '{"staker":{"asset":"stake","operator":"'"$OPERATOR"'"}}' | jq -r .staker)"
}

stake() {
    local hook
    hook="$(printf '{"deposit":{"operator":"%s"}}' "$OPERATOR" | base64 -w0)"
    send staker "$VAULT" '{"deposit":{"operator":"'"$OPERATOR"'"}}' 1000000stake
    send staker "$VAULT" '{"deposit":{"operator":"'"$OPERATOR"'"}}' 2000000ulst
    send friend "$VAULT" '{"deposit":{"operator":"'"$OPERATOR"'"}}' 700000ulst
    send friend "$VAULT" '{"deposit":{}}' 250000ulst
    send staker "$TOKEN" '{"send":{"contract":"'"$VAULT"'","amount":"500000","msg":"'"$hook"'"}}'
}

# unbond: a liquid token, and the bond denom with a batch under way at the validator.
unbond() {
    send staker "$DELEGATION" '{"undelegate":{"operator":"'"$OPERATOR"'","asset":"lst","amount":"400000"}}'
    send staker "$DELEGATION" '{"undelegate":{"operator":"'"$OPERATOR"'","asset":"stake","amount":"300000"}}'
    sleep 21 # an epoch is 20 s
    send anybody "$DELEGATION" '{"reconcile":{"operator":"'"$OPERATOR"'","asset":"stake"}}'
}

# reward: what is paid flows through the next period, of which the upgrade is a part.
reward() {
    local token='{"native":{"denom":"ulst"}}'
    send service "$ALLOCATION" '{"add_reward_tokens":{"service":'"$SERVICE"',"tokens":['"$token"']}}'
    send payer "$ALLOCATION" '{"pay_rewards":{"service":'"$SERVICE"'}}' "${PAID}ulst"
    send anybody "$ALLOCATION" '{"harvest":{"service":'"$SERVICE"',"operator":"'"$OPERATOR"'","tokens":['"$token"']}}'
}

# report: the consumer's newest block is an infraction.
report() {
    local block height time
    # shellcheck disable=SC2086
    block="$(wasmd query block $CONSUMER_QUERY 2>/dev/null | tail -n 1)"
    height="$(jq -r .header.height <<<"$block")"
    time="$(date -d "$(jq -r .header.time <<<"$block")" +%s%N)"
    at_consumer reporter "$GATEWAY" '{"report":{"offender":{"operator":"'"$OPERATOR"'"},"kind":"downtime","height":"'"$height"'","time":"'"$time"'"}}'
}

# report_is NONCE STATE: whether a report at the gateway has come there.
report_is() { ask_consumer "$GATEWAY" '{"report":{"nonce":"'"$1"'"}}' | jq -e ".state | has(\"$2\")" >/dev/null; }

# slices_count: whether allocation_delay is over for all that was promised.
slices_count() {
    ask "$ALLOCATION" '{"member":{"service":'"$SERVICE"',"operator":"'"$OPERATOR"'"}}' |
        jq -e '[.slices[].effective_at // "0" | tonumber / 1e9] | max + 1 < now' >/dev/null
}

put_to_use() {
    say "deploying $OLD_VERSION"
    deploy_suite
    say "stake, and some that leaves"
    stake
    until_true "the slices count" slices_count
    suite sync consumer-1
    unbond
    say "rewards"
    suite sync consumer-1
    reward
    say "a slash"
    report
    until_true "the host takes the report in" report_is 1 accepted
}
