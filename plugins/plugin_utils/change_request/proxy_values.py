# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values of the proxies for the parts of a self-managed cluster that this collection does not configure. Pure functions.

The keys of values.yml are those of the vendor's page "Install with Helm", the commands those of "Manage Proxies".
"""

from __future__ import annotations

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.clusters import Profile
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.change_request.request import Request
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.openings import Proxy

LEGACY = "Only agents older than 2.6.22 use it."


def lines(request: Request) -> list[str]:
    """Return Markdown with the values, nothing where the line brings its own installer or no proxy is known."""
    http, monitoring = _url("http", request.site.http_proxy), _url("socks5", request.site.monitoring_proxy)
    if not request.self_managed or not (http or monitoring):
        return []
    without = ",".join(request.site.no_proxy)
    found = [
        "These values have no credentials. If a proxy needs credentials, write them into its URL, percent-encoded.",
        "",
        "For Helm, in `values.yml`:",
        "",
        *_block("yaml", _helm(http, without, monitoring)),
        "For an installation with `rtfctl`, on a machine that reaches the cluster:",
        "",
        *_block("sh", _commands(http, without, monitoring)),
    ]
    if http and request.profile:
        found += _runtime(request.profile, http, without)
    if http and not request.profile:
        found += [
            "Set `rtf_cluster_profile` to get the values of the container runtime and the networks of your cluster.",
            "",
        ]
    return found[:-1]


def _url(scheme: str, proxy: Proxy | None) -> str:
    return f"{scheme}://{proxy.host}:{proxy.port}" if proxy else ""


def _helm(http: str, without: str, monitoring: str) -> list[str]:
    return [
        "proxy:",
        *([f"  http_proxy: {http}", f'  http_no_proxy: "{without}"'] if http else []),
        *([f"  monitoring_proxy: {monitoring}  # {LEGACY}"] if monitoring else []),
    ]


def _commands(http: str, without: str, monitoring: str) -> list[str]:
    return [
        *([f'rtfctl apply http-proxy "{http}" --no-proxy "{without}"', "rtfctl get http-proxy"] if http else []),
        *([f'rtfctl apply monitoring-proxy "{monitoring}"  # {LEGACY}'] if monitoring else []),
    ]


def _runtime(profile: Profile, http: str, without: str) -> list[str]:
    """The proxy of the container runtime, which pulls the images."""
    where = profile.runtime_proxy
    variables = [f"HTTP_PROXY={http}", f"HTTPS_PROXY={http}", f"NO_PROXY={without}"]
    restart = " or ".join(f"`{unit}`" for unit in where.restart)
    if where.form == "systemd_unit":
        body = _block("ini", ["[Service]", *(f'Environment="{text}"' for text in variables)])
        then = (
            f"then drain the node, run `systemctl daemon-reload` and restart {restart}. The role `rtf_proxy` "
            "configures the same proxy."
        )
    else:
        body, then = _block("sh", variables), f"then drain the node and restart {restart}."
    files = {where.controller: "controllers", where.worker: "workers"}
    places = [f"`{file}` on {'all nodes' if len(files) == 1 else nodes}" for file, nodes in files.items()]
    return [f"For the container runtime of {profile.title}, in {', and in '.join(places)}; {then}", "", *body]


def _block(language: str, body: list[str]) -> list[str]:
    return [f"```{language}", *body, "```", ""]
