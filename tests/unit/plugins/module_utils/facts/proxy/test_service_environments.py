# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A service that runs with other proxies than its files name is found out, and no password is."""

import fnmatch
import json

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import masked_urls
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import Unreadable
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.proxy import service_environments

# As systemd 252 prints it; 219 begins each block with Id.
SHOWN = """MainPID=290
Environment=LANG=C "HTTPS_PROXY=http://unit:1" no_proxy=unit
EnvironmentFiles=/etc/default/docker (ignore_errors=yes)
EnvironmentFiles=/etc/p.env (ignore_errors=no)
Id=docker.service
LoadState=loaded
ActiveState=active

Id=containerd.service
MainPID=0
Environment=
LoadState=%s
ActiveState=inactive
"""
MANAGER = "LANG=C.UTF-8\nhttp_proxy=http://manager:1\n"
FILES = {
    "/etc/p.env": "# c\nhttp_proxy='http://u:s3cret%24@p:1'\nno_proxy=a,b\n",
    "/proc/290/environ": "PATH=/bin\0http_proxy=http://u:s3cret%24@p:1\0HTTPS_PROXY=http://unit:1\0no_proxy=a,b\0HOME=/\0",
}


class Host(service_environments.Host):
    """A host with these files: {path: text}. newer: the paths of those that changed after services were started."""

    def __init__(self, files, newer=()):
        self.files, self.newer = files, newer

    def read(self, path):
        if path not in self.files:
            raise Unreadable(path)
        return self.files[path]

    def matching(self, pattern):
        return fnmatch.filter(sorted(self.files), pattern)

    def changed_since(self, path, process):
        return path in self.newer


def found(files=None, loaded="loaded", manager=MANAGER, newer=()):
    """The evidence of a host with these files: {path: text}."""
    files = FILES if files is None else files

    def run(words):
        return {"show": SHOWN % loaded, "show-environment": manager, "--version": "systemd 239 (239-82.el8)\n+PAM\n"}[
            words[1]
        ]

    return service_environments.service_evidence(
        masked_urls.Display([masked_urls.digest("http://u:s3cret%24@p:1")]), run=run, host=Host(files, newer)
    )


def test_a_service_that_runs_as_its_files_say_is_not_outdated():
    docker = found()["docker"]
    assert (docker["running"], docker["outdated"]) == (True, False)
    assert (
        docker["now"]
        == docker["at_next_start"]
        == {
            "http_proxy": {"value": "http://********@p:1", "password": "expected"},
            "HTTPS_PROXY": {"value": "http://unit:1", "password": "none"},
            "no_proxy": {"value": "a,b", "password": "none"},
        }
    )


@pytest.mark.parametrize(
    "path, text",
    [
        ("/etc/p.env", "http_proxy=http://u:other@p:1\nno_proxy=a,b\n"),
        ("/etc/p.env", "http_proxy='http://u:s3cret%24@p:1'\nno_proxy=a\n"),
        ("/etc/default/docker", "HTTP_PROXY=http://site:1\n"),
        ("/proc/290/environ", "PATH=/bin\0"),
    ],
)
def test_a_service_that_runs_with_something_else_is_outdated(path, text):
    assert found({**FILES, path: text})["docker"]["outdated"] is True


def test_what_systemd_gives_to_every_service_counts_where_the_unit_says_nothing_else():
    files = {"/proc/290/environ": FILES["/proc/290/environ"]}
    docker = found(files)["docker"]
    assert docker["at_next_start"]["http_proxy"]["value"] == "http://manager:1" and docker["outdated"] is True


def test_what_does_not_run_is_not_outdated_and_what_is_not_installed_is_not_there():
    assert found()["containerd"] == {
        "running": False,
        "now": None,
        "outdated": False,
        "at_next_start": {"http_proxy": {"value": "http://manager:1", "password": "none"}},
    }
    assert "containerd" not in found(loaded="not-found")


def test_an_environment_that_cannot_be_read_is_not_guessed():
    docker = found({"/etc/p.env": FILES["/etc/p.env"]})["docker"]
    assert (docker["running"], docker["now"], docker["outdated"]) == (True, None, False)


def test_no_password_is_in_it():
    assert "s3cret" not in json.dumps(found())


def test_without_systemd_the_reason_is_there():
    def refuse(words):
        raise Unreadable("systemctl: command not found")

    assert service_environments.service_evidence(masked_urls.Display(), run=refuse) == {
        "error": "systemctl: command not found"
    }
