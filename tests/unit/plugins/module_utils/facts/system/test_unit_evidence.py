# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Units of systemd, as it describes them."""

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.system import unit_evidence

SHOWN = """Id=a.service
LoadState=loaded
ActiveState=active
UnitFileState=enabled

Id=b.service
LoadState=not-found
ActiveState=inactive
UnitFileState=
"""


def test_units_that_are_installed_are_described(monkeypatch):
    asked = []
    monkeypatch.setattr(unit_evidence, "run_text", lambda argv: asked.append(argv) or SHOWN)
    found = unit_evidence.unit_evidence(["a.service", "b.service"])
    assert found == {"a.service": {"active": True, "enabled": True}}
    assert asked[0][:2] == ["systemctl", "show"] and asked[0][-2:] == ["a.service", "b.service"]
