# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Text that a host or a peer can choose, with all that a format of the report could take for its own."""

import re

# What markup, terminals, XML and tables take for their own. It ends as it began, so that texts can be told apart by their ends.
HOSTILE = '<script>alert(1)</script> ]]> --> \x00\x1b[31m `x` | *y* __z__ ~~s~~ ![i](j) [k](l) {{ m }} "q" & \u2028 \ud83d\ude00'.encode(
    "utf-16", "surrogatepass"
).decode("utf-16")
# What a host or a peer can choose.
FREE = (
    "observed",
    "remedy",
    "expected",
    "title",
    "what",
    "ask",
    "confirm",
    "confirmed_by",
    "reason",
    "detail",
    "unreachable",
    "address",
    "before",
)
_UNSHOWN = re.compile("[\u0000-\u001f\u007f-\u009f]")


def hostile_text(value):
    """Return a value with hostile text at the end of every text that a host or a peer can choose."""
    if isinstance(value, dict):
        return {
            key: f"{found}{HOSTILE}" if key in FREE and isinstance(found, str) else hostile_text(found)
            for key, found in value.items()
        }
    return [hostile_text(entry) for entry in value] if isinstance(value, list) else value


def shown(text):
    """Return a text as formats of one line show it."""
    return " ".join(_UNSHOWN.sub("?", " ".join(text.split())).split())
