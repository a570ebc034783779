#!/usr/bin/env bash
# Runs ansible-test's sanity tests, and beside them its units for what runs on hosts: TEST... names these.
# Usage: tools/sanity.sh TEST...     with the virtual environment's programs on PATH
# ansible-test runs one sanity test after the other, and pylint takes as long as all others. So it has a run of its own.
set -uo pipefail
cd "$(dirname "$0")/.." || exit
mkdir -p build

runs=()

begin() {
    local name=$1
    shift
    ANSIBLE_TEST_NAME=$name tools/ansible-test.sh "$@" >"build/ansible-test-$name.log" 2>&1 &
    runs+=("$name:$!")
}

begin pylint sanity --junit --test pylint
begin sanity sanity --junit --skip-test pylint
begin units units "$@"

status=0
for run in "${runs[@]}"; do
    wait "${run#*:}" || status=1
    echo "==> ansible-test ${run%:*}"
    cat "build/ansible-test-${run%:*}.log"
done
exit "$status"
