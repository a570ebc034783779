#!/usr/bin/env bash
# Makes a virtual environment from a pinned requirements file, and the link under which Ansible finds this checkout as
# hostprep.runtime_fabric. Does nothing, at once, when both are up to date.
# Usage: tools/setup.sh VENV REQUIREMENTS
set -euo pipefail
cd "$(dirname "$0")/.."

venv=$1 requirements=$2
python=${PYTHON:-python3.11}

collections=.ansible/collections/ansible_collections/hostprep
mkdir -p "$collections" build
ln -sfnT ../../../.. "$collections/runtime_fabric"

# Two makes at once must not write into one environment.
exec 9>"build/$(basename "$venv").lock"
flock 9

wanted="$(sha256sum <"$requirements")"
stamp="$venv/requirements.sha256"
if [ -x "$venv/bin/python" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then
    exit 0
fi

if ! command -v "$python" >/dev/null; then
    echo "error: $python not found; name another interpreter of that version with PYTHON=/path/to/python" >&2
    exit 1
fi
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    tools/debian-packages.sh python3-venv
fi

echo "==> virtual environment $venv from $requirements"
[ -x "$venv/bin/python" ] || "$python" -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$requirements"
echo "$wanted" >"$stamp"
