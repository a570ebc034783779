# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Quote a refused value in an error without exposing a secret. Pure functions, for nodes and for the controller.

A value may be anything, for example a URL with a password instead of a host name. So an error repeats a value only
where it is a number, one word without the characters that separate a secret from the rest, or a URL of a host alone.
"""

import numbers
import re
import socket

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import late_imports

_KINDS = ((str, "a string"), (dict, "a dictionary"), ((list, tuple), "a list"))
_WORD = re.compile(r"(?:[A-Za-z0-9_.*?-]{0,64}|[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+:[0-9]{1,6}|[0-9.]+/[0-9]{1,3})\Z")


def repeatable(value):
    """Whether a value, or every entry of a list, may be repeated."""
    if isinstance(value, dict):
        return not value
    if isinstance(value, (list, tuple)):
        return all(repeatable(entry) and not isinstance(entry, (list, tuple)) for entry in value)
    if not isinstance(value, str):
        return value is None or isinstance(value, numbers.Number)
    with late_imports.LOCK:
        from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import masked_urls

    url = masked_urls.parts(value)
    return _WORD.match(value) is not None or _is_ipv6(value) or (url is not None and url.credentials is None)


def quoted(value):
    """Return a value quoted for a message, or a placeholder for it."""
    if repeatable(value):
        return repr(value)
    kind = next((name for cls, name in _KINDS if isinstance(value, cls)), "a value")
    return kind + " (not shown, it may hold a secret)"


def named(value):
    """As quoted, without quotation marks: for names that a sentence lists."""
    return value if isinstance(value, str) and repeatable(value) else quoted(value)


def _is_ipv6(text):
    address, slash, length = text.partition("/")
    try:
        socket.inet_pton(socket.AF_INET6, address)
    except (OSError, ValueError):
        return False
    return length.isdigit() if slash else True
