# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Messages of failed tasks as reasons that a report can quote."""

from __future__ import annotations

import re

# What Ansible puts before every reason, and the colon that it leaves where SSH printed nothing.
_AROUND = re.compile(r"\A((Task|Action|Module) failed: )*|:\Z")


def reason(text: object) -> str:
    """Return the reason that a message gives, in one line; text: the message, or what a module returned in its place."""
    return _AROUND.sub("", " ".join(str(text).split()))
