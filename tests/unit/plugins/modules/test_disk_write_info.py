# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import errno
import os
import tempfile

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.storage import disk_write_speed
from ansible_collections.hostprep.runtime_fabric.plugins.modules import disk_write_info
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.modules import module_process

FREE = 10**9


def run(*directories, **arguments):
    return module_process.run(
        disk_write_info,
        dict({"megabytes": 3, "writes": 20}, directories=[str(path) for path in directories], **arguments),
    )


def refusing(number):
    """A function that fails as the kernel does."""

    def fail(*dummy, **dummies):
        raise OSError(number, os.strerror(number))

    return fail


@pytest.mark.parametrize("check_mode", [False, True])
def test_what_was_written_is_told_and_nothing_stays(tmp_path, check_mode):
    result = module_process.run(
        disk_write_info, {"directories": [str(tmp_path)], "megabytes": 2.5, "writes": 20}, check_mode=check_mode
    )
    assert result["changed"] is False
    told = result["directories"][0]
    assert (told["verdict"], told["detail"], told["bytes"]) == ("measured", None, 2500000)
    assert (told["path"], told["directory"]) == (str(tmp_path), os.path.realpath(str(tmp_path)))
    assert told["megabytes_per_second"] > 0 and told["type"] and told["mount"]
    small = told["small_writes"]
    assert (
        small["count"] == 20 and 0 <= small["p50_ms"] <= small["p99_ms"] <= small["max_ms"] and small["per_second"] > 0
    )
    assert list(tmp_path.iterdir()) == []


def test_what_is_not_there_stands_on_the_nearest_that_is(tmp_path):
    (tmp_path / "file").write_text("")
    os.symlink(str(tmp_path), str(tmp_path / "link"))
    paths = [tmp_path / "a" / "b", tmp_path / "file" / "c", tmp_path / "link" / "d"]
    found = run(*paths)["directories"]
    assert [entry["path"] for entry in found] == [str(path) for path in paths]
    assert {entry["directory"] for entry in found} == {os.path.realpath(str(tmp_path))}
    # One filesystem is measured once.
    assert len({entry["megabytes_per_second"] for entry in found}) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "link"]


def test_a_place_where_nobody_can_write():
    told = run("/proc/sys/hostprep")["directories"][0]
    assert told["verdict"] in ("no_space", "read_only", "denied", "failed") and told["detail"]
    assert (told["directory"], told["megabytes_per_second"], told["small_writes"]) == ("/proc/sys", None, None)


@pytest.mark.parametrize(
    "number, verdict",
    [
        (errno.ENOSPC, "no_space"),
        (errno.EDQUOT, "no_space"),
        (errno.EROFS, "read_only"),
        (errno.EACCES, "denied"),
        (errno.EIO, "failed"),
    ],
)
@pytest.mark.parametrize("moment", ["TemporaryFile", "write", "fdatasync", "posix_fallocate"])
def test_the_kernels_reasons(tmp_path, monkeypatch, number, verdict, moment):
    monkeypatch.setattr(tempfile if moment == "TemporaryFile" else os, moment, refusing(number))
    told = disk_write_speed.measure(str(tmp_path), FREE, 1, 5, 5)
    assert (told["verdict"], told["detail"], told["bytes"]) == (verdict, f"[Errno {number}] {os.strerror(number)}", 0)
    assert list(tmp_path.iterdir()) == []


def test_filesystems_that_do_not_allocate_ahead_or_have_no_files_without_names(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "posix_fallocate", refusing(errno.EOPNOTSUPP))
    monkeypatch.setattr(tempfile, "_O_TMPFILE_WORKS", False)
    real, seen = os.write, []

    def write(descriptor, data):
        seen.append(list(tmp_path.iterdir()))
        return real(descriptor, data)

    monkeypatch.setattr(os, "write", write)
    told = disk_write_speed.measure(str(tmp_path), FREE, 1, 5, 5)
    assert (told["verdict"], told["small_writes"]["count"]) == ("measured", 5)
    assert seen and not any(seen)


@pytest.mark.parametrize(
    "free, expected",
    [
        (0, "no_space"),
        (9 * 10**6, "no_space"),
        (20 * 10**6, 2 * 10**6),
        (10**12, 5 * 10**6),
    ],
)
def test_no_more_than_a_share_of_what_is_free(tmp_path, free, expected):
    told = disk_write_speed.measure(str(tmp_path), free, 5, 5, 5)
    assert (told["bytes"] or told["verdict"]) == expected


def test_small_writes_keep_to_the_share_too(tmp_path):
    assert disk_write_speed.measure(str(tmp_path), 20 * 10**6, 1, 1000, 5)["verdict"] == "no_space"


def test_time_ends_both(tmp_path):
    told = disk_write_speed.measure(str(tmp_path), 10**12, 10000, 100000, 1e-9)
    assert (told["bytes"], told["small_writes"]["count"]) == (disk_write_speed.PIECE, 1)


def test_filesystems_of_other_hosts_are_left_alone(tmp_path):
    mounts = [{"path": "/", "type": "nfs4", "options": [], "root": "/", "device": "0:1", "source": "server:/"}]
    told = disk_write_speed.measure_all([str(tmp_path)], 1, 5, 5, mounts)[0]
    assert (told["verdict"], told["directory"], told["megabytes_per_second"]) == ("remote", None, None)


def test_summary_counts_the_slowest():
    told = disk_write_speed.summary([0.001] * 98 + [0.2, 0.1])
    assert told == {
        "count": 100,
        "p50_ms": 1.0,
        "p99_ms": 100.0,
        "max_ms": 200.0,
        "per_second": pytest.approx(251.3, abs=0.1),
    }


@pytest.mark.parametrize(
    "arguments, words",
    [
        ({"directories": ["relative"]}, "directories: 'relative' is not an absolute path"),
        ({"directories": ["/tmp/a\0b"]}, "is not an absolute path"),
        ({"megabytes": 0}, "megabytes: must be greater than 0 and at most 10000, not 0.0"),
        ({"megabytes": -1}, "megabytes: must be greater than 0 and at most 10000, not -1.0"),
        ({"megabytes": float("nan")}, "megabytes: must be greater than 0 and at most 10000, not nan"),
        ({"megabytes": 10**9}, "and at most 10000"),
        ({"writes": 0}, "writes: must be greater than 0 and at most 100000, not 0"),
        ({"writes": 10**9}, "and at most 100000"),
        ({"seconds": 10**6}, "and at most 600"),
        ({"seconds": "inf"}, "seconds: must be greater than 0 and at most 600, not inf"),
    ],
)
def test_bad_arguments_are_named(arguments, words):
    result = module_process.run(disk_write_info, dict({"directories": ["/tmp"]}, **arguments))
    assert result["failed"] is True and words in result["msg"]
