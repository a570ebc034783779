# hostprep.runtime_fabric - what CI and people type. `make help` lists it.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

export PYTHON ?= python3.11
export PATH := $(CURDIR)/.venv/bin:$(PATH)

# git refuses a checkout of another owner, which is what CI running as root often has.
export GIT_CONFIG_COUNT := 1
export GIT_CONFIG_KEY_0 := safe.directory
export GIT_CONFIG_VALUE_0 := $(CURDIR)

RESULTS := build/results
UNIT_TESTS ?= tests/unit
UNIT_OPTIONS ?=
COLLECTIONS := $(CURDIR)/.ansible/collections

-include tests/lab/lab.mk

.PHONY: help setup cores lint unit-programs unit floor unit-pythons sanity molecule el-roles test blind-labs test-kills test-history bench measure-cluster measure-controller demo compat release-check requirements docs docs-site clean

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## / {printf "  %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Make the virtual environment .venv (fetches from PyPI and Debian once)
	@tools/setup.sh .venv requirements-test.txt
	@tools/programs.sh .venv

lint: setup ## Run every linter
	@tools/lint.sh

# Whose rules for NO_PROXY the unit tests compare with ours, and what reads the page of the report.
NO_PROXY_READERS := apt curl dnf golang-go openjdk-17-jdk-headless skopeo
PAGE_READERS := chromium

unit-programs:
	@tools/debian-packages.sh $(NO_PROXY_READERS) $(PAGE_READERS)

# One more than there are cores, because some tests wait.
unit: setup unit-programs ## Run the unit tests; UNIT_TESTS=path narrows them
	@mkdir -p $(RESULTS)
	@PYTHONPATH=$(COLLECTIONS) pytest --numprocesses=$$(($$(nproc) + 1)) --junitxml=$(RESULTS)/unit.xml $(UNIT_OPTIONS) \
		$(UNIT_TESTS)

floor: setup ## Run the unit tests and load everything on the oldest supported ansible-core
	@tools/setup.sh .venv-floor requirements-floor.txt
	@tools/programs.sh .venv-floor
	@tools/floor.sh

unit-pythons: setup cores ## Run the tests of target-side code on every Python 3.6+ found here; PYTHONS="3.6 3.13" names some
	@python tools/unit_pythons.py $(PYTHONS)

compat: setup ## Run sanity, units and a preparation of the lab on every supported ansible-core; CORE="2.16 2.21" PART=units narrow it
	@python tools/compat.py $(if $(CORE),--core $(CORE)) $(if $(PART),--part $(PART))

# ansible-test forks for each test, which pays where it keeps code of hosts from importing what only a controller has. The
# modules import all of module_utils, whose own tests `make unit` runs.
HOST_SIDE_TESTS := tests/unit/plugins/modules/

sanity: setup ## Run ansible-test's sanity tests, and beside them its units for what runs on hosts
	@tools/sanity.sh $(HOST_SIDE_TESTS)

# Other cores than that of .venv, with which a scenario runs the main job.
cores: setup
	@tools/setup.sh .venv-floor requirements-floor.txt
	@tools/newest-core.sh

molecule: setup cores lab-packages ## Run every molecule scenario in a lab of its own; SCENARIO=name runs one
	@python tools/run_molecule.py $(SCENARIO)

el-roles: ## Run each role by itself on nodes of Enterprise Linux, as far as the lab emulates them
	@$(MAKE) molecule SCENARIO=el_roles

# What `make sanity` runs, with the same Python and the same ansible-core, `make unit` need not run before it.
test: export UNIT_OPTIONS = --ignore=$(HOST_SIDE_TESTS)
test: setup ## Run everything CI runs
	@python tools/run_tests.py lint unit floor sanity molecule

# BLIND=... hands on options: see tests/blind_labs/README.md.
blind-labs: setup lab-packages ## Break a lab in sixteen ways and hold what the audit says against what is wrong (an hour)
	@PYTHONPATH=$(COLLECTIONS) python tests/blind_labs/blind_labs.py $(BLIND)

# KILLS=... hands on options: see tests/kills/README.md.
test-kills: setup lab-packages ## Kill the preparation at every task in turn (hours); KILLS="--only GLOB --resume" narrows it
	@PYTHONPATH=$(COLLECTIONS) python tests/kills/kills.py $(KILLS)

# HISTORY=5 takes the first five runs: see tests/history/README.md.
test-history: setup ## Audit simulated nodes under a schedule of faults, and compare each run with the one before (minutes)
	@PYTHONPATH=$(COLLECTIONS) python tests/history/history.py $(HISTORY)

bench: lab-up ## Compare with the usual ways, side by side in the lab; BENCH=name runs one
	@tools/debian-packages.sh nmap
	@PYTHONPATH=$(COLLECTIONS) python tools/bench.py $(BENCH)

measure-cluster: NODES ?= 30
measure-cluster: setup lab-packages ## Measure what an audit of NODES (30) nodes costs, in a lab of its own
	@python tools/measure_cluster.py $(NODES)

measure-controller: NODES ?= 30 100
measure-controller: setup lab-packages ## Measure what audits of NODES (30, then 100) simulated nodes cost the controller
	@PYTHONPATH=$(COLLECTIONS) python tools/measure_controller.py -v $(NODES)

demo: lab-up ## Prepare and prove a lab cluster with the command of the README
	@tools/demo.sh

release-check: setup ## Build the package of the next release in a copy, and verify it as Galaxy and others do
	@tools/setup.sh .venv-release requirements-release.txt
	@tools/release-check.sh

requirements: setup ## Pin requirements-*.txt anew from requirements-*.in
	@tools/pin-requirements.sh

docs: setup ## Write what the catalogue, the protocols and the facts of hosts generate: docs/requirements.md, checks.md and report.schema.json, inputs in roles and READMEs, module options
	@PYTHONPATH=$(COLLECTIONS) python tools/requirements_page.py
	@PYTHONPATH=$(COLLECTIONS) python tools/checks_page.py
	@PYTHONPATH=$(COLLECTIONS) python tools/report_schema.py
	@PYTHONPATH=$(COLLECTIONS) python tools/protocol_docs.py
	@PYTHONPATH=$(COLLECTIONS) python tools/fact_docs.py
	@PYTHONPATH=$(COLLECTIONS) python tools/change_request_docs.py
	@PYTHONPATH=$(COLLECTIONS) python tools/report_format_docs.py
	@PYTHONPATH=$(COLLECTIONS) python tools/input_files.py

docs-site: setup ## Build the site of the documentation, build/docs-site/html
	@tools/setup.sh .venv-docs requirements-docs.txt
	@PATH="$(CURDIR)/.venv-docs/bin:$(PATH)" tools/docs-site.sh

clean: ## Take labs down and remove what builds and tests left in this checkout
	@[ ! -x .venv/bin/python ] || for lab in build/lab/*/; do \
		[ ! -d "$$lab" ] || $(LAB) --name "$$(basename "$$lab")" down; \
	done
	rm -rf .venv .venv-* .ansible .cache build tests/output
