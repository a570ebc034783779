# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From what a host says of its package repositories to probes: over the path that its package manager takes."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlsplit

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit import selection
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.proxy import no_proxy_rules

CHECK, PHASE = "host.repos_reachable", "install"
# Who sets the environment of a person or an installer that runs the package manager; what comes last counts.
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
    def name(self):
        """For people. A URL of a proxy is in it, which Ansible masks in results of modules: nothing is matched by it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}{' by ' + self.proxy if self.proxy else ''}"


def way_to(place, manager, settings):
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
            rule = no_proxy_rules.apt_environment if manager == "apt" else no_proxy_rules.curl
            if rule(but, place["host"]):
                return Way(**own)
            return Way(**own, proxy=named["value"], password=named["password"], source=named["source"])
    return Way(**own)


def ways(host):
    """Return `{id of its probe: Way}` of every Way to the repositories of a host, each once. host: what host_info returned.

    The ids are numbers in the order of the repositories, so that a judge of the same evidence has the same ones.
    """
    found, packages = {}, host.get("packages") or {}
    settings = (host.get("proxy") or {}).get("settings") or []
    for repository in packages.get("repositories") or ():
        for place in repository["places"]:
            way = way_to(place, packages["manager"], settings)
            found.setdefault(way.name, way)
    return {f"repository-{number}": way for number, way in enumerate(found.values(), 1)}


def probes(host, proxy, phase=PHASE, checks=selection.ALL, skip=()):
    """Return `{"endpoints", "http_proxy"}`, options of egress_info; no endpoints where nobody wants the check.

    host: what host_info returned. proxy: `{"url", "secret_url"}` of the site's HTTP proxy. checks, skip: names or globs.
    One proxy is used, the first that is named and whose password is known: what is behind others has no endpoint.
    """
    if phase != PHASE or selection.matches(CHECK, skip) or not selection.matches(CHECK, checks):
        return {"endpoints": [], "http_proxy": ""}
    wanted = ways(host)
    used = next((way.proxy for way in wanted.values() if way.proxy and _secret_url(way, proxy)), "")
    secret = next((_secret_url(way, proxy) for way in wanted.values() if way.proxy == used), "") if used else ""
    return {
        "endpoints": [_probe(probe_id, way) for probe_id, way in wanted.items() if way.proxy in ("", used)],
        "http_proxy": secret,
    }


def _probe(probe_id, way):
    # A server of the package manager's own CA, or one that wants its certificate, is not for this host's trust store.
    protocol = way.scheme if way.verified or way.scheme == "http" else "tcp"
    return {
        "id": probe_id,
        "host": way.host,
        "port": way.port,
        "protocol": protocol,
        "paths": ["http_proxy" if way.proxy else "direct"],
    }


def _secret_url(way, proxy):
    """The URL of a proxy with its password, "" where that is not known or it is no HTTP proxy with a port."""
    shown = way.proxy.rstrip("/")
    if not shown.startswith("http://"):
        shown = f"http://{shown}" if "://" not in shown else ""
    try:
        if not shown or not urlsplit(shown).port:
            return ""
    except ValueError:
        return ""
    if way.password == "none":
        return shown
    return proxy["secret_url"] if way.password == "expected" and shown == proxy["url"].rstrip("/") else ""
