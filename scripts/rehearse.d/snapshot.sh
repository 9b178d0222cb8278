# What the suite says and holds, at one height, and how two of them differ.
# shellcheck shell=bash

# take NAME COMMAND..: a file of the snapshot.
take() {
    local file="$FOLDER/$1.json"
    shift
    "$@" >"$file" || die "$* does not answer"
}

# host_store, consumer_store ADDRESS: a contract's whole storage but for the version that cw2 keeps, which
# is what an upgrade changes.
# shellcheck disable=SC2086
host_store() { wasmd query wasm contract-state all "$1" --limit 10000 $QUERY_FLAGS --height "$AT_HOST" | jq -S "$STORED"; }
# shellcheck disable=SC2086
consumer_store() { wasmd query wasm contract-state all "$1" --limit 10000 $CONSUMER_QUERY --height "$AT_CONSUMER" | jq -S "$STORED"; }
STORED='[.models[] | select(.key | ascii_downcase != "636f6e74726163745f696e666f")] | sort_by(.key)'

# shellcheck disable=SC2086
coins() { wasmd query bank balances "$1" $QUERY_FLAGS --height "$AT_HOST" | jq -S .balances; }
# shellcheck disable=SC2086
staked() { wasmd query staking "$1" "$STAKER_CONTRACT" $QUERY_FLAGS --height "$AT_HOST" | jq -S 'del(.pagination)'; }

host() { ask "$1" "$2" --height "$AT_HOST"; }
consumer() { ask_consumer "$1" "$2" --height "$AT_CONSUMER"; }

# heights: the newest, of host and consumer.
heights() { echo "$(height "$NODE_FLAGS") $(height "$CONSUMER_FLAGS")"; }

# snapshot FOLDER HEIGHTS: by the code that ran at these heights. Queries that count time go into moving/.
snapshot() {
    FOLDER="$1"
    read -r AT_HOST AT_CONSUMER <<<"$2"
    rm -rf "$FOLDER"
    mkdir -p "$FOLDER/moving"
    say "taking down what the host said at $AT_HOST and the consumer at $AT_CONSUMER"

    local name
    for name in vault delegation allocation slashing; do
        take "store-$name" host_store "$(contract "$name")"
        take "coins-$name" coins "$(contract "$name")"
        take "config-$name" host "$(contract "$name")" '{"config":{}}'
        take "guard-$name" host "$(contract "$name")" '{"guard":{}}'
    done
    take store-staker host_store "$STAKER_CONTRACT"
    take store-gateway consumer_store "$GATEWAY"
    take delegations staked delegations
    take unbonding-delegations staked unbonding-delegations
    snapshot_stake
    snapshot_services
}

snapshot_stake() {
    local asset owner
    take assets host "$VAULT" '{"assets":{}}'
    for asset in stake lst token; do
        take "books-$asset" host "$VAULT" '{"books":{"asset":"'$asset'"}}'
        take "buckets-$asset" host "$DELEGATION" '{"buckets":{"operator":"'"$OPERATOR"'","asset":"'$asset'"}}'
        take "moving/flows-$asset" host "$DELEGATION" '{"flows":{"operator":"'"$OPERATOR"'","asset":"'$asset'"}}'
    done
    take operators host "$DELEGATION" '{"operators":{}}'
    take pools host "$DELEGATION" '{"pools":{"operator":"'"$OPERATOR"'"}}'
    take staker host "$STAKER_CONTRACT" '{"config":{}}'
    for owner in "$STAKER" "$FRIEND" "$OPERATOR"; do
        take "idle-$owner" host "$VAULT" '{"idle":{"owner":"'"$owner"'"}}'
        take "positions-$owner" host "$DELEGATION" '{"positions":{"owner":"'"$owner"'"}}'
        take "unbondings-$owner" host "$DELEGATION" '{"unbondings":{"owner":"'"$owner"'"}}'
        take "moving/rewards-$owner" host "$DELEGATION" '{"rewards":{"owner":"'"$owner"'"}}'
    done
}

snapshot_services() {
    take service-terms host "$ALLOCATION" '{"services":{}}'
    take commitment host "$ALLOCATION" '{"commitment":{"operator":"'"$OPERATOR"'"}}'
    take members host "$ALLOCATION" '{"members":{"service":'"$SERVICE"'}}'
    take service-rewards host "$ALLOCATION" '{"service_rewards":{"service":'"$SERVICE"'}}'
    take service host "$SLASHING" '{"service":{"service":'"$SERVICE"'}}'
    take requests host "$SLASHING" '{"requests":{"service":'"$SERVICE"'}}'
    take pending host "$SLASHING" '{"pending_slashes":{"operator":"'"$OPERATOR"'"}}'
    take delivery host "$SLASHING" '{"delivery":{"service":'"$SERVICE"',"operator":"'"$OPERATOR"'"}}'
    take gateway consumer "$GATEWAY" '{"config":{}}'
    take powers consumer "$GATEWAY" '{"operators":{}}'
    take total-power consumer "$GATEWAY" '{"total_power":{}}'
    take reports consumer "$GATEWAY" '{"reports":{"open":true}}'
}

# contract NAME: its address.
contract() {
    local name="${1^^}"
    echo "${!name}"
}

# compare: before and after. Storage is the same to the byte, but of the contracts that REHEARSE_CARRIES names,
# whose migration writes theirs anew: of these no entry goes without one in its place.
compare() {
    local file name differing=0 entries=0 were are
    for file in "$NET"/before/*.json; do
        name="$(basename "$file" .json)"
        [[ "$name" = store-* ]] || continue
        were="$(jq length "$file")" are="$(jq length "$NET/after/$name.json")"
        entries=$((entries + were))
        if cmp -s "$file" "$NET/after/$name.json"; then continue; fi
        [[ " ${REHEARSE_CARRIES-} " = *" ${name#store-} "* ]] || {
            diff -u "$file" "$NET/after/$name.json" | head -n 40 >&2
            die "the upgrade changed what the ${name#store-} stores, and REHEARSE_CARRIES does not name it"
        }
        [ "$are" -ge "$were" ] || die "of $were entries of the ${name#store-} $are are left"
        differing=$((differing + 1))
        say "$name: what is stored was carried over, $were entries to $are"
    done
    [ "$entries" -gt 100 ] || die "only $entries entries are stored: the rehearsal looked at the wrong contracts"
    [ "$differing" -gt 0 ] || say "all $entries entries in storage are the same, but for the versions"
    diff -r -u --exclude 'store-*' --exclude moving "$NET/before" "$NET/after" ||
        die "the upgrade changed what the suite says"
    say "$(find "$NET/before" -maxdepth 1 -name '*.json' -not -name 'store-*' | wc -l) answers are the same"
    local owner
    for owner in "$STAKER" "$FRIEND" "$OPERATOR"; do
        name="moving/rewards-$owner.json"
        no_less "$owner" "$(owed "$NET/before/$name")" "$(owed "$NET/after/$name")"
    done
}

# owed FILE: what a staker can claim in the coin that the service pays.
owed() { jq '[.[].rewards[] | select(.token.native.denom == "ulst").amount | tonumber] | add // 0' "$1"; }

no_less() {
    [ "$3" -ge "$2" ] || die "$1 could claim $2 before the upgrade, and $3 after it"
    say "$1 could claim $2 before, and $3 after, as time goes on"
}
