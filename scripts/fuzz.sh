#!/usr/bin/env bash
# Gives each fuzz test a minute, or what it is told: `make fuzz`. What it finds of
# interest Go keeps in its cache; what is worth keeping for everybody lies in
# testdata/fuzz beside the test, and is played by every `go test`. Making an input
# small has a bound in tries: Go's own is a minute, which is all the time there is.
# What fails does not keep the others from their turn.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

status=0
while IFS=: read -r file function; do
    name=${function#func }
    echo "$(dirname "$file") $name"
    go test -run '^$' -fuzz "^$name\$" -fuzztime "${1:-60s}" -fuzzminimizetime 1000x "$(dirname "$file")" </dev/null || status=1
done < <(grep -rEo --include='*_test.go' '^func Fuzz[A-Za-z0-9_]+' .)
exit $status
