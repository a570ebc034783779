# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook support_bundle_rtf: a saved run in one archive, by the command of the guide."""

from __future__ import annotations

import tarfile

from ansible_collections.hostprep.runtime_fabric.tests.unit.playbooks import test_rejudge_rtf


def test_the_last_run_is_packed_without_addresses_of_the_inventory(play, site):
    test_rejudge_rtf.save(site)
    # As behind -e, where it is text.
    packed = play("support_bundle_rtf", rtf_bundle_hide_addresses="true")
    assert packed.returncode == 0, packed.stdout
    [path] = (site / "rtf-report").glob("support-bundle-*-pseudonyms.tar.gz")
    assert f": {path}" in " ".join(packed.stdout.split()) and "WARNING" not in packed.stdout, packed.stdout
    with tarfile.open(path) as archive:
        texts = [archive.extractfile(member).read().decode() for member in archive]
    assert texts and not any("192.168.230.11" in text for text in texts)
