# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Evidence of whatever shape is judged: no check ever raises, and none passes on nonsense alone."""

import copy

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.node_judgement import judge_node
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import checks
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks import samples

CHECKS = checks.load()
STATUSES = {"pass", "fail", "unknown", "skipped"}
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just({"error": "broken"}),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
QUIET = settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def paths(value, prefix=()):
    """Every way into nested dictionaries and lists."""
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in entries:
        yield (*prefix, key)
        yield from paths(inner, (*prefix, key))


WAYS = [way for way in paths(samples.evidence()) if way[0] in ("host", "cluster", "repositories")]


@QUIET
@given(
    st.lists(st.tuples(st.sampled_from(WAYS), JUNK), min_size=1, max_size=3), st.sampled_from(["install", "operate"])
)
def test_junk_in_the_place_of_evidence_is_judged(changes, phase):
    evidence = copy.deepcopy(samples.evidence())
    for way, junk in changes:
        here = evidence
        for step in way[:-1]:
            try:
                here = here[step]
            except (KeyError, IndexError, TypeError):
                here = None
                break
        if isinstance(here, dict) or (isinstance(here, list) and way[-1] in range(len(here))):
            here[way[-1]] = junk
    results = judge_node(CHECKS, samples.subject(phase=phase), evidence)
    assert {entry["status"] for entry in results} <= STATUSES
    assert all(isinstance(entry["observed"], str) for entry in results)


@QUIET
@given(st.dictionaries(st.sampled_from(["host", "cluster", "egress", "repositories"]), JUNK))
def test_nothing_but_junk_is_judged(evidence):
    for entry in judge_node(CHECKS, samples.subject(), evidence):
        assert entry["status"] in STATUSES
