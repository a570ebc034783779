# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import input_declarations
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import misspellings

DECLARED = input_declarations.load()


@pytest.mark.parametrize(
    "name, meant",
    [
        ("rtf_ntp_server", "rtf_ntp_servers"),
        ("rtf_max_latency", "rtf_max_latency_ms"),
        ("rtf_kernel_swap_of", "rtf_kernel_swap_off"),
        ("rtf_kernel_swapoff", "rtf_kernel_swap_off"),
        ("rtf_preflight_disk_write", "rtf_preflight_disk_writes"),
        ("rtf_time_sync_ntp_servers", "rtf_time_sync_servers"),
        ("rtf_proxy_consumer", "rtf_proxy_consumers"),
    ],
)
def test_a_misspelt_input_is_named_with_the_most_similar_one(name, meant):
    assert misspellings.hints([name, "rtf_release"], DECLARED) == [
        f"{name} is not an input of this collection; did you mean {meant}?"
    ]


@pytest.mark.parametrize(
    "name",
    ["rtf_building", "ntp_servers", "__rtf_kernel_swap", "rtf_release", "rtf_kernel_found", "rtf_kernel_swap_off"],
)
def test_variables_of_the_site_and_declared_ones_are_not_named(name):
    assert misspellings.hints([name], DECLARED) == []


def test_a_role_looks_at_variables_with_its_own_prefix():
    names = ["rtf_kernel_swap_of", "rtf_proxy_consumer", "rtf_ntp_server"]
    (hint,) = misspellings.hints(names, DECLARED, "rtf_kernel_")
    assert "rtf_kernel_swap_off" in hint


def test_every_variable_with_one_letter_less_is_noticed():
    for name in DECLARED.variables:
        (hint,) = misspellings.hints([name[:-1]], DECLARED)
        assert "did you mean rtf_" in hint
