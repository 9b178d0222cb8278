# The suite on the two chains, and what a shell needs to use it.
# shellcheck shell=bash

# write_commands: wasmd and hermes with the network's keys and config.
write_commands() {
    mkdir -p "$NET/bin"
    cp "$PARTS/wasmd" "$NET/bin/wasmd.new"
    chmod +x "$NET/bin/wasmd.new"
    mv "$NET/bin/wasmd.new" "$NET/bin/wasmd"
    printf '%s\n' "$WASMD" >"$NET/bin/.wasmd"
    {
        printf '#!/usr/bin/env bash\n'
        printf 'exec %q --config %q "$@"\n' "$HERMES" "$(hermes_config)"
    } >"$NET/bin/hermes"
    chmod +x "$NET/bin/hermes"
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

# write_env: a file to source.
write_env() {
    {
        echo "# Written by scripts/localnet: source it."
        export_line PALISADE_LOCALNET "$NET"
        printf 'case ":$PATH:" in *":%s:"*) ;; *) export PATH="%s:$PATH" ;; esac\n' "$NET/bin" "$NET/bin"
        export_line WASMD_HOME "$NET/keys"
        export_line WASMD_KEYRING_DIR "$NET/keys"
        export_line WASMD_KEYRING_BACKEND test
        export_line NODE_FLAGS "$(flags host)"
        export_line QUERY_FLAGS "--node $(rpc host) -o json"
        export_line CONSUMER_FLAGS "$(flags consumer)"
        export_line CONSUMER_QUERY "--node $(rpc consumer) -o json"
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
        export_line RESOLVER "$(address resolver)"
        export_line REPORTER "$(address reporter)"
        export_line PAYER "$(address payer)"
        export_line ANYBODY "$(address anybody)"
        export_line RECIPIENT "$(address friend)"
        export_line VOUCHER "$(voucher token)"
        export_line CLST "$(voucher uclst)"
    } >"$NET/env.new"
    mv "$NET/env.new" "$NET/env"
}

make_suite() { die "not yet"; }
