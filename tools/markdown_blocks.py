# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fenced blocks of a Markdown text: PAGE FIRST_LINE prints the one that begins with that line."""

import pathlib
import re
import sys
import textwrap


def blocks(text):
    """Return `[(language, content)]` of the fenced blocks of a text, those in lists without their indentation."""
    found = re.findall(r"^( *)```(\w+)\n(.*?)^\1```$", text, re.DOTALL | re.MULTILINE)
    return [(language, textwrap.dedent(content)) for _indent, language, content in found]


def beginning_with(text, line):
    """Return the only block of a text that begins with a line."""
    (content,) = [content for _language, content in blocks(text) if content.startswith(line + "\n")]
    return content


if __name__ == "__main__":
    print(beginning_with(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"), sys.argv[2]), end="")
