#!/usr/bin/env bash
# Unpacks ansible.posix and community.general below build/usual, from the package that carries both, for `make bench`.
# Does nothing, at once, when they are up to date.
set -euo pipefail
cd "$(dirname "$0")/.."

target=build/usual requirements=requirements-bench.txt
mkdir -p build
exec 9>"build/usual.lock"
flock 9

wanted="$(sha256sum <"$requirements")"
if [ "$(cat "$target/requirements.sha256" 2>/dev/null)" = "$wanted" ]; then
    exit 0
fi
echo "==> $target from $requirements"
rm -rf "$target"
mkdir -p "$target"
.venv/bin/python -m pip download --quiet --disable-pip-version-check --dest "$target" --no-deps \
    --only-binary=:all: --requirement "$requirements"
.venv/bin/python - "$target"/*.whl "$target" <<'EOF'
import sys, zipfile

wheel, target = sys.argv[1:]
with zipfile.ZipFile(wheel) as package:
    wanted = ("ansible_collections/ansible/posix/", "ansible_collections/community/general/")
    package.extractall(target, [name for name in package.namelist() if name.startswith(wanted)])
EOF
rm "$target"/*.whl
echo "$wanted" >"$target/requirements.sha256"
