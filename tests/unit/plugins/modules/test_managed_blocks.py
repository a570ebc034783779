# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""managed_blocks as Ansible runs it, on real files: what is written, what is shown, what comes back."""

import json
import os
import stat
import subprocess
import sys

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.modules import managed_blocks
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.modules import module_process

URL = "http://u:@{password}@proxy.example.com:3128"
SECRET = "s3cr3t%24"


def run_module(*files, secret=SECRET, check=False, secrets=None):
    """Return the module's exit code and what it printed, as a text and read as JSON."""
    arguments = {
        "name": "site proxy",
        "files": list(files),
        "secrets": secrets or {"password": secret},
        "_ansible_check_mode": check,
        "_ansible_diff": True,
    }
    code, text = module_process.printed(managed_blocks, arguments)
    return code, text, json.loads(text)


@pytest.mark.parametrize("asked, check", [(True, False), (True, True), (False, False)])
def test_systemd_reads_its_files_once_they_are_written(tmp_path, asked, check):
    """Stands for systemctl: a program that copies the file that is written before."""
    written, seen = tmp_path / "proxy.conf", tmp_path / "seen"
    name = managed_blocks.__name__
    program = f"import {name} as module\nmodule.RELOAD = {['cp', str(written), str(seen)]}\nmodule.main()"
    arguments = {"name": "site proxy", "files": [{"path": str(written), "content": "x"}], "reload_systemd": asked}
    subprocess.run(
        [sys.executable, "-c", program],
        input=json.dumps({"ANSIBLE_MODULE_ARGS": {**arguments, "_ansible_check_mode": check}}).encode(),
        stdout=subprocess.PIPE,
        env=module_process.environment(managed_blocks),
        check=True,
    )
    assert seen.exists() == (asked and not check)
    assert not seen.exists() or seen.read_text() == written.read_text()


def mode(path):
    return stat.S_IMODE(os.stat(str(path)).st_mode)


@pytest.fixture
def shared(tmp_path):
    """A file of the site, whose last line does not end."""
    path = tmp_path / "shared.conf"
    path.write_text("token=0f9\n[main]\nx=1")
    path.chmod(0o644)
    return path


def test_blocks_are_written_and_taken_back_without_a_trace(tmp_path, shared):
    own = tmp_path / "a" / "b" / "own.conf"
    files = [{"path": str(shared), "content": "proxy=" + URL, "section": "main"}, {"path": str(own), "content": URL}]
    code, text, result = run_module(*files)
    assert code == 0 and result["changed"] is True
    assert "proxy=http://u:s3cr3t%24@proxy.example.com:3128\n" in shared.read_text()
    assert (mode(shared), mode(own), mode(own.parent)) == (0o640, 0o640, 0o755)
    assert SECRET not in text and "0f9" not in text
    assert "http://********@proxy.example.com:3128" in result["diff"][0]["after"]

    assert run_module(*files)[2]["changed"] is False

    assert [entry["removed"] for entry in result["files"]] == [False, False]
    absent = [{"path": entry["path"], "state": "absent"} for entry in files]
    assert [entry["removed"] for entry in run_module(*absent, secret="", check=True)[2]["files"]] == [True, True]
    assert run_module(*absent, secret="")[2]["changed"] is True
    assert shared.read_text() == "token=0f9\n[main]\nx=1" and mode(shared) == 0o644
    assert not (tmp_path / "a").exists()
    assert run_module(*absent, secret="")[2]["changed"] is False


def test_check_mode_says_the_same_and_changes_nothing(tmp_path, shared):
    files = [{"path": str(shared), "content": URL}, {"path": str(tmp_path / "a" / "own"), "content": URL}]
    before = shared.read_text()
    _code, _text, foretold = run_module(*files, check=True)
    assert shared.read_text() == before and not (tmp_path / "a").exists()
    assert foretold["diff"] == run_module(*files)[2]["diff"]


def test_another_password_is_a_change_that_is_said_and_not_shown(shared):
    entry = {"path": str(shared), "content": URL}
    run_module(entry)
    code, text, result = run_module(entry, secret="an0ther")
    assert result["changed"] is True and "an0ther@" in shared.read_text()
    assert result["diff"][0]["after_header"].endswith("(a secret differs)")
    assert SECRET not in text and "an0ther" not in text


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    "state, secrets",
    [
        ("present", {"key": "an0ther"}),  # rotated
        ("present", {"key": ""}),
        ("absent", {}),  # reverted: the old key is not known
    ],
)
def test_a_key_that_is_not_known_any_more_is_in_no_diff(tmp_path, check, state, secrets):
    path = tmp_path / "chrony.keys"
    entry = {"path": str(path), "content": "7 SHA256 @{key}\nserver ntp.example.com key 7\n"}
    run_module(entry, secrets={"key": "f0rmer"})
    assert "7 SHA256 f0rmer" in path.read_text()
    _code, text, result = run_module(dict(entry, state=state), secrets=secrets, check=check)
    assert result["changed"] is True
    assert result["diff"][0]["before"] == "7 SHA256 ********\nserver ntp.example.com key 7\n"
    assert "f0rmer" not in text and "an0ther" not in text


def test_without_a_secret_the_file_is_opened_again(shared):
    run_module({"path": str(shared), "content": URL})
    run_module({"path": str(shared), "content": "http://proxy.example.com:3128"}, secret="")
    assert mode(shared) == 0o644


def test_files_that_are_not_for_this_host_are_left_alone(tmp_path):
    files = [
        {"path": str(tmp_path / "none.conf"), "content": "x", "create": False},
        {"path": str(tmp_path / "none" / "x.conf"), "content": "x", "make_directories": False},
    ]
    _code, _text, result = run_module(*files)
    assert result["changed"] is False and result["files"] == [] and list(tmp_path.iterdir()) == []


def test_a_link_is_followed_and_its_target_written_once(tmp_path, shared):
    link = tmp_path / "link.conf"
    link.symlink_to(shared)
    _code, _text, result = run_module({"path": str(shared), "content": "x"}, {"path": str(link), "content": "x"})
    assert result["files"] == [{"path": str(shared), "changed": True, "removed": False}]
    assert link.is_symlink() and shared.read_text().count("BEGIN") == 1


@pytest.mark.parametrize(
    "prepare, said",
    [
        (lambda path: path.mkdir(), "not a regular file"),
        (os.mkfifo, "not a regular file"),
        (lambda path: path.write_text("# BEGIN site proxy (before: mode 0644)\n"), "begins a block that never ends"),
        (lambda path: path.symlink_to(path.name), "ymbolic link"),
    ],
)
def test_what_is_no_file_of_settings_is_refused_by_name(tmp_path, prepare, said):
    path = tmp_path / "odd"
    prepare(path)
    code, _text, result = run_module({"path": str(path), "content": "x"})
    assert code != 0 and str(path) in result["msg"] and said in result["msg"]


def test_bytes_that_are_no_text_survive(tmp_path):
    path = tmp_path / "latin1"
    path.write_bytes(b"name=J\xfcrgen\r\n")
    run_module({"path": str(path), "content": "x"})
    run_module({"path": str(path), "state": "absent"})
    assert path.read_bytes() == b"name=J\xfcrgen\r\n"


def test_lines_that_are_kept_stay_whatever_else_the_block_is_to_hold(tmp_path):
    path = tmp_path / "env"
    entry = {"path": str(path), "mode": "0600"}
    run_module(dict(entry, content=f"HTTP='{URL}'\nNO_PROXY='a'\nSOCKS='socks5://s.example.com:1080'"))
    both = path.read_text()
    # One of the two inputs is not set any more, then the other.
    for content, keep in (
        ("SOCKS='socks5://s.example.com:1080'", ["HTTP=", "NO_PROXY="]),
        (f"HTTP='{URL}'\nNO_PROXY='a'", ["SOCKS="]),
        ("", ["HTTP=", "NO_PROXY=", "SOCKS="]),
    ):
        state = "present" if content else "absent"
        assert run_module(dict(entry, content=content, keep=keep, state=state))[2]["changed"] is False
        assert path.read_text() == both
    code, text, result = run_module(dict(entry, state="absent", keep=["HTTP=", "NO_PROXY="]), secret="")
    assert result["changed"] is True and "SOCKS" not in path.read_text() and mode(path) == 0o600
    assert SECRET in path.read_text() and SECRET not in text
    assert (
        run_module(dict(entry, content="SOCKS='other'", keep=["HTTP=", "NO_PROXY="]), secret="")[2]["changed"] is True
    )
    assert path.read_text().splitlines()[1:4] == [
        "HTTP='{}'".format(URL.replace("@{password}", SECRET)),
        "NO_PROXY='a'",
        "SOCKS='other'",
    ]
    assert run_module(dict(entry, state="absent"))[2]["changed"] is True
    assert not path.exists()
    assert run_module(dict(entry, state="absent", keep=["HTTP="]))[2]["changed"] is False


def test_a_file_keeps_to_itself_a_password_that_is_only_kept(shared):
    run_module({"path": str(shared), "content": "A=" + URL})
    assert mode(shared) == 0o640
    run_module({"path": str(shared), "content": "B=1", "keep": ["A="]}, secret="")
    assert mode(shared) == 0o640 and SECRET in shared.read_text()
