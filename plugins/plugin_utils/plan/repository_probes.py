# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the evidence of a host's package repositories to probes over the path that its package manager takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.repository_results import (
    ID_PREFIX,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan import no_proxy_program_rules
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.host_syntax import is_host

# Who sets the environment of a person or an installer that runs the package manager; the last one counts.
_ENVIRONMENTS = ("sessions", "login shells")


class Way(NamedTuple):
    """How a place is reached. proxy: a URL as it may be shown, or "" for the direct path; source: who names it."""

    scheme: str
    host: str
    port: int
    proxy: str = ""
    password: str = "none"
    source: str = ""
    verified: bool = True

    @property
    def name(self) -> str:
        """For people. A URL of a proxy is in it, which Ansible masks in results of modules: nothing is matched by it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}{' via ' + self.proxy if self.proxy else ''}"


def way_to(place: Mapping[str, Any], manager: str, settings: Sequence[Mapping[str, Any]]) -> Way:
    """Return the Way to a place of host_info's section packages; settings: those of its section proxy."""
    own = {"scheme": place["scheme"], "host": place["host"], "port": place["port"], "verified": place["verified"]}
    if place["proxy"] == "direct":
        return Way(**own)
    if place["proxy"]:
        return Way(**own, proxy=place["proxy"], password=place["password"], source=f"the settings of {manager}")
    for reader in reversed(_ENVIRONMENTS):
        here = {entry["variable"].lower(): entry for entry in settings if entry["reader"] == reader}
        named = here.get(f"{place['scheme']}_proxy") or here.get("all_proxy")
        if named and named["value"]:
            but = here.get("no_proxy", {"value": ""})["value"]
            rule = no_proxy_program_rules.apt_environment if manager == "apt" else no_proxy_program_rules.curl
            if rule(but, place["host"]):
                return Way(**own)
            return Way(**own, proxy=named["value"], password=named["password"], source=named["source"])
    return Way(**own)


def ways(host: Mapping[str, Any]) -> dict[str, Way]:
    """Return `{id of its probe: Way}` of every Way to the repositories of a host, each once. host: what host_info returned.

    The ids are numbers in the order of the repositories, so that a judge of the same evidence has the same ones.
    """
    found: dict[str, Way] = {}
    packages = host.get("packages") or {}
    settings = (host.get("proxy") or {}).get("settings") or []
    for repository in packages.get("repositories") or ():
        for place in repository["places"]:
            way = way_to(place, packages["manager"], settings)
            found.setdefault(way.name, way)
    return {f"{ID_PREFIX}{number}": way for number, way in enumerate(found.values(), 1)}


def probes(host: Mapping[str, Any], site_proxy: str = "") -> list[dict[str, Any]]:
    """Return the repositories of a host as endpoints of egress_info.

    host: what host_info returned. site_proxy: the URL of the site's HTTP proxy as it may be shown, "" for none. What is behind
    a proxy that no probe can use has no endpoint.
    """
    found = []
    for probe_id, way in ways(host).items():
        proxy = _usable_proxy(way, site_proxy) if is_host(way.host) else None
        if proxy is not None:
            own = {} if proxy in ("", site_proxy) else {"http_proxy": proxy}
            found.append({**_probe(probe_id, way), **own})
    return found


def _probe(probe_id: str, way: Way) -> dict[str, Any]:
    # A server of the package manager's own CA, or one that wants its certificate, is not for this host's trust store.
    protocol = way.scheme if way.verified or way.scheme == "http" else "tcp"
    return {
        "id": probe_id,
        "host": way.host,
        "port": way.port,
        "protocol": protocol,
        "paths": ["http_proxy" if way.proxy else "direct"],
    }


def _usable_proxy(way: Way, site_proxy: str) -> str | None:
    """The URL of the proxy of a Way, "" for the direct path; None for a proxy that no probe can use.

    That is one whose password is not known here, or no HTTP proxy with a port.
    """
    if not way.proxy:
        return ""
    shown = way.proxy.rstrip("/")
    if not shown.startswith("http://"):
        shown = f"http://{shown}" if "://" not in shown else ""
    try:
        if not shown or not urlsplit(shown).port:
            return None
    except ValueError:
        return None
    if site_proxy and shown == site_proxy.rstrip("/") and way.password in ("none", "expected"):
        return site_proxy
    return shown if way.password == "none" else None
