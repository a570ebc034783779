# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Proxies in the configuration file of docker's daemon, which from release 23 on override its environment. Pure functions."""

import json

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.proxy.assignment import assignment

DAEMON_FILE = "/etc/docker/daemon.json"
_OPTIONS = (("http-proxy", "HTTP_PROXY"), ("https-proxy", "HTTPS_PROXY"), ("no-proxy", "NO_PROXY"))


def environment(text):
    """Return [Assignment] of the variables that the daemon sets for itself.

    Raises ValueError, which repeats nothing of the text, where the daemon refuses the file.
    """
    try:
        configuration = json.loads(text) if text.strip() else {}
    except ValueError as problem:
        raise ValueError(f"line {getattr(problem, 'lineno', 1)} is not JSON") from None
    proxies = configuration.get("proxies") if isinstance(configuration, dict) else None
    if not isinstance(proxies, dict):
        return []
    values = [(variable, proxies.get(option)) for option, variable in _OPTIONS]
    return [assignment(variable, value) for variable, value in values if isinstance(value, str) and value]
