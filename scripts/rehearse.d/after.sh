# After the upgrade everybody goes on.
# shellcheck shell=bash

# stored_version ADDRESS QUERY_FLAGS: what cw2 keeps.
stored_version() {
    # shellcheck disable=SC2086
    wasmd query wasm contract-state raw "$1" 636f6e74726163745f696e666f $2 | jq -r '.data' | base64 -d | jq -r .version
}

versions() {
    local name now
    now="$(version_of HEAD_TREE)"
    for name in vault delegation allocation slashing; do
        equal "$name runs" "$(stored_version "$(contract "$name")" "$QUERY_FLAGS")" "$now"
    done
    equal "the staker runs" "$(stored_version "$STAKER_CONTRACT" "$QUERY_FLAGS")" "$now"
    equal "the gateway runs" "$(stored_version "$GATEWAY" "$CONSUMER_QUERY")" "$now"
}

# value_of OWNER ASSET: of its position.
value_of() { ask "$DELEGATION" '{"positions":{"owner":"'"$1"'"}}' | jq -r --arg asset "$2" '.[] | select(.pool.asset == $asset).value'; }

# slash: the request that waited through the upgrade is executed, and the consumer is told.
slash() {
    local before after seized
    before="$(value_of "$FRIEND" lst)"
    until_true "the window of the slash ends" window_is_over
    send service "$SLASHING" '{"execute":{"service":'"$SERVICE"',"request":"1"}}'
    seized="$(ask "$SLASHING" '{"request":{"service":'"$SERVICE"',"request":"1"}}' |
        jq '[.state.executed.seized[].amount | tonumber] | add')"
    [ "$seized" -gt 0 ] || die "the slash that waited took nothing"
    after="$(value_of "$FRIEND" lst)"
    [ "$after" -lt "$before" ] || die "the slash took nothing of friend's $before"
    say "the slash that waited took $seized; friend has $after of $before"
    until_true "the consumer is told" report_is 1 ended
}

window_is_over() {
    ask "$SLASHING" '{"pending_slashes":{"operator":"'"$OPERATOR"'"}}' |
        jq -e 'length == 1 and (.[0].executable_at | tonumber / 1e9 < now - 1)' >/dev/null
}

# powers: the operator comes back from jail, and what the host counts reaches the gateway over the channel of
# before.
powers() {
    until_true "the operator's jail ends" unjail
    suite sync consumer-1
    until_true "the powers reach the consumer" powers_agree
    say "the consumer counts $(ask_consumer "$GATEWAY" '{"total_power":{}}' | jq -r .power), as the host does"
}

unjail() { send north "$SLASHING" '{"unjail":{"service":'"$SERVICE"'}}' 2>/dev/null; }

powers_agree() {
    local host consumer
    host="$(ask "$ALLOCATION" '{"member":{"service":'"$SERVICE"',"operator":"'"$OPERATOR"'"}}' | jq -r .power)"
    consumer="$(ask_consumer "$GATEWAY" '{"total_power":{}}' | jq -r .power)"
    [ "$host" -gt 0 ] && [ "$host" = "$consumer" ]
}

# another_report: from the consumer to the host and back.
another_report() {
    report
    until_true "the host takes another report in" report_is 2 accepted
    send resolver "$SLASHING" '{"veto":{"service":'"$SERVICE"',"request":"2"}}'
    until_true "the consumer is told of the veto" report_is 2 ended
    say "another report went over the same channel, and was vetoed"
}

flowed() {
    ask "$DELEGATION" '{"flows":{"operator":"'"$OPERATOR"'","asset":"lst"}}' |
        jq -e 'all(.flowing == "0" and .waiting == "0")' >/dev/null
}

# rewards: all that was paid before the upgrade is there to be claimed, but for fractions of a unit.
rewards() {
    until_true "the rewards flow" flowed
    local owner sum=0 file="$NET/owed.json" before claimed
    for owner in "$STAKER" "$FRIEND" "$OPERATOR"; do
        ask "$DELEGATION" '{"rewards":{"owner":"'"$owner"'"}}' >"$file"
        sum=$((sum + $(owed "$file")))
    done
    ask "$DELEGATION" '{"commission_owed":{"operator":"'"$OPERATOR"'"}}' >"$file"
    sum=$((sum + $(jq '[.[] | select(.token.native.denom == "ulst").amount | tonumber] | add // 0' "$file")))
    if [ "$sum" -gt "$PAID" ] || [ "$sum" -lt $((PAID - 20)) ]; then
        die "of the $PAID that were paid, $sum can be claimed"
    fi
    say "of the $PAID that were paid, $sum can be claimed"
    ask "$DELEGATION" '{"rewards":{"owner":"'"$STAKER"'"}}' >"$file"
    before="$(balance "$FRIEND" ulst)"
    send staker "$DELEGATION" '{"claim_rewards":{"recipient":"'"$FRIEND"'"}}'
    claimed=$(($(balance "$FRIEND" ulst) - before))
    equal "claimed by the staker" "$claimed" "$(owed "$file")"
}

matured() {
    ask "$DELEGATION" '{"unbondings":{"owner":"'"$STAKER"'"}}' |
        jq -e '[.[].matures_at | tonumber / 1e9] | max + 2 < now' >/dev/null
}

unbonding() {
    ask "$DELEGATION" '{"unbondings":{"owner":"'"$STAKER"'"}}' |
        jq -r --arg asset "$1" '[.[] | select(.pool.asset == $asset).value | tonumber] | add // 0'
}

# arrived: whether the staker contract has the batch back, and the books with it.
arrived() {
    send anybody "$DELEGATION" '{"reconcile":{"operator":"'"$OPERATOR"'","asset":"stake"}}' >/dev/null 2>&1
    send staker "$DELEGATION" '{"claim":{"operator":"'"$OPERATOR"'","asset":"stake"}}' >/dev/null 2>&1
}

# leave: what unbonded through the upgrade is claimed, and more is undelegated.
leave() {
    local before owed
    until_true "the unbonding matures" matured
    owed="$(unbonding lst)"
    before="$(balance "$STAKER" ulst)"
    send staker "$DELEGATION" '{"claim":{"operator":"'"$OPERATOR"'","asset":"lst"}}'
    equal "claimed of what unbonded" $(($(balance "$STAKER" ulst) - before)) "$owed"
    until_true "the batch comes back from the validator" arrived
    equal "still unbonding" "$(unbonding stake)" 0
    send staker "$DELEGATION" '{"undelegate":{"operator":"'"$OPERATOR"'","asset":"lst","amount":"100000"}}'
    equal "unbonding anew" "$(unbonding lst)" 100000
}

go_on() {
    powers
    another_report
    rewards
    leave
}
