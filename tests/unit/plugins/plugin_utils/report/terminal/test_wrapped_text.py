# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lines of a terminal, in which no name, path or address is broken."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report import formats
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report.terminal import wrapped_text

HEAD = "    ask:      "
LONG = "prod-us-east-1-starport-layer-bucket.s3.us-east-1.amazonaws.com:443,"


@pytest.mark.parametrize(
    "text", [f"reach {LONG} directly", LONG, f"{LONG} {LONG}", "", "a " * 200, f"{'x' * 65} {'y' * 67} z"]
)
def test_a_name_is_never_broken(text):
    """A reader of a lab copied half of the name of an endpoint, which the report had broken at a hyphen."""
    lines = wrapped_text.hanging(HEAD, text)
    assert " ".join(lines).split() == f"{HEAD}{text}".split()
    assert max(map(len, lines)) <= 80 and lines[0].startswith(HEAD.rstrip())


def test_a_name_that_is_wider_than_the_terminal_is_whole():
    name = f"{'long.' * 40}example"
    assert name in wrapped_text.hanging(HEAD, f"to {name}")


@pytest.mark.parametrize("rest, end", [("report.html", " ... (all of it: report.html)"), ("", " ...")])
def test_what_is_cut_says_where_the_whole_is(rest, end):
    lines = wrapped_text.hanging(HEAD, f"to {f'{LONG} ' * 9}")
    shown = wrapped_text.cut(lines, 3, rest)
    assert len(shown) == 3 and shown[-1].endswith(end.strip()) and max(map(len, shown)) <= 80
    assert set(" ".join(shown).replace(end.strip(), "").split()) <= {"ask:", "to", LONG}
    assert wrapped_text.cut(lines, 20, rest) == lines


@pytest.mark.parametrize(
    "chosen, file",
    [(["junit", "markdown", "html"], "report.html"), (["markdown"], "report.md"), (["junit"], "report.json")],
)
def test_the_whole_is_in_the_file_that_people_read(chosen, file):
    assert formats.for_readers(chosen) == file
