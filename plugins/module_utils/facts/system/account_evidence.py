# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Users and groups by number."""

import grp
import pwd

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.fact import Fact


def account_evidence(numbers):
    """Return `{number as text: {"user": name or None, "group": name or None}}`."""
    return {str(number): {"user": _user(number), "group": _group(number)} for number in numbers}


def _user(number):
    try:
        return pwd.getpwuid(number).pw_name
    except (KeyError, OverflowError):
        return None


def _group(number):
    try:
        return grp.getgrgid(number).gr_name
    except (KeyError, OverflowError):
        return None


FACTS = (
    Fact(
        "system",
        "accounts",
        lambda reading: account_evidence(reading.options["accounts"]),
        """
        description: For each id in O(accounts), the name of the user and the name of the group with
          that id, or V(null) if there is none.
        type: dict
        sample:
          "1000":
            group: null
            user: null
        """,
    ),
)
