# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One run of a directory is packed, by default the last, for its owner only, and as a whole or not at all."""

import json
import stat
import tarfile

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils import run_directories
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.action.local_play import play
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.action.test_compare_reports import NOW
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.support_bundle import planted_run

PASSWORD = "correct-horse-battery"


@pytest.fixture
def saved(tmp_path):
    """A directory with two runs."""
    run = planted_run.run(False)
    for partial in (False, True):
        files = {"report.json": json.dumps(run.document), "evidence.json": json.dumps(run.saved)}
        run_directories.save(tmp_path / "found", files, NOW, partial, 30)
    return tmp_path


def pack(directory, *words, **arguments):
    tasks = json.dumps({"directory": "found", **arguments})
    words = (
        "-e",
        f"ansible_become_password={PASSWORD}",
        "-e",
        f"rtf_http_proxy=http://joe:{PASSWORD}@10.9.8.7:3128",
        *words,
    )
    return play(directory, f"    - hostprep.runtime_fabric.support_bundle: {tasks}\n", *words)


def unpacked(path):
    with tarfile.open(path) as archive:
        return {member.name: archive.extractfile(member).read().decode() for member in archive}


def test_the_last_whole_run_is_packed_and_one_line_says_where(saved):
    code, output = pack(saved)
    [path] = (saved / "found").glob("*.tar.gz")
    assert code == 0 and f"Support bundle (report, evidence, change request, inputs, versions): {path}" in output, (
        output
    )
    assert "Replaced in it: secrets: " in output and "host names" not in output
    assert path.name == "support-bundle-20270131T120000Z.tar.gz" and stat.S_IMODE(path.stat().st_mode) == 0o600
    texts = unpacked(path)
    folder = path.name.removesuffix(".tar.gz")
    assert {f"{folder}/{name}" for name in ("report.json", "report.md", "contents.json", "inputs.json")} < set(texts)
    assert not [name for name, text in texts.items() if PASSWORD in text]
    assert json.loads(texts[f"{folder}/inputs.json"])["node-1"]["rtf_http_proxy"] == "http://********@10.9.8.7:3128"
    assert json.loads(texts[f"{folder}/contents.json"])["versions"].keys() > {"ansible-core", "collection", "python"}


def test_the_same_run_makes_the_same_archive_with_one_key(saved):
    contents = []
    for changed in ("changed=1", "changed=0"):
        code, output = pack(saved, hide_addresses=True, run="20270131T120000Z-partial")
        assert code == 0 and changed in output and "host names" in output, output
        [path] = (saved / "found").glob("*-partial-pseudonyms.tar.gz")
        contents.append(path.read_bytes())
    assert contents[0] == contents[1] and not [text for text in unpacked(path).values() if "10.9.8.7" in text]
    assert stat.S_IMODE((saved / "found" / ".bundle-key").stat().st_mode) == 0o600


def test_check_mode_writes_nothing(saved):
    code, output = pack(saved, "--check", hide_addresses=True)
    assert code == 0 and "changed=1" in output, output
    assert sorted(path.name for path in (saved / "found").iterdir()) == [
        "evidence.json",
        "latest",
        "report.json",
        "runs",
    ]


@pytest.mark.parametrize(
    "run, message",
    [("x", "contains no run 'x'"), ("../..", "contains no run '../..'"), ("20270131T120000Z", "not JSON")],
)
def test_a_run_that_cannot_be_read_is_named(saved, run, message):
    (saved / "found" / "runs" / "20270131T120000Z" / "evidence.json").write_text("{")
    code, output = pack(saved, run=run)
    assert code != 0 and message in " ".join(output.split()) and not list((saved / "found").glob("*.tar.gz")), output
