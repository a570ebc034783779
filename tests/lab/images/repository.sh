#!/bin/sh
# Downloads packages, with every dependency that the image does not hold yet, into a directory.
# Usage: repository.sh ROOT DIRECTORY PACKAGE...
set -eu
root=$1 directory=$2
shift 2
archives=$root/var/cache/apt/archives
chroot "$root" apt-get clean
# One at a time: some of them conflict with each other.
for package in "$@"; do
    chroot "$root" apt-get install --yes --no-install-recommends --download-only "$package"
done
find "$archives" -maxdepth 1 -name '*.deb' -exec mv -t "$directory" {} +
chown -R "$(stat --format=%u:%g "$directory")" "$directory"
