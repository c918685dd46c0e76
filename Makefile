# `make help` lists the targets. Paths stay relative, so that a directory with a space in its name works too.

PYTHON_CODE := __main__.py account bench commands components docs policies reachability release sandbox scanners servers settings stack tests
SHELL_CODE := shop sandbox/preflight.sh sandbox/hosts/*.sh sandbox/hosts/image_files/usr/*bin/* \
	sandbox/hosts/image_files/usr/share/amazon-linux/is_installed sandbox/hosts/image_files/opt/elasticbeanstalk/bin/* \
	.ci/run .ci/policies .ci/release .ci/tell-github tests/servers/*.sh components/servers/server_files/*/*.sh images/*.sh \
	platform_config/*/.platform/hooks/*/*.sh platform_config/*/.platform/confighooks/*/*.sh platform_config/*/.platform/*.sh \
	components/site/release_scripts/*.sh
GO_CODE := sandbox/toolchain

python := .venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help rehearsal sandbox live sandbox-down sandbox-status scan lint format bench architecture snapshots venv
.PHONY: test test-all test-unit test-policies test-sandbox test-platform test-servers test-programs

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/\1|\2/p' Makefile | while IFS='|' read -r target what; do \
		printf '  make %-15s %s\n' "$$target" "$$what"; done
	@echo; echo 'Everything else: ./shop --help'

sandbox: venv ## Bring both stacks up in an embedded AWS on this machine
	@./shop sandbox up

live: venv ## Run hosts with stand-in applications in the sandbox, as root on Debian or Ubuntu
	@./shop sandbox live

sandbox-status: venv ## Show what runs in the sandbox
	@./shop sandbox status

sandbox-down: venv ## Stop the sandbox and remove all of it
	@./shop sandbox down

scan: venv ## Run prowler and checkov on the sandbox: see docs/scanners.md
	@test -f .sandbox/env || { echo 'make scan: the sandbox is not up: run `make sandbox`' >&2; exit 2; }
	@. .sandbox/env && ./shop scan

comma := ,

# Three processes for two cores, up to four, each with a file of tests at a time.
parallel := -n auto --maxprocesses 4 --dist loadfile

everything := -m 'not faults and not alone'

test: venv test-programs ## Run the tests; or some: make test TESTS=tests/unit/site
ifdef TESTS
	@$(python) -m pytest $(everything) $(TESTS)
else
	@$(python) -m pytest $(parallel)
	@echo 'The long tests were left out: `make test-all` runs them too.'
endif

test-all: venv test-programs ## Run every test, the long ones too, as CI does
	@$(python) -m pytest $(parallel) $(everything)
ifeq ($(CI),true)
	@$(python) -m pytest -m alone tests/servers/test_nfs_kernel.py
else
	@echo 'Tests that need the computer for themselves were left out: `.venv/bin/python -m pytest -m alone`.'
endif

test-unit: venv ## Test the program and its settings without an engine
	@$(python) -m pytest $(parallel) tests/unit tests/bench

test-policies: venv ## Test the policies
	@$(python) -m pytest $(parallel) tests/policies

test-sandbox: venv ## Test the sandbox
	@$(python) -m pytest $(parallel) $(everything) sandbox/tests

test-platform: venv ## Test both stacks on the engine in a sandbox
	@$(python) -m pytest $(everything) tests/platform

test-servers: venv test-programs ## Test what servers run, with the real programs
	@$(python) -m pytest $(parallel) $(everything) tests/servers

test-programs: # Install the programs that tests/servers runs, as root on Debian or Ubuntu
	@tests/servers/install.sh --if-root

snapshots: venv ## Record what both stacks declare, after a change that means to change it
	@$(python) -m tests.unit.snapshots

lint: venv ## Check style and types of the Python, shell and Go code
	$(python) -m ruff check .
	$(python) -m ruff format --check .
	$(python) -m mypy --strict $(PYTHON_CODE)
	.venv/bin/shellcheck $(SHELL_CODE)
	cd $(GO_CODE) && test -z "$$(gofmt -l . | tee -a /dev/stderr)" && go vet ./...

format: venv ## Put the Python and Go code in its style
	$(python) -m ruff format .
	$(python) -m ruff check --fix .
	gofmt -w $(GO_CODE)

rehearsal: venv ## Release to a live sandbox with shoppers in it: ten minutes; SCENARIOS=all for everything
	@$(python) -m tests.rehearsal $(if $(ANSWERS),--answers $(ANSWERS)) $(subst $(comma), ,$(SCENARIOS))

bench: venv ## Print the figures of speed and memory
	@$(python) -m bench

architecture: venv ## Draw docs/architecture.svg from the production graph
	@$(python) -m docs.draw_architecture

venv: # Make .venv, or bring it up to date
	@python=$$(sandbox/preflight.sh) && "$$python" -m sandbox.commands.virtualenv
