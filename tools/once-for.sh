#!/usr/bin/env bash
# Fills a directory by a command that gets it as its last word. Does nothing, at once, when it is up to date with a pinned
# requirements file.
# Usage: tools/once-for.sh REQUIREMENTS COMMAND... DIRECTORY     from the checkout
set -euo pipefail

requirements=$1 target=${*: -1}
shift
mkdir -p build
exec 9>"build/$(basename "$requirements").lock"
flock 9

wanted="$(sha256sum <"$requirements")"
if [ "$(cat "$target/requirements.sha256" 2>/dev/null)" = "$wanted" ]; then
    exit 0
fi
echo "==> $target from $requirements"
rm -rf "$target"
mkdir -p "$target"
"$@"
echo "$wanted" >"$target/requirements.sha256"
