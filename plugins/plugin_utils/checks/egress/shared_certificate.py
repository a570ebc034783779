# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One certificate that is shown for names of several owners: a login page or block page, not TLS inspection.

A proxy that inspects TLS signs a certificate of its own for each name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import endpoint_operators
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.shortened_lists import joined_first

# A certificate that is valid for what it is shown for is no page of another.
_REFUSED = ("tls_untrusted", "tls_name_mismatch", "tls_expired", "tls_intercepted", "blocked")
Identity = tuple[Any, ...]


def identity(shown: Mapping[str, Any] | None) -> Identity | None:
    """Return what two certificates have in common only if they are one. shown: the field `tls` of a probe."""
    if not shown or not shown.get("not_before"):
        return None
    return (shown["issuer"], shown.get("subject"), shown["not_before"], shown.get("not_after"), *shown.get("names", ()))


def hosts_of_one_certificate(probes: Iterable[Mapping[str, Any]], probe: Mapping[str, Any]) -> list[str]:
    """Return the hosts of several owners at which a node was shown the certificate of this probe, [] where they have one owner."""
    wanted = identity(probe.get("tls"))
    if wanted is None or probe["verdict"] not in _REFUSED:
        return []
    found = [other["host"] for other in probes if other["verdict"] in _REFUSED and identity(other.get("tls")) == wanted]
    hosts = list(dict.fromkeys(found))
    return hosts if len({_owner(host) for host in hosts}) > 1 else []


def observed_text(shown: Mapping[str, Any], hosts: Sequence[str]) -> str:
    """Return what was found; the same text for every host."""
    return (
        f"one certificate answers for {len(hosts)} names of different owners ({joined_first(hosts, ', ')}): "
        f"{shown['subject'] or 'without a subject'}, issued by {shown['issuer']}"
    )


def remedy(node: str, path_text: str) -> str:
    """Return who has to act; the same text for every host."""
    return (
        f"Ask the network team which device answers {node} {path_text} with that certificate: a login page (captive portal) or a "
        "block page shows one for all names, while TLS inspection signs one for each. It has to let through what the "
        "change request lists."
    )


def _owner(host: str) -> str:
    owner = endpoint_operators.of_host(host)
    return owner["name"] if owner else host
