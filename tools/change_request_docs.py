# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write the formats of a change request into the documentation of the module change_request, from their registry."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.change_request import formats
from ansible_collections.hostprep.runtime_fabric.tools.protocol_docs import replaced

ROOT = Path(__file__).resolve().parents[1]
MODULE = "plugins/modules/change_request.py"


def documented(text, known):
    """Return the text of the module with the formats written anew. known: {name: Format}."""
    names = ", ".join(known)
    text = replaced(text, "formats: files", [f"- V({name}) is {each.files}." for name, each in known.items()])
    return replaced(text, "formats: choices", [f"choices: [{names}]", f"default: [{names}]"])


def main():
    path = ROOT / MODULE
    path.write_text(documented(path.read_text(encoding="utf-8"), formats.FORMATS), encoding="utf-8")


if __name__ == "__main__":
    main()
