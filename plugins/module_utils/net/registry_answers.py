# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The answer of a registry of container images to GET /v2/ (OCI Distribution Specification 1.1, end-1); no sockets here."""

import re

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import auth_challenges

PATH = "/v2/"
_VERSION = "docker-distribution-api-version"
_REALM = re.compile(r'realm="(https?://[^"/?#\s]+)', re.IGNORECASE)


def problem(head, title):
    """A sentence on why an http_response_head.Head is not that of a registry, None where it is. title: of its page, or None."""
    page = f', with the page "{title}"' if title else ""
    answered = f"GET {PATH} was answered with {head.status} {head.reason}{page}"
    if head.status >= 500:
        return answered
    if head.status == 401 and auth_challenges.schemes(head.repeated.get("www-authenticate", ())):
        return None
    if head.status == 200 and (_VERSION in head.headers or "json" in head.headers.get("content-type", "")):
        return None
    return f"{answered}, but a registry answers with 200 and JSON, or with 401 and a challenge"


def remark(head):
    """Where clients of the registry get their tokens, None where that is not a host of its own."""
    for scheme, parameters in auth_challenges.challenges(head.repeated.get("www-authenticate", ())):
        found = [match for match in map(_REALM.match, parameters) if match]
        if found and scheme.lower() == "bearer":
            return f"clients get their tokens from {found[0].group(1)}"
    return None
