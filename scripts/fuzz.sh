#!/usr/bin/env bash
# Gives each fuzz test some time, 30s unless told: `make fuzz`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

grep -rEo --include='*_test.go' '^func Fuzz[A-Za-z0-9_]+' . | while IFS=: read -r file function; do
    name=${function#func }
    echo "$(dirname "$file") $name"
    go test -run '^$' -fuzz "^$name\$" -fuzztime "${1:-30s}" "$(dirname "$file")" </dev/null
done
