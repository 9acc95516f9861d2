# The few commands. Nothing but `make test` needs more than Go.
.DEFAULT_GOAL := help
.PHONY: help run build test bench faults lint fuzz sbom

help: ## say what there is
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 14

run: ## run two departments and an identity provider on this machine
	go run ./cmd/parley demo

build: ## build ./parley: one file, the same bytes from the same source wherever it is built
	CGO_ENABLED=0 go build -trimpath -ldflags='-s -w -buildid=' -o parley ./cmd/parley

test: ## run every test; installs what is missing where it may
	bash scripts/test.sh

bench: ## measure
	go test -run '^$$' -bench . -benchmem ./...

faults: ## let nodes, and what they stand on, fail, and see that what they promise holds
	go run ./test/faults

lint: ## check how the code is written
	bash scripts/lint.sh

fuzz: ## give each fuzz test a minute
	bash scripts/fuzz.sh

sbom: build ## write parley.cdx.json: what ./parley was built from, as CycloneDX
	go tool -modfile=tools/go.mod cyclonedx-gomod bin -json -licenses -std \
		-version "$$(./parley version | sed -n 's/^parley //p')" -output parley.cdx.json parley
