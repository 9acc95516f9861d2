#!/usr/bin/env bash
# Runs every test of Parley: `make test`.
#
# What the tests use and this machine lacks is installed where that is allowed:
# Debian's packages as root, the modules of the other server and of the client
# programs with npm. What cannot be had is named at the end, with the tests that
# were skipped for it.
# A PostgreSQL server is started for the tests and thrown away after them,
# unless PARLEY_TEST_POSTGRES names one on which databases may be made.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

PATH=$PATH:/usr/sbin # where Debian has nginx
scratch=$(mktemp -d)
missing=()
cluster_owner=()

main() {
    trap finish EXIT
    install_packages
    install_modules test/peer "the test with another server, on Fedify"
    install_modules test/idp "the tests with an identity provider of another make"
    install_modules test/clients "the tests with the libraries masto.js and megalodon"
    start_postgres
    local status=0
    go test -timeout 15m "$@" ./... || status=$?
    say_what_is_missing
    return "$status"
}

# install_packages gets from Debian what the tests call by name.
install_packages() {
    local wanted=()
    [[ -n ${PARLEY_TEST_POSTGRES:-} ]] || postgres_programs >/dev/null || wanted+=(postgresql)
    command -v chromium >/dev/null || wanted+=(chromium)
    command -v toot >/dev/null || wanted+=(toot)
    has_ffmpeg || wanted+=(ffmpeg)
    command -v npm >/dev/null || wanted+=(npm)
    has_glewlwyd || wanted+=(glewlwyd sqlite3)
    has_mastodon_py || wanted+=(python3-mastodon python3-cryptography)
    command -v nginx >/dev/null || wanted+=(nginx)
    command -v curl >/dev/null || wanted+=(curl)
    command -v sqlite3 >/dev/null || wanted+=(sqlite3)
    command -v caddy >/dev/null || wanted+=(caddy)
    if ((${#wanted[@]})) && ((EUID == 0)) && command -v apt-get >/dev/null; then
        echo "Installing with apt-get: ${wanted[*]}"
        # At run level 1 no package starts the service that it brings.
        export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
        if ! { apt-get update && apt-get install --yes --no-install-recommends "${wanted[@]}"; } >"$scratch/apt.log" 2>&1; then
            tail -n 5 "$scratch/apt.log"
        fi
    fi
    command -v chromium >/dev/null || missing+=("chromium: the tests in a browser")
    command -v toot >/dev/null || missing+=("toot: the tests with that client")
    has_ffmpeg || missing+=("ffmpeg and ffprobe: the tests of videos and sounds")
    has_glewlwyd || missing+=("glewlwyd and sqlite3: the test with that identity provider")
    has_mastodon_py || missing+=("Mastodon.py: the test with that library")
    command -v nginx >/dev/null || missing+=("nginx: the test behind that proxy")
    command -v caddy >/dev/null || missing+=("caddy: the test behind that proxy, and of the guide")
}

# has_ffmpeg asks for both programs: some builds bring one of them.
has_ffmpeg() { command -v ffmpeg >/dev/null && command -v ffprobe >/dev/null; }

# has_glewlwyd asks for what sets its database up, too.
has_glewlwyd() { command -v glewlwyd >/dev/null && command -v sqlite3 >/dev/null; }

# has_mastodon_py asks the interpreter that Debian's packages are for.
has_mastodon_py() { /usr/bin/python3 -c 'import mastodon, cryptography' 2>/dev/null; }

# install_modules gets what the programs in a folder are made of; without it
# some tests are skipped.
install_modules() {
    local folder=$1 skipped=$2
    [[ $folder/node_modules/.package-lock.json -nt $folder/package-lock.json ]] && return
    if ! command -v npm >/dev/null; then
        missing+=("npm: $skipped")
        return
    fi
    echo "Installing the modules of $folder with npm"
    if ! (cd "$folder" && npm ci --no-audit --no-fund --loglevel=error </dev/null) >"$scratch/npm.log" 2>&1; then
        tail -n 5 "$scratch/npm.log"
        rm -rf "$folder/node_modules"
        missing+=("the npm modules of $folder: $skipped")
    fi
}

# postgres_programs prints the folder with initdb and pg_ctl.
postgres_programs() {
    local found
    found=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
    if [[ -n $found ]]; then
        echo "$found"
    elif found=$(command -v initdb); then
        dirname "$(readlink -f "$found")"
    else
        return 1
    fi
}

# start_postgres starts a cluster that only a socket in our folder leads to.
# PostgreSQL does not run as root.
start_postgres() {
    [[ -z ${PARLEY_TEST_POSTGRES:-} ]] || return 0
    local programs
    if ! programs=$(postgres_programs); then
        missing+=("PostgreSQL: half of the tests of what is stored, and of nodes")
        return
    fi
    if ((EUID == 0)); then
        cluster_owner=(runuser -u postgres --)
        chown postgres "$scratch"
    fi
    if ! as_owner "$programs/initdb" --auth=trust --username=postgres --no-sync --encoding=UTF8 --locale=C -D "$scratch/cluster" >"$scratch.log" 2>&1 ||
        ! as_owner "$programs/pg_ctl" start -w -D "$scratch/cluster" -l "$scratch/postgres.log" \
            -o "-c listen_addresses='' -c unix_socket_directories='$scratch' -c max_connections=500 -c fsync=off" >>"$scratch.log" 2>&1; then
        tail -n 5 "$scratch.log"
        missing+=("PostgreSQL, which did not start: half of the tests of what is stored, and of nodes")
        return
    fi
    cluster=$programs
    export PARLEY_TEST_POSTGRES="postgres://postgres@/postgres?host=$scratch&sslmode=disable"
}

# as_owner runs something as the user whose cluster it is, from a folder that
# every user may enter.
as_owner() { (cd / && "${cluster_owner[@]}" "$@"); }

finish() {
    if [[ -n ${cluster:-} ]]; then
        as_owner "$cluster/pg_ctl" stop -m immediate -D "$scratch/cluster" >/dev/null 2>&1 || true
    fi
    rm -rf "$scratch" "$scratch.log"
}

say_what_is_missing() {
    ((${#missing[@]})) || return 0
    echo
    echo "Skipped, because it is not here and could not be installed:"
    printf '  %s\n' "${missing[@]}"
}

main "$@"
