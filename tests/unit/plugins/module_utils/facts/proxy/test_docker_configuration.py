# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The proxies of daemon.json are those that dockerd itself was seen to use."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import Unreadable
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.proxy import docker_configuration
from ansible_collections.hostprep.runtime_fabric.tests.unit.programs.dockerd_cases import CASES

VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")


@pytest.mark.parametrize("name", CASES)
def test_what_the_daemon_reported(name):
    case = CASES[name]
    if case.reported is None:
        with pytest.raises(ValueError) as refused:
            docker_configuration.environment(case.text, 26)
        assert "http://" not in str(refused.value)
        return
    own = {each.name: each.value for each in docker_configuration.environment(case.text, 26)}
    environment = {name.upper(): value for name, value in case.environment.items()}
    assert tuple(own.get(name) or environment.get(name, "") for name in VARIABLES) == case.reported


def test_a_daemon_before_release_23_does_not_start_with_proxies():
    """As dockerd 20.10.24 does; docker/docs#17880 and 18694 show how unclear the documentation left that."""
    text = CASES["proxies"].text
    with pytest.raises(ValueError, match="release 23"):
        docker_configuration.environment(text, 20)
    assert docker_configuration.environment(text, None) == docker_configuration.environment(text, 23)
    assert docker_configuration.environment('{"debug": true}', 20) == []


@pytest.mark.parametrize(
    "said, release",
    [
        ("Docker version 26.1.5+dfsg1, build 411e817\n", 26),
        ("Docker version 20.10.24+dfsg1, build 5d6db84\n", 20),
        ("Docker version 1.13.1, build 7d71120/1.13.1\n", 1),
        ("podman\n", None),
    ],
)
def test_the_release_of_the_daemon(said, release):
    assert docker_configuration.daemon_release(lambda words: said) == release


def test_without_a_daemon_no_release_is_known():
    def refuse(words):
        raise Unreadable("dockerd: command not found")

    assert docker_configuration.daemon_release(refuse) is None
