#!/usr/bin/env bash
# Installs the Debian packages that the lab itself needs, only those that are missing, and says so.
# Usage: tests/lab/install-packages.sh
set -euo pipefail
cd "$(dirname "$0")/../.."

# netavark and aardvark-dns are only recommended by podman, and netavark writes its rules with iptables.
packages=(podman netavark aardvark-dns iptables mmdebstrap openssh-client openssl)
# Without a pure cgroup v2 hierarchy crun starts no container; runc does.
[ "$(stat --file-system --format=%T /sys/fs/cgroup)" = cgroup2fs ] || packages+=(runc)

if ! command -v dpkg-query >/dev/null; then
    echo "error: not a Debian machine; install what provides these packages yourself: ${packages[*]}" >&2
    exit 1
fi
exec tools/debian-packages.sh "${packages[@]}"
