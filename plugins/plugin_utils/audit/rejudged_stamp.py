# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The stamp of a report that was judged again."""

from __future__ import annotations

from typing import Annotated, Any, TypedDict

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.documented_fields import Field


class ChangedInput(TypedDict):
    """An input that was another one in the saved run."""

    name: Annotated[str, Field("The name of the input, without the prefix of the role rtf_preflight.")]
    before: Annotated[Any, Field("Its value in the saved run.")]
    now: Annotated[Any, Field("The value that was judged with.")]


class Rejudged(TypedDict):
    """When a saved run was judged again, and with what."""

    at: Annotated[str, Field("When it was judged again, UTC.", format="date-time")]
    run: Annotated[str, Field("The evidence.json that was judged.")]
    collection: Annotated[str, Field("The version of hostprep.runtime_fabric that collected it.")]
    inputs: Annotated[list[ChangedInput], Field("The inputs that differ from those of the saved run.")]


def sentence(found: Rejudged, collected: str) -> str:
    """Return the stamp in one line. collected: when the run was made."""
    changes = [_words(change) for change in found["inputs"]]
    return f"Judged again at {found['at']}, without contacting a host, from evidence of {collected}, {_with(changes)}."


def _with(changes: list[str]) -> str:
    return f"with {', '.join(changes)}" if changes else "with the same inputs"


def _words(change: ChangedInput) -> str:
    """An input in a few words; lists are too long for them."""
    if isinstance(change["now"], (str, int, float)):
        return f"{change['name']} {change['now']} instead of {change['before']}"
    return f"different {change['name']}"
