# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs stay apart, the links lead to the newest whole one, and no more stay than are to."""

import datetime
import os
import subprocess
import sys

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils import run_directories

NOW = datetime.datetime(2027, 1, 31, 12, tzinfo=datetime.timezone.utc)


def save(directory, number, partial=False, keep=30, hours=0):
    files = {"report.json": f'{{"number": {number}}}', "report.html": "page"}
    return run_directories.save(directory, files, NOW + datetime.timedelta(hours=hours), partial, keep)


def test_the_links_lead_to_the_newest_whole_run(tmp_path):
    first, second = save(tmp_path, 1), save(tmp_path, 2, hours=1)
    assert first != second and run_directories.newest(tmp_path, "report.json") == {"number": 2}
    save(tmp_path, 3, partial=True, hours=2)
    assert run_directories.newest(tmp_path, "report.json") == {"number": 2}
    assert (tmp_path / "report.html").resolve() == second / "report.html"
    assert run_directories.all_runs(tmp_path) == [first, second]


def test_two_runs_of_one_second_stay_apart(tmp_path):
    assert len({save(tmp_path, number) for number in range(5)}) == 5


def test_the_links_replace_files_of_a_former_release(tmp_path):
    (tmp_path / "report.json").write_text("old")
    save(tmp_path, 1)
    assert run_directories.newest(tmp_path, "report.json") == {"number": 1}


def test_the_oldest_runs_go_but_never_the_linked_one(tmp_path):
    whole = save(tmp_path, 0)
    for number in range(1, 6):
        last = save(tmp_path, number, partial=True, keep=2, hours=number)
    left = {path.name for path in (tmp_path / "runs").iterdir()}
    assert whole.name in left and last.name in left and len(left) <= 3
    assert run_directories.newest(tmp_path, "report.json") == {"number": 0}


def listed(directory):
    """Return what is in a directory, and where its links lead."""
    return {path.name: path.resolve() for path in directory.iterdir()}, sorted((directory / "runs").iterdir())


class Interrupted(BaseException):
    """As KeyboardInterrupt, which would end the tests."""


@pytest.mark.parametrize("reason", [OSError(28, "No space left on device"), Interrupted()], ids=["full disk", "Ctrl-C"])
@pytest.mark.parametrize("call", range(12))
def test_whatever_ends_a_run_while_it_is_written_the_last_one_stays(tmp_path, monkeypatch, reason, call):
    """As the first, second ... file is made durable, renamed or linked."""
    save(tmp_path, 1)
    before, made = listed(tmp_path), []

    def count(function):
        def counted(*arguments, **options):
            made.append(function)
            if len(made) == call + 1:
                raise reason
            return function(*arguments, **options)

        return counted

    for name in ("fsync", "replace", "rename", "symlink"):
        monkeypatch.setattr(os, name, count(getattr(os, name)))
    try:
        save(tmp_path, 2, hours=1)
    except (OSError, Interrupted):
        links, runs = listed(tmp_path)
        whole = [{path.name for path in run.iterdir()} == {"report.json", "report.html"} for run in runs]
        assert all(whole) and runs[0] == before[1][0] and len(runs) <= 2
        assert len({path.parent for name, path in links.items() if name.startswith("report.")}) == 1
        assert run_directories.newest(tmp_path, "report.json") in ({"number": 1}, {"number": 2})
    else:
        assert call >= len(made) and run_directories.newest(tmp_path, "report.json") == {"number": 2}


SAVE = """
import datetime, resource, sys
from pathlib import Path
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils import run_directories
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
files = {"report.json": "{}", "evidence.json": "x" * 10000}
run_directories.save(Path(sys.argv[1]), files, datetime.datetime.now(datetime.timezone.utc), False, 30)
"""


def test_a_file_for_which_there_is_no_room_leaves_nothing_of_the_run(tmp_path):
    save(tmp_path, 1)
    before = listed(tmp_path)
    done = subprocess.run([sys.executable, "-c", SAVE, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "File too large" in done.stderr
    assert listed(tmp_path) == before and run_directories.newest(tmp_path, "report.json") == {"number": 1}


def test_what_a_killed_run_left_is_no_run_and_goes_later(tmp_path):
    save(tmp_path, 1)
    left = tmp_path / "runs" / ".unfinished-x"
    left.mkdir()
    (left / "report.json").write_text("{")
    assert run_directories.all_runs(tmp_path) == [run_directories.of_name(tmp_path)] and left.exists()
    long_ago = (NOW - datetime.timedelta(days=3)).timestamp()
    os.utime(left, (long_ago, long_ago))
    save(tmp_path, 2)
    assert not left.exists()


def test_a_format_that_is_not_written_any_more_has_no_link(tmp_path):
    save(tmp_path, 1)
    run_directories.save(tmp_path, {"report.json": "{}"}, NOW + datetime.timedelta(hours=1), False, 30)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["latest", "report.json", "runs"]


def test_a_run_is_found_by_its_name(tmp_path):
    whole, partial = save(tmp_path, 1), save(tmp_path, 2, partial=True, hours=1)
    assert run_directories.of_name(tmp_path) == whole
    assert run_directories.of_name(tmp_path, partial.name) == partial
    with pytest.raises(ValueError, match="contains no run 'x'"):
        run_directories.of_name(tmp_path, "x")


@pytest.mark.parametrize("content", [None, "", "no JSON", "[1]"])
def test_what_is_no_report_is_none(tmp_path, content):
    if content is not None:
        (tmp_path / "report.json").write_text(content)
    assert run_directories.newest(tmp_path, "report.json") is None
