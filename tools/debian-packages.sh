#!/usr/bin/env bash
# Installs the named Debian packages that are missing, and says so; does nothing, at once, when all are there.
# Usage: tools/debian-packages.sh PACKAGE...
set -euo pipefail

missing=()
for package in "$@"; do
    state=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$state" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

root=()
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "error: these Debian packages are missing, and there is no sudo to install them: ${missing[*]}" >&2
        exit 1
    fi
    root=(sudo)
fi

echo "==> installing Debian packages: ${missing[*]}"
"${root[@]}" apt-get update --quiet --quiet
"${root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install --yes --no-install-recommends --quiet --quiet "${missing[@]}" </dev/null >/dev/null
