# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs stay apart, the links lead to the newest whole one, and no more stay than are to."""

import datetime

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils import report_directory

NOW = datetime.datetime(2027, 1, 31, 12, tzinfo=datetime.timezone.utc)


def save(directory, number, partial=False, keep=30, hours=0):
    files = {"report.json": f'{{"number": {number}}}', "report.html": "page"}
    return report_directory.save(directory, files, NOW + datetime.timedelta(hours=hours), partial, keep)


def test_the_links_lead_to_the_newest_whole_run(tmp_path):
    first, second = save(tmp_path, 1), save(tmp_path, 2, hours=1)
    assert first != second and report_directory.newest(tmp_path, "report.json") == {"number": 2}
    save(tmp_path, 3, partial=True, hours=2)
    assert report_directory.newest(tmp_path, "report.json") == {"number": 2}
    assert (tmp_path / "report.html").resolve() == second / "report.html"
    assert report_directory.all_runs(tmp_path) == [first, second]


def test_two_runs_of_one_second_stay_apart(tmp_path):
    assert len({save(tmp_path, number) for number in range(5)}) == 5


def test_the_links_replace_files_of_a_former_release(tmp_path):
    (tmp_path / "report.json").write_text("old")
    save(tmp_path, 1)
    assert report_directory.newest(tmp_path, "report.json") == {"number": 1}


def test_the_oldest_runs_go_but_never_the_linked_one(tmp_path):
    whole = save(tmp_path, 0)
    for number in range(1, 6):
        last = save(tmp_path, number, partial=True, keep=2, hours=number)
    left = {path.name for path in (tmp_path / "runs").iterdir()}
    assert whole.name in left and last.name in left and len(left) <= 3
    assert report_directory.newest(tmp_path, "report.json") == {"number": 0}


def test_a_run_that_cannot_be_written_leaves_the_last_one(tmp_path, monkeypatch):
    save(tmp_path, 1)

    def full(*_arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(report_directory.atomic_files, "write", full)
    with pytest.raises(OSError, match="No space left"):
        save(tmp_path, 2, hours=1)
    assert report_directory.newest(tmp_path, "report.json") == {"number": 1}


@pytest.mark.parametrize("content", [None, "", "no JSON", "[1]"])
def test_what_is_no_report_is_none(tmp_path, content):
    if content is not None:
        (tmp_path / "report.json").write_text(content)
    assert report_directory.newest(tmp_path, "report.json") is None
