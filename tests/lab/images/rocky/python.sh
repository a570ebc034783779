#!/bin/sh
# Copies a Python of this machine as that of the platform, and makes sure that it works there.
# Usage: python.sh ROOT PROGRAM STANDARD_LIBRARY SHARED_LIBRARY
#   SHARED_LIBRARY: the file of libpython, or "" where the program holds it
set -eu
root=$1 program=$2 library=$3 shared=$4
place=/usr/lib/platform-python
name=$(basename "$library")
mkdir -p "$root$place/bin" "$root$place/lib/$name" "$root/usr/libexec"
cp -L "$program" "$root$place/bin/$name"
tar --create --directory="$library" --exclude=__pycache__ --exclude=./test --exclude='./*/test*' --exclude='./config-*' \
    --exclude=./ensurepip --exclude=./idlelib --exclude=./site-packages/\* --exclude=./tkinter --exclude=./turtledemo \
    --exclude='_tkinter*' --owner=0 --group=0 . | tar --extract --directory="$root$place/lib/$name" --no-overwrite-dir
if [ -n "$shared" ]; then
    cp -L "$shared" "$root$place/lib"
    echo "$place/lib" > "$root/etc/ld.so.conf.d/platform-python.conf"
    chroot "$root" ldconfig
fi
ln -s "../lib/platform-python/bin/$name" "$root/usr/libexec/platform-python"
chroot "$root" /usr/libexec/platform-python -c 'import ctypes, json, os, ssl; print(os.__file__, ssl.OPENSSL_VERSION)'
