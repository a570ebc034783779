# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a check returns."""

from __future__ import annotations

from typing import Any, NamedTuple

# In evidence: `{word: value}`, what replaces words in capitals in the command that confirms a check.
CONFIRM_WITH = "confirm_with"


class Finding(NamedTuple):
    """The judged part of a check result: everything but which check on which node it is.

    severity: in place of the check's own, where what was found weighs less. fault: what is wrong with the node, as a title,
    where the evidence says it more precisely than the check's row.
    """

    status: str
    expected: str
    observed: str
    remedy: str = ""
    evidence: Any = None
    severity: str = ""
    fault: str = ""
