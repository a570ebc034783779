# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The effective configuration of apt, as `apt-config dump` prints it. Pure functions."""

import re


def apt_options(text):
    """Yield (key, value) of the output of `apt-config dump`."""
    for match in re.finditer(r'^([^\s"]+) "(.*)";$', text, re.MULTILINE):
        yield match.group(1), match.group(2)


def apt_proxies(options):
    """Return ([(key, URL of a proxy)], [host that is reached without one])."""
    proxies, direct = [], set()
    for key, value in options:
        parts = key.split("::")
        if len(parts) < 3 or parts[0].lower() != "acquire" or parts[2].lower() != "proxy":
            continue
        if len(parts) == 3 and value and value.upper() != "DIRECT":
            proxies.append(("::".join(parts), value))
        elif len(parts) > 3 and value.upper() == "DIRECT":
            direct.add("::".join(parts[3:]))
    return proxies, sorted(direct)
