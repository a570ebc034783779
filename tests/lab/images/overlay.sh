#!/bin/sh
# Copies directories over the root file system of an image, all files owned by root.
# Usage: overlay.sh ROOT DIRECTORY...
set -eu
root=$1
shift
for directory in "$@"; do
    # A checkout's modes depend on the umask; only the execute bit counts.
    tar --create --directory="$directory" --owner=0 --group=0 --mode='u=rwX,go=rX' . |
        tar --extract --directory="$root" --no-overwrite-dir
done
