# Shared by the scripts in this folder: source it, it runs nothing by itself.
# shellcheck shell=bash disable=SC2034

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
ARTIFACTS="$ROOT/artifacts"
TOOLS="$ROOT/.tools"
WASM_TARGET=wasm32-unknown-unknown
HERMES_VERSION=1.10.5
SDK_VERSION=github.com/cosmos/cosmos-sdk/version # where wasmd reads its name from

# say TEXT: a progress line, with the seconds since the script began.
say() { printf '[%4ds] %s\n' "$SECONDS" "$*"; }

# die TEXT: the last line of a script that cannot go on.
die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# patiently WHAT COMMAND...: runs a command that may be silent for minutes, and says so now and
# then. Its exit code is the command's.
patiently() {
    local what="$1" pid seconds=0
    shift
    "$@" &
    pid=$!
    while kill -0 "$pid" 2>/dev/null; do
        sleep 0.5
        seconds=$((seconds + 1))
        if [ $((seconds % 20)) -eq 0 ]; then say "still $what"; fi
    done
    wait "$pid"
}

# need COMMAND HINT: stops with the hint when a command is missing.
need() { command -v "$1" >/dev/null 2>&1 || die "$1 is needed: $2"; }

# digest PATH...: one digest of all files below the paths, by content and by name.
digest() {
    find "$@" -type f -not -path '*/target/*' -print0 2>/dev/null |
        LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1
}

# pinned_toolchain: the channel that rust-toolchain.toml names.
pinned_toolchain() { sed -n 's/^channel *= *"\(.*\)"/\1/p' "$ROOT/rust-toolchain.toml"; }

# ensure_rust: installs the pinned toolchain and the wasm target, where missing.
# rustup does so by itself only while its auto-install is on.
ensure_rust() {
    need rustup "see https://rustup.rs"
    local channel
    channel="$(pinned_toolchain)"
    [ -n "$channel" ] || die "rust-toolchain.toml names no channel"
    if ! rustup toolchain list | grep -q "^$channel"; then
        say "installing Rust $channel"
        rustup toolchain install "$channel" --profile minimal --component clippy,rustfmt
    fi
    if ! rustup target list --installed --toolchain "$channel" | grep -qx "$WASM_TARGET"; then
        say "installing the target $WASM_TARGET"
        rustup target add "$WASM_TARGET" --toolchain "$channel"
    fi
}

# ensure_wasm_opt: installs the pinned binaryen into .tools, and sets WASM_OPT.
# Debian's binaryen is too old for the passes that the contracts need.
ensure_wasm_opt() {
    WASM_OPT="$TOOLS/node_modules/.bin/wasm-opt"
    local stamp="$TOOLS/.stamp" want
    want="$(digest "$ROOT/scripts/tools")"
    if [ -x "$WASM_OPT" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$want" ]; then
        return
    fi
    need node "version 20 or later"
    need npm "it comes with Node"
    say "installing binaryen"
    mkdir -p "$TOOLS"
    cp "$ROOT"/scripts/tools/package*.json "$TOOLS/"
    npm ci --prefix "$TOOLS" --no-audit --no-fund --loglevel=error
    printf '%s\n' "$want" >"$stamp"
}

# ensure_e2e: compiles the program that runs the suite on two chains, and sets E2E to it.
ensure_e2e() {
    need go "1.25 or later, see https://go.dev"
    E2E="$ROOT/target/palisade"
    say "compiling two chains"
    patiently "compiling two chains (minutes, the first time)" \
        go build -C "$ROOT/e2e" -buildvcs=false -o "$E2E" ./cmd/palisade
}

# ensure_debian PACKAGE COMMAND: installs a package of Debian's when its command is missing and we may.
ensure_debian() {
    if command -v "$2" >/dev/null 2>&1; then return; fi
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
        die "$2 is needed: install the package $1 (apt-get install $1)"
    fi
    say "installing $1"
    { apt-get update -qq && apt-get install -y -qq --no-install-recommends "$1"; } >/dev/null ||
        die "apt-get could not install $1, which brings $2"
}

# ensure_wasmd: builds the node and command line that e2e/go.mod pins, and sets WASMD to it.
ensure_wasmd() {
    need go "1.25 or later, see https://go.dev"
    WASMD="$TOOLS/wasmd"
    local stamp="$TOOLS/.wasmd-stamp" want version
    want="$(sha256sum "$ROOT"/e2e/go.{mod,sum} | sha256sum) $(go env GOVERSION)"
    # It needs a library of the module cache: one that does not start is built again.
    if [ "$(cat "$stamp" 2>/dev/null)" = "$want" ] && "$WASMD" version >/dev/null 2>&1; then return; fi
    version="$(go list -C "$ROOT/e2e" -m -f '{{.Version}}' github.com/CosmWasm/wasmd)"
    mkdir -p "$TOOLS"
    say "compiling wasmd"
    patiently "compiling wasmd (minutes, the first time)" \
        go build -C "$ROOT/e2e" -buildvcs=false -o "$WASMD.new" \
        -ldflags "-s -w -X $SDK_VERSION.Name=wasm -X $SDK_VERSION.AppName=wasmd -X $SDK_VERSION.Version=$version" \
        github.com/CosmWasm/wasmd/cmd/wasmd || die "wasmd could not be compiled"
    mv "$WASMD.new" "$WASMD"
    printf '%s\n' "$want" >"$stamp"
}

# ensure_hermes: builds the relayer, once for all clones on a machine, and sets HERMES to it.
ensure_hermes() {
    local root="${XDG_CACHE_HOME:-$HOME/.cache}/palisade/hermes-$HERMES_VERSION"
    HERMES="$root/bin/hermes"
    if [ -x "$HERMES" ]; then return; fi
    ensure_rust
    need cc "a C compiler, such as gcc"
    mkdir -p "$root"
    # One build at a time: the second to come finds it done.
    exec 8>"$root/lock"
    flock 8
    if [ ! -x "$HERMES" ]; then
        say "compiling the relayer: Hermes $HERMES_VERSION"
        patiently "compiling the relayer (some five minutes, once)" install_hermes "$root" 8>&- ||
            die "Hermes could not be compiled; what cargo said is in $root/log"
        rm -rf "$root/target"
    fi
    exec 8>&-
}

# install_hermes FOLDER: lighter on the optimizer than its release profile, which takes twice as long.
install_hermes() (
    unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS CARGO_BUILD_TARGET
    export CARGO_TARGET_DIR="$1/target" CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_LTO=off
    export CARGO_PROFILE_RELEASE_CODEGEN_UNITS=64 CARGO_PROFILE_RELEASE_DEBUG=0
    cd "$ROOT" || exit # for its toolchain
    cargo install ibc-relayer-cli --version "$HERMES_VERSION" --bin hermes --locked --force \
        --root "$1" >"$1/log" 2>&1
)

# contract_names: the folders of contracts/, one a line.
contract_names() {
    local dir
    for dir in "$ROOT"/contracts/*/; do
        [ ! -f "$dir/Cargo.toml" ] || basename "$dir"
    done
}
