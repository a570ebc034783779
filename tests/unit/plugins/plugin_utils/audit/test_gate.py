# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A site's own rule decides what fails a run; without jmespath, or with a wrong expression, one sentence says so."""

import sys

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit import gate
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.audit import test_audit
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks import samples


@pytest.fixture(scope="module")
def document():
    return test_audit.audit_of(samples.audit_inputs(), test_audit.collected()).document


@pytest.mark.parametrize(
    "expression, fails",
    [
        ("readiness != 'ready'", True),
        ("readiness == 'ready'", False),
        ("causes[?blocking && owner == 'nobody']", False),
        ("results[?status == 'pass'].id", True),
        ("length(nodes) > `100`", False),
        ("no_such_field", False),
    ],
)
def test_what_is_neither_empty_nor_false_fails_the_run(document, expression, fails):
    assert gate.holds(expression, document) is fails


@pytest.mark.parametrize("expression", ["causes[", "results[?", "length(nodes, nodes)", "nosuch(nodes)"])
def test_a_wrong_expression_is_named(document, expression):
    with pytest.raises(ValueError, match="^rtf_gate: .* is not valid: "):
        gate.holds(expression, document)


def test_without_jmespath_one_sentence_says_what_is_missing(document, monkeypatch):
    monkeypatch.setitem(sys.modules, "jmespath", None)
    with pytest.raises(ValueError, match="rtf_gate needs the Python package jmespath"):
        gate.holds("readiness", document)
