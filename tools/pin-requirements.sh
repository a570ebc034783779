#!/usr/bin/env bash
# Writes requirements-*.txt anew from requirements-*.in, with the newest versions that fit together on Python 3.11.
set -euo pipefail
cd "$(dirname "$0")/.."

pinner=build/pip-tools
[ -x "$pinner/bin/pip-compile" ] || {
    python -m venv "$pinner"
    "$pinner/bin/pip" install --quiet --disable-pip-version-check pip-tools
}
for source in requirements-*.in; do
    echo "==> ${source%.in}.txt"
    CUSTOM_COMPILE_COMMAND="make requirements" "$pinner/bin/pip-compile" --quiet --upgrade --strip-extras \
        --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --annotation-style=line \
        --output-file "${source%.in}.txt" "$source"
done
