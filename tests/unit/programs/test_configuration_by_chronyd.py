# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Configurations of chrony as `chronyd -p` prints them, and as chrony_includes follows them."""

import shutil
import subprocess

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.time import chrony_includes
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions import chrony_files
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions.chrony_files import Wanted

# {what: ({path below a directory D: text}, [host of each server], the last file of keys or None)}
CASES = {
    "L12: several directories on one line": (
        {
            "chrony.conf": "server own.example\nsourcedir D/dhcp D/sources.d\nconfdir D/a D/b\n",
            "a/x.conf": "server a.example\n",
            "b/y.conf": "server b.example\n",
        },
        ["own.example", "a.example", "b.example"],
        None,
    ),
    "of one name the file of the first directory counts": (
        {
            "chrony.conf": "confdir D/a D/b\n",
            "a/x.conf": "server a.example\n",
            "b/x.conf": "server b.example\n",
            "b/a.conf": "keyfile D/b.keys\n",
        },
        ["a.example"],
        "b.keys",
    ),
    "two lines are two lists (ComplianceAsCode/content#14241)": (
        {
            "chrony.conf": "confdir D/a\nconfdir D/b\n",
            "a/x.conf": "server a.example\n",
            "b/x.conf": "server b.example\n",
        },
        ["a.example", "b.example"],
        None,
    ),
    "a keyfile that an included file names after the package's": (
        {
            "chrony.conf": "keyfile D/chrony.keys\ninclude D/conf.d/*.conf\n",
            "conf.d/1.conf": "KeyFile D/site.keys\n",
            "conf.d/2.conf.off": "keyfile D/never.keys\n",
        },
        [],
        "site.keys",
    ),
    "a keyfile that the package's file names after an included one": (
        {"chrony.conf": "include D/site.conf\nkeyfile D/chrony.keys\n", "site.conf": "keyfile D/site.keys\n"},
        [],
        "chrony.keys",
    ),
    "comments of all four kinds, and indentation": (
        {"chrony.conf": "  server a.example iburst\n! server b\n; server c\n# server d\n% server e\nPEER f.example\n"},
        ["a.example", "f.example"],
        None,
    ),
    "included by a file that is included": (
        {
            "chrony.conf": "include D/one.conf\n",
            "one.conf": "include D/two.conf\nserver one.example\n",
            "two.conf": "pool two.example iburst\n",
        },
        ["one.example", "two.example"],
        None,
    ),
}


def written(root, files):
    for path, text in files.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text.replace("D/", f"{root}/"))
    for name in ("a", "b"):
        (root / name).mkdir(exist_ok=True)
    return str(root / "chrony.conf")


def printed(path):
    """The lines of the configuration, as chronyd prints them."""
    program = shutil.which("chronyd")
    assert program, "chronyd is missing: tools/programs.sh unpacks it"
    done = subprocess.run([program, "-p", "-f", path], stdout=subprocess.PIPE, text=True, check=True)
    return [line.split() for line in done.stdout.splitlines() if line.strip()]


@pytest.mark.parametrize("case", CASES)
def test_both_read_the_same(case, tmp_path):
    files, hosts, keyfile = CASES[case]
    path = written(tmp_path, files)
    lines = printed(path)
    found = chrony_includes.read_configuration([path], str(tmp_path / "no.sock"))
    assert sorted(words[1] for words in lines if words[0].lower() in ("server", "pool", "peer")) == sorted(hosts)
    assert sorted(entry["host"] for entry in found["sources"]) == sorted(hosts)
    named = [words[1] for words in lines if words[0].lower() == "keyfile"]
    assert named[-1:] == ([str(tmp_path / keyfile)] if keyfile else [])
    assert [line["path"] for line in found["files"] if line["directive"] == "keyfile"] == named


CLOCK = {"platform": {"id": "debian", "version": "12", "like": []}, "chrony": {"version": "4.3", "features": ["NTS"]}}


@pytest.mark.parametrize(
    "text, added",
    [
        ("sourcedir /run/chrony-dhcp /etc/chrony/sources.d\n", []),
        ("sourcedir /etc/chrony/sources.d/\n", []),
        ("SOURCEDIR /etc//chrony/sources.d\n", []),
        ("include D/site.conf\n", []),  # which has the line
        ("sourcedir /run/chrony-dhcp\n", ["sourcedir /etc/chrony/sources.d"]),
        ("#sourcedir /etc/chrony/sources.d\n", ["sourcedir /etc/chrony/sources.d"]),
        ("confdir /etc/chrony/sources.d\n", ["sourcedir /etc/chrony/sources.d"]),
    ],
)
def test_no_directory_is_read_twice(text, added, tmp_path):
    """L12, and openshift/assisted-service#10479, where the line is missing."""
    files = {"chrony.conf": text, "site.conf": "sourcedir /etc/chrony/sources.d\n"}
    path = written(tmp_path, files)
    clock = {**CLOCK, "configuration": chrony_includes.read_configuration([path], str(tmp_path / "no.sock"))}
    [own, *_rest] = chrony_files.files(clock, Wanted(["a.example"], None))
    assert (own["path"], own["content"].splitlines()) == (path, added)


def test_keys_go_into_the_file_that_chrony_reads_wherever_it_is_named(tmp_path):
    path = written(tmp_path, {"chrony.conf": "include D/site.conf\n", "site.conf": "keyfile /etc/ntp/site.keys\n"})
    clock = {**CLOCK, "configuration": chrony_includes.read_configuration([path], str(tmp_path / "no.sock"))}
    key = {"id": 7, "type": "SHA256"}
    planned = {entry["path"]: entry["content"] for entry in chrony_files.files(clock, Wanted(None, [key]))}
    assert planned == {path: "", "/etc/ntp/site.keys": "7 SHA256 @{key_7}\n"}
