#!/usr/bin/env bash
# Puts the newest ansible-core below build/newest-core, for the Python 3.13 of the lab's Debian 13 image, which needs no pip
# and no venv for that: it runs with the directory as PYTHONPATH. Does nothing, at once, when it is up to date.
set -euo pipefail
cd "$(dirname "$0")/.."

target=build/newest-core/site-packages requirements=requirements-newest.txt
mkdir -p build
exec 9>"build/newest-core.lock"
flock 9

wanted="$(sha256sum <"$requirements")"
if [ "$(cat "$target/requirements.sha256" 2>/dev/null)" = "$wanted" ]; then
    exit 0
fi
echo "==> $target from $requirements"
rm -rf "$target"
.venv/bin/python -m pip install --quiet --disable-pip-version-check --target "$target" --requirement "$requirements" \
    --no-deps --ignore-requires-python --only-binary=:all: --implementation cp --python-version 3.13 \
    --abi cp313 --abi abi3 --abi none \
    --platform "manylinux2014_$(uname -m)" --platform "manylinux_2_28_$(uname -m)" --platform any
echo "$wanted" >"$target/requirements.sha256"
