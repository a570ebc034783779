# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Blocks that come and go, and leave a file as it was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.changes import managed_blocks
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.changes.managed_blocks import Before

NAME = "site proxy"
KEPT = Before(0o644, True, 0)


def put_in(text, body="a=1\n", section=None):
    before = Before(None if text is None else 0o644, not text or text.endswith("\n"), 0)
    return managed_blocks.put_in(text, NAME, before, body, section)


def test_a_block_stands_at_the_end():
    assert put_in("x\n") == "x\n# BEGIN site proxy (before: mode 0644)\na=1\n# END site proxy\n"


@pytest.mark.parametrize(
    "text, expected",
    [
        ("[main]\nx=1\n", "[main]\nx=1\n<\na=1\n>\n"),
        ("[main]\nx=1\n\n[repo]\ny=2\n", "[main]\nx=1\n<\na=1\n>\n\n[repo]\ny=2\n"),
        ("[main]\n[repo]\n", "[main]\n<\na=1\n>\n[repo]\n"),
        ("[repo]\ny=2\n", "[repo]\ny=2\n<\n[main]\na=1\n>\n"),
        ("", "<\n[main]\na=1\n>\n"),
    ],
)
def test_a_block_stands_at_the_end_of_its_section(text, expected):
    found = put_in(text, section="main")
    for real, short in (("# BEGIN site proxy (before: mode 0644)", "<"), ("# END site proxy", ">")):
        found = found.replace(real, short)
    assert found == expected


@given(st.text(alphabet="ab=[]main\n \r#", max_size=60), st.sampled_from([None, "main"]))
def test_taking_a_block_out_restores_every_text(text, section):
    written = put_in(text, section=section)
    rest, before, body = managed_blocks.take_out(written, NAME)
    assert managed_blocks.restored(rest, before) == text
    assert body.endswith("a=1\n")
    assert managed_blocks.put_in(rest, NAME, before, "a=1\n", section) == written


def test_a_file_that_was_not_there_goes_unless_somebody_wrote_to_it():
    rest, before, _body = managed_blocks.take_out(put_in(None), NAME)
    assert managed_blocks.restored(rest, before) is None
    rest, before, _body = managed_blocks.take_out(put_in(None) + "b=2\n", NAME)
    assert managed_blocks.restored(rest, before) == "b=2\n"


@pytest.mark.parametrize(
    "text",
    [
        "# BEGIN site proxy (before: mode 0644)\na=1\n",
        "# BEGIN site proxy (before: yesterday)\na=1\n# END site proxy\n",
    ],
)
def test_a_block_that_was_changed_by_hand_is_refused(text):
    with pytest.raises(ValueError, match="line 1"):
        managed_blocks.take_out(text, NAME)


def test_a_block_of_another_name_is_no_concern():
    text = put_in("x\n")
    assert managed_blocks.take_out(text, "other") == (text, None, None)


@pytest.mark.parametrize(
    "current, before, private, expected",
    [
        (None, Before(None, True, 0), False, 0o644),
        (None, Before(None, True, 0), True, 0o640),
        (0o644, KEPT, False, 0o644),
        (0o644, KEPT, True, 0o640),
        (0o600, Before(0o600, True, 0), True, 0o600),
        (0o640, KEPT, False, 0o644),
        (0o640, Before(None, True, 0), False, 0o644),
        (0o604, KEPT, False, 0o604),
    ],
)
def test_a_file_with_a_secret_is_closed_and_opened_again_without(current, before, private, expected):
    assert managed_blocks.mode_with_block(current, before, private, 0o644) == expected


@pytest.mark.parametrize("current, expected", [(0o640, 0o644), (0o644, 0o644), (0o600, 0o600)])
def test_the_former_mode_comes_back_unless_somebody_changed_it(current, expected):
    assert managed_blocks.mode_without_block(current, KEPT) == expected


def test_a_secret_is_taken_as_it_is():
    assert (
        managed_blocks.with_secrets("a @{one} @{three}", {"one": "@{two} \\1", "two": "x"}) == "a @{two} \\1 @{three}"
    )
