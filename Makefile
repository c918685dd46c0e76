# `make help` lists the targets. Paths stay relative, so that a directory with a space in its name works too.

PYTHON_CODE := __main__.py account bench components policies reachability sandbox settings stack tests
SHELL_CODE := sandbox/preflight.sh .ci/run .ci/policies .ci/tell-github tests/servers/*.sh components/servers/server_files/*/*.sh images/*.sh \
	platform_config/*/.platform/hooks/*/*.sh platform_config/*/.platform/confighooks/*/*.sh
GO_CODE := sandbox/toolchain

# Nothing of the sandbox's is left outside .sandbox and .venv, so Python keeps its bytecode to itself.
export PYTHONDONTWRITEBYTECODE := 1

python := .venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help sandbox sandbox-down sandbox-status test snapshots lint format bench venv

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/\1|\2/p' Makefile | while IFS='|' read -r target what; do \
		printf '  make %-15s %s\n' "$$target" "$$what"; done

sandbox: venv ## Bring both stacks up in an embedded AWS on this machine
	@$(python) -m sandbox up

sandbox-status: venv ## Tell what runs in the sandbox
	@$(python) -m sandbox status

sandbox-down: venv ## Stop the sandbox and remove all of it
	@$(python) -m sandbox down

test: venv ## Run every test
	@if command -v go >/dev/null; then cd $(GO_CODE) && go test ./...; else echo "no Go: the language host's own tests are left out"; fi
	@$(python) -m pytest

snapshots: venv ## Record what both stacks declare, after a change that means to change it
	@$(python) -m tests.unit.snapshots

lint: venv ## Check style and types of the Python, shell and Go code
	$(python) -m ruff check .
	$(python) -m ruff format --check .
	$(python) -m mypy --strict $(PYTHON_CODE)
	.venv/bin/shellcheck $(SHELL_CODE)
	cd $(GO_CODE) && test -z "$$(gofmt -l . | tee /dev/stderr)" && go vet ./...

format: venv ## Put the Python and Go code in its style
	$(python) -m ruff format .
	$(python) -m ruff check --fix .
	gofmt -w $(GO_CODE)

bench: venv ## Print the figures of speed and memory
	@$(python) -m bench

venv: # Make .venv, or bring it up to date
	@python=$$(sandbox/preflight.sh) && "$$python" -m sandbox.commands.virtualenv
