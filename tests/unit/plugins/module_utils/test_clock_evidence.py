# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The output of chronyc and systemctl as evidence; the lines were printed by chrony 4.3 and systemd 252."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils import chrony_text, clock_evidence

TRACKING = (
    "C633647B,198.51.100.123,3,1764000000.123456789,-0.000012345,0.000001,0.00002,-10.123,0.001,0.456,"
    "0.000400,0.000100,64.5,Normal\n"
)
UNSYNCHRONISED = "7F7F0101,,0,0.000000000,0.000000000,0.0,0.0,0.000,0.000,0.000,1.0,1.0,0.0,Not synchronised\n"
SOURCES = "^,*,198.51.100.123,2,6,377,23,-0.000004000,-0.000003000,0.000200000\n^,x,198.51.100.124,2,6,17,3,5.0,5.0,0.1\n"


def test_tracking_is_read_by_position():
    assert chrony_text.parse_tracking(TRACKING) == {
        "reference": "198.51.100.123",
        "stratum": 3,
        "offset": -0.000012345,
        "root_delay": 0.0004,
        "root_dispersion": 0.0001,
        "skew": 0.456,
        "leap": "Normal",
    }
    assert chrony_text.parse_tracking(UNSYNCHRONISED)["leap"] == "Not synchronised"


def test_sources_are_read_with_names_for_their_signs():
    first, second = chrony_text.parse_sources(SOURCES)
    assert (first["state"], first["reach"], first["poll"], first["mode"]) == ("selected", 255, 64, "server")
    assert (second["state"], second["reach"], second["offset"]) == ("falseticker", 15, 5.0)
    assert chrony_text.parse_sources("") == []


@given(st.text())
def test_other_text_is_refused_with_a_value_error(text):
    for parse in (chrony_text.parse_tracking, chrony_text.parse_sources):
        try:
            parse(text)
        except ValueError:
            continue


@pytest.mark.parametrize(
    "tracking, sources, synchronised",
    [(TRACKING, SOURCES, True), (UNSYNCHRONISED, SOURCES, False), (TRACKING, "", False)],
)
def test_synchronised_needs_a_normal_leap_and_a_selected_source(tracking, sources, synchronised):
    chrony = {"tracking": chrony_text.parse_tracking(tracking), "sources": chrony_text.parse_sources(sources)}
    assert clock_evidence.is_synchronised(chrony) is synchronised


def test_no_answer_of_chronyc_is_not_synchronised():
    assert not clock_evidence.is_synchronised({"error": "chronyc: command not found"})


def test_units_that_are_not_installed_are_left_out():
    text = (
        "Id=chrony.service\nLoadState=loaded\nActiveState=active\nUnitFileState=enabled\n\n"
        "Id=chronyd.service\nLoadState=not-found\nActiveState=inactive\nUnitFileState=\n\n"
        "Id=systemd-timesyncd.service\nLoadState=masked\nActiveState=inactive\nUnitFileState=masked\n\n"
        "Id=openntpd.service\nLoadState=loaded\nActiveState=inactive\nUnitFileState=disabled\n"
    )
    assert clock_evidence.parse_units(text) == {
        "chrony.service": {"active": True, "enabled": True},
        "openntpd.service": {"active": False, "enabled": False},
    }
