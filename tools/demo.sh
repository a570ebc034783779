#!/usr/bin/env bash
# Runs the command of the README, as it stands there, in the example site against the lab, which must be up.
set -euo pipefail
cd "$(dirname "$0")/.."

# What a user sets once on a machine of their own: where the collection is installed and how SSH reaches the nodes.
environment=$(python tests/lab/lab.py env)
eval "$environment"

cd examples/site
# The lab's inventory waives what a container cannot be, each with its reason.
echo "==> cd examples/site && ansible-playbook prepare-rtf.yml -i inventory -i $LAB_INVENTORY"
status=0
ansible-playbook prepare-rtf.yml -i inventory -i "$LAB_INVENTORY" || status=$?

report=$(find . -path '*/runs' -prune -o -name report.json -printf '%T@ %P\n' | sort -rn | head -n 1 | cut -d ' ' -f 2)
[ -n "$report" ] && echo "==> report: examples/site/$report"
exit "$status"
