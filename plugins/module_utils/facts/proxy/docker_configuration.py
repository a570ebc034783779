# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Proxies in the configuration file of docker's daemon, which from release 23 on override its environment.

Read as the daemon reads it, which refuses to start with a file that it does not understand.
"""

import json

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_programs import (
    printed_number,
    run_text,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.proxy.assignment import assignment

DAEMON_FILE = "/etc/docker/daemon.json"
SINCE = 23
_OPTIONS = {"http-proxy": "HTTP_PROXY", "https-proxy": "HTTPS_PROXY", "no-proxy": "NO_PROXY"}


class _Pairs(list):
    """An object of JSON as the pairs that it consists of, in which a name can stand twice."""


def environment(text, release=None):
    """Return [Assignment] of the variables that the daemon sets for itself. release: its number, None where it is not known.

    Raises ValueError, which repeats nothing of the text, where the daemon refuses the file.
    """
    text = text.lstrip("\ufeff")
    try:
        configuration = json.loads(text, object_pairs_hook=_Pairs) if text.strip() else _Pairs()
    except ValueError as problem:
        raise ValueError(f"line {getattr(problem, 'lineno', 1)} is not JSON") from None
    if not isinstance(configuration, _Pairs):
        raise ValueError("it is not a JSON object")
    # Go compares names of sections without regard to capitals, and takes what each of them sets.
    sections = [section for name, section in configuration if name.lower() == "proxies"]
    if sections and release is not None and release < SINCE:
        raise ValueError(f"docker does not start: the option proxies needs release {SINCE} or later")
    found = {}
    for section in sections:
        if not isinstance(section, _Pairs):
            raise ValueError("docker does not start: proxies is not an object")
        for option, value in section:
            if option not in _OPTIONS:
                raise ValueError(f"docker does not start: proxies may contain only {', '.join(_OPTIONS)}")
            if not isinstance(value, (str, type(None))):
                raise ValueError(f"docker does not start: {option} is not a string")
            found[option] = value if value is not None else found.get(option)
    return [assignment(_OPTIONS[option], value) for option, value in found.items() if value]


def daemon_release(run=run_text):
    """Return the number of the daemon's release, such as 26; None where there is none."""
    return printed_number(["dockerd", "--version"], r"version (\d+)\.", run)
