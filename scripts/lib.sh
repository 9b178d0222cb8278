# Shared by the scripts in this folder: source it, it runs nothing by itself.
# shellcheck shell=bash disable=SC2034

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
ARTIFACTS="$ROOT/artifacts"
TOOLS="$ROOT/.tools"
WASM_TARGET=wasm32-unknown-unknown

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

# contract_names: the folders of contracts/, one a line.
contract_names() {
    local dir
    for dir in "$ROOT"/contracts/*/; do
        [ ! -f "$dir/Cargo.toml" ] || basename "$dir"
    done
}
