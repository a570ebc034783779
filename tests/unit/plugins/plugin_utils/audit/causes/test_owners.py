# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who has to act on a cause is found in one place: owners.py, or the row of the check."""

import re
from pathlib import Path

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.causes import endpoints, owners
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.checks import OWNERS
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks.egress import test_pods

CAUSES = Path(owners.__file__).parent
OTHER_FILES = [path for path in sorted(CAUSES.glob("*.py")) if path.stem != "owners"]
OTHER_FILES.append(CAUSES.parents[1] / "checks/egress/pod_faults.py")
USED_OTHERWISE = {"endpoints": {"proxy"}}  # for a proxy of no known kind
DECLARED = {name: value for name, value in vars(owners).items() if name.isupper()}


@pytest.mark.parametrize("name", DECLARED)
def test_owners_are_those_of_the_catalogue(name):
    value = DECLARED[name]
    named = {value} if isinstance(value, str) else set(value.values() if isinstance(value, dict) else value)
    assert named <= set(OWNERS)


def test_each_title_of_endpoints_and_each_fault_of_pods_has_an_owner():
    assert set(owners.OF_ENDPOINTS) == set(endpoints.TITLES)
    kinds = {test_pods.judged(own).evidence["faults"][0]["kind"] for own in test_pods.FAULTS.values()}
    assert set(owners.OF_PODS) == kinds


@pytest.mark.parametrize("path", OTHER_FILES, ids=lambda path: path.stem)
def test_no_other_file_of_causes_names_an_owner(path):
    values = re.findall(r'(?:[=:] |^ +|else |, )"([\w ]+)"', path.read_text(encoding="utf-8"), re.MULTILINE)
    assert set(values) & set(OWNERS) <= USED_OTHERWISE.get(path.stem, set())
