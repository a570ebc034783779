#!/usr/bin/env bash
# Runs ansible-test on a copy of this checkout, and downloads nothing but packages from PyPI.
# Usage: tools/ansible-test.sh COMMAND [OPTION...]     with the virtual environment's programs on PATH
# ANSIBLE_TEST_PYTHON is the version of Python that runs them, 3.11 unless set. ANSIBLE_TEST_NAME names the copy and the
# results, the command unless set: runs of different names can be side by side.
# Writes the results as JUnit XML below build/results/.
set -euo pipefail
cd "$(dirname "$0")/.."
checkout=$PWD
command=$1
python=${ANSIBLE_TEST_PYTHON:-3.11}
name=${ANSIBLE_TEST_NAME:-$command}

# ansible-test keeps its environments in ~/.ansible/test; a home of its own leaves the user's alone, while pip goes on
# using the user's configuration and cache.
export XDG_CONFIG_HOME=${XDG_CONFIG_HOME:-$HOME/.config}
export XDG_CACHE_HOME=${XDG_CACHE_HOME:-$HOME/.cache}
export HOME=$XDG_CACHE_HOME/hostprep-runtime-fabric/ansible-test
bootstrap=$HOME/.ansible/test/cache
mkdir -p "$bootstrap"

pip_version=$(python - "$python" <<'PYTHON'
import sys
import types
from ansible_test._internal import python_requirements
print(python_requirements.get_venv_packages(types.SimpleNamespace(version=sys.argv[1]))["pip"])
PYTHON
)
exec 9>"$bootstrap/lock"
flock 9
if [ ! -e "$bootstrap/pip-$pip_version-py3-none-any.whl" ]; then
    python -m pip download --quiet --disable-pip-version-check --no-deps --dest "$bootstrap" "pip==$pip_version"
fi
cp tools/get_pip.py "$bootstrap/get_pip_${pip_version//./_}.py"
exec 9>&-

copy=$(python tools/export_collection.py "build/ansible-test-$name")
cd "$copy"
status=0
ansible-test "$@" --python "$python" || status=$?

results=$checkout/build/results
mkdir -p "$results"
rm -f "$results/ansible-test-$name"-*.xml
for report in tests/output/junit/*.xml; do
    [ -e "$report" ] || continue
    cp "$report" "$results/ansible-test-$name-$(basename "$report")"
done
exit "$status"
