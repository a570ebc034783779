# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules that hold for every file under version control."""

import pathlib
import re

import pytest

from ansible_collections.hostprep.runtime_fabric.tests.unit.contract import checkout

# REUSE-IgnoreStart
LICENCE = [
    "# Copyright: hostprep.runtime_fabric contributors",
    "# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)",
    "# SPDX-License-Identifier: GPL-3.0-or-later",
]
# REUSE-IgnoreEnd

# Folders of one machine or person ("ops" is the user of the lab), and options that tie pip to one package index.
FOREIGN = [
    re.compile(r"(?<![\w.{}$-])/(?:home/(?!ops/)\w+|Users/\w+)/|/\.pyenv/versions/\d"),
    re.compile(r"--(?:extra-)?index-url|--find-links|--trusted-host"),
    re.compile(r"(?<![\w.])" + re.escape(str(checkout.CHECKOUT)) + r"(?![\w-])"),
]

HERE = pathlib.PurePath("tests/unit/contract/test_files.py")


def foreign_lines(text):
    """Return the lines of a text that name a place of one machine."""
    return [line for line in text.splitlines() if any(pattern.search(line) for pattern in FOREIGN)]


def is_text(path):
    return b"\0" not in (checkout.CHECKOUT / path).read_bytes()


@pytest.mark.parametrize("path", checkout.tracked_files(".py"), ids=str)
def test_python_files_carry_the_licence(path):
    lines = checkout.read(path).splitlines()
    if lines and lines[0].startswith("#!"):
        lines = lines[1:]
    assert lines[:3] == LICENCE


@pytest.mark.parametrize("path", [path for path in checkout.tracked_files() if path != HERE], ids=str)
def test_no_file_names_a_place_of_one_machine(path):
    assert not is_text(path) or foreign_lines(checkout.read(path)) == []


@pytest.mark.parametrize(
    "line, foreign",
    [
        ("see /home/jane/notes", True),
        ("sample: /home/ops/site/report.json", False),
        ("pip install --index-url https://mirror.example/simple", True),
        (f"cd {checkout.CHECKOUT} && make", True),
        ("the folder ./work/x, $HOME/.cache or /etc/hosts", False),
        ("https://example.org/work/", False),
    ],
)
def test_foreign_lines(line, foreign):
    assert bool(foreign_lines(line)) is foreign
