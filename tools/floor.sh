#!/usr/bin/env bash
# Runs the unit tests of the collection and loads documentation, argument specifications and playbooks on the oldest supported
# ansible-core.
set -euo pipefail
cd "$(dirname "$0")/.."

export PATH=$PWD/.venv-floor/bin:$PATH
export ANSIBLE_COLLECTIONS_PATH=$PWD/.ansible/collections
mkdir -p build/results

ansible --version | awk 'NR == 1'
PYTHONPATH=$ANSIBLE_COLLECTIONS_PATH pytest --numprocesses=auto --junitxml=build/results/floor.xml tests/unit/plugins tests/unit/catalog

for kind in role module lookup; do
    echo "==> documentation of every $kind"
    mapfile -t names < <(ansible-doc --type "$kind" --list --json hostprep.runtime_fabric |
        python -c 'import json, sys; print(*json.load(sys.stdin), sep="\n")')
    echo "${names[*]}"
    ansible-doc --type "$kind" --json "${names[@]}" >/dev/null
done

echo "==> syntax of every playbook"
ansible-playbook --syntax-check --inventory examples/site/inventory playbooks/*.yml
