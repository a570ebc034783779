# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`catalog/inputs.yml` as a whole: every entry can be validated, and every value can be given as text."""

import json

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog, input_declarations
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import input_validators, role_variables

DECLARED = input_declarations.load()
VARIABLES = DECLARED.variables
VALIDATORS = input_validators.by_variable(DECLARED.variables, catalog.load())
IS_TEXT = ("str", "path")


def value_of(variable):
    """A valid value of a variable: its example, else its default."""
    return variable.default if variable.input.example is None else variable.input.example


def as_text(value):
    """A value as `-e name=value` and an INI inventory have it: a list of texts with commas, other collections in JSON."""
    if isinstance(value, list) and all(isinstance(entry, str) for entry in value):
        return ",".join(value)
    return value if isinstance(value, str) else json.dumps(value)


@pytest.mark.parametrize("name", VARIABLES)
def test_every_variable_has_a_value_that_is_valid(name):
    value = value_of(VARIABLES[name])
    assert value is not None
    assert VALIDATORS[name](value) == value


@pytest.mark.parametrize("name", VARIABLES)
def test_every_variable_can_be_given_as_text(name):
    value = value_of(VARIABLES[name])
    found = VALIDATORS[name](as_text(value))
    assert found == value and isinstance(found, bool) is isinstance(value, bool)
    assert VALIDATORS[name](found) == found


@pytest.mark.parametrize("name", [name for name, variable in VARIABLES.items() if variable.input.type == "bool"])
@pytest.mark.parametrize("text, value", [("yes", True), ("False", False), ("on", True), ("0", False), ("n", False)])
def test_a_truth_value_may_be_any_of_the_usual_words(name, text, value):
    assert VALIDATORS[name](text) is value


BROKEN = {"bool": "maybe", "int": "many", "float": "many", "list": '["open', "dict": "open"}


@pytest.mark.parametrize("name", [name for name, variable in VARIABLES.items() if variable.input.type not in IS_TEXT])
def test_text_that_cannot_be_converted_is_refused(name):
    with pytest.raises(ValueError):
        VALIDATORS[name](BROKEN[VARIABLES[name].input.type])


@pytest.mark.parametrize("name", VARIABLES)
def test_the_default_is_valid_or_means_that_nothing_is_set(name):
    variable = VARIABLES[name]
    if variable.default is None or "{{" in str(variable.default) or variable.input.mandatory:
        return
    assert VALIDATORS[name](variable.default) == variable.default


@pytest.mark.parametrize("name", VARIABLES)
def test_only_variables_of_roles_know_the_word_unchanged(name):
    """An inventory leaves the input unset instead."""
    variable = VARIABLES[name]
    if variable.default == role_variables.UNCHANGED:
        assert variable.role and variable.input.default is None
        assert VALIDATORS[name](role_variables.UNCHANGED) == role_variables.UNCHANGED
    elif variable.input.type not in (*IS_TEXT, "list"):
        with pytest.raises(ValueError):
            VALIDATORS[name](role_variables.UNCHANGED)


def test_every_validator_is_used_and_known():
    named = {variable.input.validator for variable in VARIABLES.values()} - {""}
    assert named == set(input_validators.BY_NAME) | set(input_validators.OF_CATALOGUE)


def test_names_are_unique_and_variables_have_the_prefix_of_their_role():
    content = [variable.name for variable in VARIABLES.values()]
    assert len(content) == len(set(content))
    for variable in VARIABLES.values():
        assert not variable.role or variable.name == f"{variable.role}_{variable.short}"
        assert set(variable.entry_points) <= set(DECLARED.roles.get(variable.role, ()))


def test_defaults_are_found_by_name():
    assert input_declarations.default_of("rtf_max_latency_ms") == 15
    assert input_declarations.default_of("rtf_preflight_http_proxy") == ""
