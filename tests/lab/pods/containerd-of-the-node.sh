#!/bin/sh
# Usage: containerd-of-the-node.sh COMMAND...
# Runs containerd in a mount namespace of its own in which /sys/fs/cgroup is only what is the node's, and writable. Of the
# controllers of cgroup v1 a node sees read-only mounts of its own group, and beside them the machine's root groups.
set -e

if [ "$1" != --inside ]; then
    # As on a host: the network namespaces that containerd mounts in /run/netns are seen by all.
    mount --make-shared /run
    if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
        exec "$@"
    fi
    exec unshare --mount --propagation unchanged "$0" --inside "$@"
fi
shift

awk '$5 ~ "^/sys/fs/cgroup" {print $5}' /proc/self/mountinfo | while read -r point; do
    mount --make-private "$point"
done
own=$(sed -n "s/^[0-9]*:memory://p" /proc/1/cgroup | head -1)
own=${own%/init.scope}
tac /proc/self/mountinfo | while read -r _ _ _ root point _; do
    case $point in
        /sys/fs/cgroup/*)
            if [ "$root" = "$own" ]; then
                mount -o remount,bind,rw "$point"
            else
                umount "$point"
            fi
            ;;
    esac
done
exec "$@"
