# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters and modules that get a URL with credentials repeat nothing of it."""

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.hostprep.runtime_fabric.plugins.filter.proxy_parts import proxy_parts
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import port_ranges
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import proxy_url
from ansible_collections.hostprep.runtime_fabric.plugins.modules import egress_info
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.change_request import site_and_scope
from ansible_collections.hostprep.runtime_fabric.tests.unit.secrets import planted


@pytest.mark.parametrize("name", ["http_proxy", "monitoring_proxy"])
def test_the_doors_to_a_proxy_repeat_nothing_of_its_url(name):
    for url in planted.WITH_A_SECRET:
        for text in (url, url.replace("https", "http")):
            for ask, error in (
                (proxy_parts, AnsibleFilterError),
                (site_and_scope.proxy, ValueError),
                (lambda text: proxy_url.parse(text, "http"), ValueError),
            ):
                try:
                    answer = ask(text)
                except error as problem:
                    assert planted.found_in(str(problem)) == []
                else:
                    shown = answer["url"] if isinstance(answer, dict) else ""
                    assert planted.found_in(shown) == []


def test_modules_repeat_nothing_of_a_host_that_is_a_url():
    endpoint = {
        "client_key": None,
        "client_cert": None,
        "idle": 0,
        "paths": ["direct"],
        "protocol": "https",
        "port": 1,
        "id": None,
        "starttls": False,
        "http_proxy": None,
    }
    for url in planted.WITH_A_SECRET:
        given = {**endpoint, "host": url, "server_name": url, "url_path": url}
        problems = egress_info.bad_arguments(
            {
                "endpoints": [given],
                "timeout": 1,
                "deadline": 1,
                "concurrency": 1,
                "http_proxy": None,
                "socks5_proxy": None,
            }
        )
        problems += port_ranges.bad_peers([{"address": url, "port": 1}])
        assert len(problems) >= 3 and planted.found_in("\n".join(problems)) == []
