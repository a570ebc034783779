# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sequential write speed of a filesystem, and how long a small write takes to be on the disk.

The name of the temporary file is removed right after its creation, so nothing stays behind, however the measurement ends.
"""

import errno
import os
import tempfile
import time

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.deadlines import Deadline
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import Unreadable
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.percentiles import percentile
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.storage.mount_evidence import (
    nearest_directory,
    room,
)

MEASURED, NO_SPACE, READ_ONLY, DENIED, REMOTE, FAILED = (
    "measured",
    "no_space",
    "read_only",
    "denied",
    "remote",
    "failed",
)
VERDICTS = {
    errno.ENOSPC: NO_SPACE,
    errno.EDQUOT: NO_SPACE,
    errno.EFBIG: NO_SPACE,
    errno.EROFS: READ_ONLY,
    errno.EACCES: DENIED,
    errno.EPERM: DENIED,
}
MEGABYTE = 1000000
FREE_SHARE = 0.1  # of the free space, so that other programs do not run out of it
# Flushed to the disk in pieces: the time is checked between them, and a cache in memory does not count.
PIECE = 8 * MEGABYTE
SMALL = 2300  # bytes; the size of a typical log entry of etcd
NOT_SUPPORTED = (errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS)


def measure_all(directories, megabytes, writes, seconds, mounts):
    """Return what `measure` returns for each directory, in their order; each disk is measured once."""
    found, by_device = [], {}
    for path in directories:
        place = {"path": path, "directory": None, "mount": None, "type": None}
        try:
            space = room(path, mounts)
            directory = nearest_directory(path)
            place.update(directory=directory, mount=space["mount"], type=space["type"])
            device = os.stat(directory).st_dev
        except Unreadable as problem:
            found.append(dict(_unmeasured(REMOTE, problem), **place))
            continue
        except OSError as problem:
            found.append(dict(_unmeasured(VERDICTS.get(problem.errno, FAILED), problem), **place))
            continue
        if device not in by_device:
            by_device[device] = measure(directory, space["free"], megabytes, writes, seconds)
        found.append(dict(by_device[device], **place))
    return found


def measure(directory, free, megabytes, writes, seconds):
    """Return `{verdict, detail, bytes, megabytes_per_second, small_writes}`.

    free: bytes. megabytes, writes: how much of each kind of write; seconds: after which to stop each kind. Megabytes
    are 1000000 bytes. small_writes: `{count, p50_ms, p99_ms, max_ms, per_second}`.
    """
    share = int(free * FREE_SHARE)
    if share < MEGABYTE or share < writes * SMALL:
        return _unmeasured(
            NO_SPACE, f"{free / MEGABYTE:.1f} MB are free, of which {FREE_SHARE * 100:.0f} % may be written"
        )
    try:
        with tempfile.TemporaryFile(dir=directory, prefix=".disk-write-", buffering=0) as scratch:
            written, duration = _in_a_row(scratch.fileno(), min(int(megabytes * MEGABYTE), share), seconds)
            small = _small_writes(scratch.fileno(), writes, seconds)
    except OSError as problem:
        return _unmeasured(VERDICTS.get(problem.errno, FAILED), problem)
    return {
        "verdict": MEASURED,
        "detail": None,
        "bytes": written,
        "megabytes_per_second": round(written / MEGABYTE / duration, 2),
        "small_writes": small,
    }


def _in_a_row(descriptor, size, seconds):
    """Write up to size incompressible bytes; return (bytes, seconds) until all were on the disk."""
    block = os.urandom(MEGABYTE)
    deadline, start, written = Deadline(seconds), time.monotonic(), 0
    while written < size and not (written and deadline.expired()):
        end = min(size, written + PIECE)
        while written < end:
            written += os.write(descriptor, block[: end - written])
        os.fdatasync(descriptor)
    return written, max(time.monotonic() - start, 1e-6)


def _small_writes(descriptor, count, seconds):
    """Write like the log of a database: each entry is on the disk before the next one."""
    os.ftruncate(descriptor, 0)
    os.lseek(descriptor, 0, os.SEEK_SET)
    try:
        os.posix_fallocate(descriptor, 0, count * SMALL)
    except OSError as problem:
        if problem.errno not in NOT_SUPPORTED:
            raise
    os.fdatasync(descriptor)
    entry, times, deadline = os.urandom(SMALL), [], Deadline(seconds)
    while len(times) < count and not (times and deadline.expired()):
        before = time.monotonic()
        os.write(descriptor, entry)
        os.fdatasync(descriptor)
        times.append(time.monotonic() - before)
    return summary(times)


def summary(times):
    """Return `{count, p50_ms, p99_ms, max_ms, per_second}` of durations in seconds, of which there is at least one."""
    ordered = sorted(times)
    return {
        "count": len(ordered),
        "p50_ms": round(percentile(ordered, 50) * 1000, 3),
        "p99_ms": round(percentile(ordered, 99) * 1000, 3),
        "max_ms": round(ordered[-1] * 1000, 3),
        "per_second": round(len(ordered) / max(sum(ordered), 1e-6), 1),
    }


def _unmeasured(verdict, why):
    return {"verdict": verdict, "detail": str(why), "bytes": 0, "megabytes_per_second": None, "small_writes": None}
