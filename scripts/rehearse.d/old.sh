# The contracts before the upgrade: which commit, and their wasm.
# shellcheck shell=bash

# version_of COMMIT|HEAD_TREE: of the workspace, in a commit or in the working tree.
version_of() {
    if [ "$1" = HEAD_TREE ]; then cat Cargo.toml; else git show "$1:Cargo.toml"; fi |
        sed -n '/^\[workspace.package\]/,/^\[/s/^version *= *"\(.*\)"/\1/p'
}

# older A B: whether version A comes before B. A candidate (-rc.1) comes before its release, which sort
# puts right with a ~.
older() {
    local a b
    a="$(tr - '~' <<<"$1")" b="$(tr - '~' <<<"$2")"
    [ "$a" != "$b" ] && [ "$(printf '%s\n%s\n' "$a" "$b" | sort -V | head -1)" = "$a" ]
}

# choose_old REV: sets OLD_COMMIT and OLD_VERSION. A contract refuses to migrate to a version that is not
# newer, whatever its bytes: one version names one code. So there is nothing to rehearse without a newer one.
choose_old() {
    local now commit version
    now="$(version_of HEAD_TREE)"
    if [ -n "$1" ]; then
        OLD_COMMIT="$(git rev-parse --verify --quiet "$1^{commit}")" || die "$1 is no commit"
        OLD_VERSION="$(version_of "$OLD_COMMIT")"
        older "$OLD_VERSION" "$now" ||
            die "$1 has version $OLD_VERSION, and the working tree $now: contracts migrate to a newer version only. Raise it in Cargo.toml"
        return
    fi
    # HEAD, and what was there before each change of Cargo.toml: the version changes nowhere else.
    for commit in HEAD $(git log --format=%H^ -- Cargo.toml); do
        version="$(version_of "$commit" 2>/dev/null)" || continue
        if [ -n "$version" ] && older "$version" "$now"; then
            OLD_COMMIT="$(git rev-parse "$commit")"
            OLD_VERSION="$version"
            return
        fi
    done
    die "no commit has an older version than $now: contracts migrate to a newer version only. Raise it in Cargo.toml"
}

# build_old: sets OLD to a folder with the commit's wasm. A commit never changes: what was built is kept.
# One folder for the sources of all, so that dependencies are compiled once; files are dated now, since
# cargo takes what is older than its last build for built.
build_old() {
    OLD="$WORK/$OLD_COMMIT"
    if (cd "$OLD" 2>/dev/null && sha256sum --check --status checksums.txt); then
        say "the contracts of $(git rev-parse --short "$OLD_COMMIT") ($OLD_VERSION) are built"
        return
    fi
    local source="$WORK/source" names
    mkdir -p "$source"
    find "$source" -mindepth 1 -maxdepth 1 -not -name target -not -name .tools -exec rm -rf {} +
    git archive "$OLD_COMMIT" | tar -xm -C "$source"
    mapfile -t names < <(cd "$source/contracts" && ls)
    say "building the contracts of $(git rev-parse --short "$OLD_COMMIT"), version $OLD_VERSION"
    "$source/scripts/build" "${names[@]}"
    rm -rf "$OLD"
    mkdir -p "$OLD"
    cp "$source"/artifacts/palisade_*.wasm "$OLD/"
    (cd "$OLD" && LC_ALL=C sha256sum -- *.wasm >checksums.txt)
}
