# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every row of catalog/checks/ has exactly one function, in the area with which the check's id begins."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import checks
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks import registry


def test_every_row_has_a_function_and_every_function_a_row():
    assert {check["id"] for check in checks.load()} == set(registry.all_functions())


@pytest.mark.parametrize("check", checks.load(), ids=lambda check: check["id"])
def test_a_function_lies_in_the_area_of_its_check(check):
    area = check["id"].partition(".")[0]
    function = registry.function_of(check["id"])
    assert function.__module__.partition(".plugin_utils.checks.")[2].split(".")[0] == area
    assert function.__code__.co_argcount == (3 if "each" in check else 2)


def test_the_area_of_a_check_is_the_file_of_its_row():
    assert {check["id"].partition(".")[0] for check in checks.load()} == set(checks.AREAS)


def test_a_check_has_one_function():
    own = registry.function_of("host.memory")
    with pytest.raises(ValueError, match=r"host\.memory has two functions"):
        registry.check("host.memory")(test_a_check_has_one_function)
    assert registry.function_of("host.memory") is own


def test_a_check_without_a_function_is_named():
    with pytest.raises(LookupError, match=r"host\.invented"):
        registry.function_of("host.invented")
