#!/usr/bin/env bash
# Checks how the code is written: `make lint`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

unformatted=$(git ls-files -z '*.go' | xargs -0 gofmt -l)
if [[ -n $unformatted ]]; then
    printf 'These files are not as gofmt writes them:\n%s\n' "$unformatted"
    exit 1
fi
go vet ./...
go tool -modfile=tools/go.mod staticcheck ./...
