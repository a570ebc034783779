#!/usr/bin/env bash
# Runs the unit tests that meet ansible-core, and loads documentation, argument specifications and playbooks, on the oldest one
# that is supported. What decides is pure Python and imports nothing of it, which tests/unit/contract/test_rooms.py holds.
set -euo pipefail
cd "$(dirname "$0")/.."

export PATH=$PWD/.venv-floor/bin:$PATH
export ANSIBLE_COLLECTIONS_PATH=$PWD/.ansible/collections
mkdir -p build/results

ansible --version | awk 'NR == 1'
tests=(tests/unit/plugins/{action,lookup,modules} tests/unit/{platforms,playbooks} tests/unit/secrets/test_hosts.py)
mapfile -t others < <(grep -rlE '^(from|import) ansible[. ]' \
    tests/unit/plugins/{module_utils,plugin_utils}/ tests/unit/{catalog,secrets}/ --include='test_*.py')
# Twice as many as there are cores, because tests of modules mostly wait.
PYTHONPATH=$ANSIBLE_COLLECTIONS_PATH pytest --numprocesses=$(($(nproc) * 2)) --junitxml=build/results/floor.xml \
    "${tests[@]}" "${others[@]}"

for kind in role module lookup; do
    echo "==> documentation of every $kind"
    mapfile -t names < <(ansible-doc --type "$kind" --list --json hostprep.runtime_fabric |
        python -c 'import json, sys; print(*json.load(sys.stdin), sep="\n")')
    echo "${names[*]}"
    ansible-doc --type "$kind" --json "${names[@]}" >/dev/null
done

echo "==> syntax of every playbook"
ansible-playbook --syntax-check --inventory examples/site/inventory playbooks/*.yml
