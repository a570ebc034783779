#!/usr/bin/env bash
# Runs every linter, all side by side and whatever the others say, and fails if one of them did.
# Needs the virtual environment's programs on PATH.
set -uo pipefail
cd "$(dirname "$0")/.." || exit

# Only this checkout's collection; a copy installed in the user's home would be linted in its stead.
export ANSIBLE_COLLECTIONS_PATH=$PWD/.ansible/collections

logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
titles=() pids=()

check() {
    local title=$1
    shift
    titles+=("$title")
    "$@" >"$logs/$title" 2>&1 &
    pids+=($!)
}

shell_scripts() {
    git ls-files -z --cached --others --exclude-standard '*.sh' .ci/run | xargs --null --no-run-if-empty shellcheck
}

# Modules of the collection are found as Ansible finds them.
types() (
    cd "$ANSIBLE_COLLECTIONS_PATH" || exit
    mypy --config-file ../../mypy.ini
)

docs() (
    copy=$(python tools/export_collection.py build/docs) || exit
    # It writes a log into the home directory.
    export HOME=$PWD/build/docs
    cd "$copy" || exit
    antsibull-docs lint-collection-docs --plugin-docs --validate-collection-refs self .
)

check ansible-lint ansible-lint --offline
check yamllint yamllint --strict .
check shellcheck shell_scripts
check "ruff check" ruff check --quiet .
check "ruff format" ruff format --quiet --check .
check "mypy (plugin_utils)" types
check "vermin (Python 3.6 on targets)" \
    vermin --quiet --no-tips --violations --target=3.6- plugins/modules plugins/module_utils
check antsibull-changelog antsibull-changelog lint
check antsibull-docs docs

failed=()
for number in "${!titles[@]}"; do
    wait "${pids[number]}" || failed+=("${titles[number]}")
    echo "==> ${titles[number]}"
    cat "$logs/${titles[number]}"
done

if [ ${#failed[@]} -gt 0 ]; then
    (IFS=,; echo "lint: failed: ${failed[*]}") >&2
    exit 1
fi
