# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Texts of remedies that depend on the release line.

The appliance brings its own container runtime and Kubernetes. A node of the line self_managed runs those of the site, with
workloads on them, while it is audited.
"""

from __future__ import annotations

from typing import TypeVar

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject

Of = TypeVar("Of")


def by_line(subject: Subject, appliance: Of, self_managed: Of) -> Of:
    """Return the text, or the Finding, for the release line of the Subject."""
    return {"appliance": appliance, "self_managed": self_managed}[subject.line]


def reboot(subject: Subject) -> str:
    """Return the beginning of a sentence that advises a reboot."""
    return by_line(
        subject,
        appliance=f"Reboot {subject.node}",
        self_managed=f"Drain {subject.node} (`kubectl drain`), then reboot it",
    )
