# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options for proxies of a module, and the paths that need them."""

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import proxy_url

# path of a connection -> (option, scheme of its URL)
OPTIONS = {proxy_url.HTTP: ("http_proxy", "http"), proxy_url.SOCKS5: ("socks5_proxy", "socks5")}


def argument_spec():
    return {"http_proxy": {"type": "str", "no_log": True}, "socks5_proxy": {"type": "str", "no_log": True}}


def read(params):
    """({path: Proxy} of the proxies that are given, a sentence for each that cannot be read)."""
    found, problems = {}, []
    for path, (option, scheme) in OPTIONS.items():
        if params[option]:
            try:
                found[path] = proxy_url.parse(params[option], scheme)
            except proxy_url.ProxyUrlError as problem:
                problems.append(f"{option}: {problem}")
    return found, problems


def missing(paths, params):
    """One sentence for each of some paths whose proxy is not given."""
    return [
        f"{path} needs the option {option}"
        for path, (option, dummy) in OPTIONS.items()
        if path in paths and not params[option]
    ]
