# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A site judges some of the checks, by name or glob, and the report says which it left out."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit import left_out_checks
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog, checks
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import check_patterns

RESULTS = [
    {"id": name, "node": node, "status": "fail", "expected": "e", "observed": "o", "remedy": "r", "evidence": 1}
    for node in ("n1", "n2")
    for name in ("access.preparation", "kernel.ip_forward", "kernel.modules_at_boot", "egress.ecr-us")
]


def chosen(results, *arguments, **others):
    return left_out_checks.leave_out(results, left_out_checks.summary(results, *arguments, **others))


def left(*arguments):
    return {entry["id"] for entry in chosen(RESULTS, *arguments) if entry["status"] == "skipped"}


@pytest.mark.parametrize(
    "only, skip, out",
    [
        (["*"], [], set()),
        (["kernel.*"], [], {"egress.ecr-us"}),
        (["*"], ["kernel.ip_forward", "egress.*"], {"kernel.ip_forward", "egress.ecr-us"}),
        (["kernel.*"], ["*_at_boot"], {"kernel.modules_at_boot", "egress.ecr-us"}),
        (["kernel.ip*"], ["kernel.*"], {"kernel.ip_forward", "kernel.modules_at_boot", "egress.ecr-us"}),
        ([], [], {"kernel.ip_forward", "kernel.modules_at_boot", "egress.ecr-us"}),
    ],
)
def test_what_is_not_chosen_is_skipped_and_a_stopped_preparation_never_is(only, skip, out):
    assert left(only, skip) == out
    assert set(left_out_checks.summary(RESULTS, only, skip)["left_out"]) == out


def test_a_check_that_was_left_out_says_by_what_and_shows_nothing_else():
    entries = {entry["id"]: entry for entry in chosen(RESULTS, ["kernel.*"], ["kernel.ip_forward"])}
    assert entries["kernel.ip_forward"]["observed"] == "left out by rtf_skip_checks"
    assert entries["egress.ecr-us"]["observed"] == "left out by rtf_checks"
    assert entries["egress.ecr-us"]["evidence"] is None and entries["egress.ecr-us"]["remedy"] == ""
    assert entries["kernel.modules_at_boot"] == RESULTS[6]


def test_a_check_whose_evidence_was_switched_off_names_the_switch():
    results = [{**RESULTS[0], "id": name} for name in ("ports.etcd", "ports.free", "net.latency", "net.default_route")]
    off = {"ports": "rtf_preflight_port_matrix", "net.latency": "rtf_preflight_links"}
    found = chosen(results, off=off)
    said = ["left out by rtf_preflight_port_matrix"] * 2 + ["left out by rtf_preflight_links"]
    assert [entry["observed"] for entry in found[:3]] == said and found[3] == results[3]
    assert left_out_checks.summary(results, off=off)["left_out_by"] == {
        "rtf_preflight_port_matrix": ["ports.etcd", "ports.free"],
        "rtf_preflight_links": ["net.latency"],
    }


def test_a_glob_that_matches_nothing_in_the_run_is_named():
    assert left_out_checks.summary(RESULTS, ["*"], ["egress.mine", "kernel.*"])["unmatched"] == ["egress.mine"]


@pytest.mark.parametrize(
    "value, said",
    [
        ({"kernel.*": True}, "must be a list"),
        ([5], "5 is not a name of a check"),
        (["kernel.ip_foward"], "'kernel.ip_foward' matches no check; did you mean kernel.ip_forward?"),
        (["weather.*"], "'weather.*' matches no check"),
    ],
)
def test_what_matches_no_check_is_refused_by_name(value, said):
    with pytest.raises(ValueError, match="^" + said.replace("*", r"\*").replace("?", r"\?").replace(".", r"\.")):
        check_patterns.globs(checks.load(), catalog.load())(value)


def test_names_globs_and_rows_of_a_site_are_accepted():
    check_patterns.globs(checks.load(), catalog.load())(
        ["*", "kernel.ip_forward", "egress.ecr-*", "egress.tls-my-site-443"]
    )
