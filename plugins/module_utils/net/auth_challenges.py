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


def challenges(values):
    """[(scheme, [parameter])] of the values of all such headers of a response, as written, in their order."""
    found = []
    for value in values:
        for part in _PART.findall(value):
            part = part.strip()
            scheme = _SCHEME.match(part)
            if scheme:
                found.append((scheme.group(1), [part[scheme.end() :]]))
            elif found:
                found[-1][1].append(part)
    return found


def schemes(values):
    """The names of the schemes in the same values, as written, unique, in their order."""
    found = collections.OrderedDict()
    for scheme, _parameters in challenges(values):
        found.setdefault(scheme.lower(), scheme)
    return list(found.values())
