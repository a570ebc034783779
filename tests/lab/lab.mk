# Targets of the lab, included by the main Makefile. LAB_NAME=other selects another instance.
PY ?= .venv/bin/python
LAB := $(PY) tests/lab/lab.py

.PHONY: lab-packages lab-build lab-up lab-down lab-status lab-env

lab-packages:
	@tests/lab/install-packages.sh

lab-build: setup lab-packages ## Build the images of the lab
	@$(LAB) build

lab-up: setup lab-packages ## Bring the lab up: nodes and a simulated Internet
	@$(LAB) up

lab-down: setup ## Remove the lab's containers and network
	@$(LAB) down

lab-status: setup ## Say what of the lab is running
	@$(LAB) status

lab-env: setup ## Print shell exports with which Ansible reaches the lab
	@$(LAB) env
