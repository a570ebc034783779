#!/usr/bin/env bash
# Puts the newest ansible-core below build/newest-core, for the Python 3.13 of the lab's Debian 13 image, which needs no pip
# and no venv for that: it runs with the directory as PYTHONPATH. Does nothing, at once, when it is up to date.
set -euo pipefail
cd "$(dirname "$0")/.."

requirements="requirements-newest.txt"
tools/once-for.sh "$requirements" .venv/bin/python -m pip install --quiet --disable-pip-version-check \
    --requirement "$requirements" \
    --no-deps --ignore-requires-python --only-binary=:all: --implementation cp --python-version 3.13 \
    --abi cp313 --abi abi3 --abi none \
    --platform "manylinux2014_$(uname -m)" --platform "manylinux_2_28_$(uname -m)" --platform any \
    --target build/newest-core/site-packages
