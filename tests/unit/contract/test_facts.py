# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fact of the host is declared in the file that reads it, and nothing else names it by hand."""

import pytest
import yaml

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.fact import Reading
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.fact_registry import FACTS
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.host_sections import SECTIONS
from ansible_collections.hostprep.runtime_fabric.plugins.modules import host_info
from ansible_collections.hostprep.runtime_fabric.tests.unit.contract import checkout
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks import samples
from ansible_collections.hostprep.runtime_fabric.tools import fact_docs

TYPES = {"str": str, "int": int, "float": (int, float), "bool": bool, "list": list, "dict": dict}
OPTIONS = {name: option.get("default") for name, option in yaml.safe_load(host_info.DOCUMENTATION)["options"].items()}
HERE = Reading(OPTIONS, FACTS)  # which keeps what it has read
SHOWN = [f"{fact.section}.{fact.name}" for fact in FACTS]


def test_the_registry_and_the_documentation_follow_the_files():
    for path, text in fact_docs.written(checkout.CHECKOUT).items():
        assert checkout.read(path) == text, f"{path}: run `make docs`"


def test_a_fact_is_declared_once_in_a_section_that_there_is():
    assert len(set(SHOWN)) == len(SHOWN)
    assert {fact.section for fact in FACTS} <= set(SECTIONS)


@pytest.mark.parametrize("fact", FACTS, ids=SHOWN)
def test_what_is_declared_of_a_fact_is_what_is_read(fact):
    declared = yaml.safe_load(fact.documentation)
    wanted = TYPES[declared["type"]]
    assert declared["description"] and (declared["sample"] is None or isinstance(declared["sample"], wanted))
    assert all(why and not why.endswith(".") for why in fact.harmless.values())
    found = HERE.section(fact.section).get(fact.name)
    assert found is None or isinstance(found, wanted) or set(found) == {"error"}


def test_a_fact_that_tests_have_no_value_of_has_its_sample():
    host = samples.evidence()["host"]
    assert all(fact.name in host[fact.section] for fact in FACTS if not fact.option)


def test_a_fact_of_a_section_without_documentation_is_refused():
    with pytest.raises(ValueError, match="no facts of weather"):
        fact_docs.documented("# facts: system\n# end\n", [type(FACTS[0])("weather", "rain", None, "")])
