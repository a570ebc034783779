# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The schemes in Proxy-Authenticate and WWW-Authenticate headers (RFC 9110, 11.6.1); no sockets here.

A response may have several of these headers, and one header several challenges, each with parameters after commas too.
"""

import collections
import re

_PART = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*"?)+')
# A token alone, or before a blank: a parameter has an equals sign there.
_SCHEME = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?:\s+(?!\s*=)|$)")


def schemes(values):
    """The names of the schemes in the values of all such headers of a response, as written, unique, in their order."""
    found = collections.OrderedDict()
    for value in values:
        for part in _PART.findall(value):
            scheme = _SCHEME.match(part.strip())
            if scheme:
                found.setdefault(scheme.group(1).lower(), scheme.group(1))
    return list(found.values())
