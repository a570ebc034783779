# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Credentials of proxies: where they may be, and what is shown of them."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog, input_declarations
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import (
    credentials,
    input_validators,
    role_variables,
)

VALIDATORS = input_validators.by_variable(input_declarations.load().variables, catalog.load())


def problems_of(variables):
    """What is wrong with credentials, alone or together."""
    values, problems = role_variables.typed(variables, VALIDATORS)
    return problems or credentials.disagreements(values)


PROXY = "http://proxy.example.com:3128"


@pytest.mark.parametrize(
    "variables, said",
    [
        ({"rtf_http_proxy": PROXY, "rtf_http_proxy_user": "u", "rtf_http_proxy_password": "$(touch pwned) '\"%"}, None),
        ({"rtf_http_proxy": PROXY, "rtf_http_proxy_user": "u"}, None),
        ({"rtf_http_proxy": PROXY, "rtf_http_proxy_user": "", "rtf_http_proxy_password": ""}, None),
        (
            {"rtf_http_proxy": PROXY, "rtf_http_proxy_password": "s3cret"},
            "rtf_http_proxy: has a separate password but no user",
        ),
        ({"rtf_monitoring_proxy_user": "u"}, "rtf_monitoring_proxy: credentials are set, but no proxy"),
        (
            {"rtf_http_proxy": "http://u:s3cret@proxy.example.com:3128", "rtf_http_proxy_user": "u"},
            "rtf_http_proxy: contains credentials, and others are set in separate variables; use only one of them",
        ),
        (
            {"rtf_http_proxy": "http://u:s3cret%@proxy.example.com:3128"},
            "rtf_http_proxy: has a % in its credentials that starts no percent-encoding; write % itself as %25",
        ),
        (
            {"rtf_http_proxy": "http://u:s3cret%0A@proxy.example.com:3128"},
            "rtf_http_proxy: contains a line break or another control character, which no configuration file can hold",
        ),
        (
            {"rtf_http_proxy": PROXY, "rtf_http_proxy_user": "u", "rtf_http_proxy_password": "s3cret\nx"},
            "rtf_http_proxy_password: contains a line break or another control character, which no configuration file can hold",
        ),
    ],
)
def test_credentials_are_taken_inside_the_url_or_separately(variables, said):
    assert problems_of(variables) == ([said] if said else [])
