# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From results to the verdict."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit import readiness


def results(*pairs):
    """Results from (severity, status) pairs."""
    return [{"severity": severity, "status": status} for severity, status in pairs]


@pytest.mark.parametrize(
    "found, verdict",
    [
        ([], "incomplete"),
        ([("required", "pass")], "ready"),
        ([("required", "pass"), ("recommended", "fail"), ("info", "fail")], "ready"),
        ([("required", "pass"), ("required", "unknown")], "incomplete"),
        ([("required", "pass"), ("required", "skipped")], "incomplete"),
        ([("required", "unknown"), ("required", "fail")], "not_ready"),
        ([("recommended", "pass")], "incomplete"),
    ],
)
def test_a_node_is_ready_only_when_every_required_check_passed(found, verdict):
    assert readiness.node_readiness(results(*found)) == verdict


@pytest.mark.parametrize(
    "nodes, verdict",
    [
        ([], "incomplete"),
        (["ready", "ready"], "ready"),
        (["ready", "incomplete"], "incomplete"),
        (["incomplete", "not_ready", "ready"], "not_ready"),
    ],
)
def test_the_cluster_is_as_ready_as_its_least_ready_node(nodes, verdict):
    assert readiness.cluster_readiness(dict(enumerate(nodes))) == verdict


def test_required_checks_that_failed_are_unknown_or_were_left_out_block():
    found = results(
        ("required", "fail"),
        ("required", "unknown"),
        ("required", "skipped"),
        ("required", "skipped"),
        ("recommended", "fail"),
        ("recommended", "skipped"),
    )
    found = [{**result, "id": f"c{number}", "node": "n1"} for number, result in enumerate(found)]
    assert readiness.blocking(found) == found[:2]
    assert readiness.blocking(found, {("c3", "n1"), ("c2", "n2"), ("c5", "n1")}) == [*found[:2], found[3]]
