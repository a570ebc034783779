# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a field of a published file means, said where its type is declared: `name: Annotated[str, Field("...")]`.

tools/report_schema.py writes the JSON Schema of the file from these declarations.
"""

from __future__ import annotations

from typing import NamedTuple


class Field(NamedTuple):
    """meaning: sentences. choices: the values that a text can have. format: of JSON Schema, such as date-time."""

    meaning: str
    choices: tuple[str, ...] = ()
    format: str = ""
