# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write the formats of a report into catalog/inputs.yml, from their registry: `make docs`."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report import formats
from ansible_collections.hostprep.runtime_fabric.tools.protocol_docs import replaced

INPUTS = Path(__file__).resolve().parents[1] / "catalog" / "inputs.yml"


def with_formats(text, known):
    """Return the text of catalog/inputs.yml with the formats that rtf_report_formats takes. known: {name: Format}."""
    text = replaced(text, "report formats: choices", [f"choices: [{', '.join(known)}]"])
    entries = [f"- V({name}) is C({each.file}), {each.purpose}." for name, each in known.items()]
    return replaced(text, "report formats: files", entries)


def main():
    INPUTS.write_text(with_formats(INPUTS.read_text(encoding="utf-8"), formats.FORMATS), encoding="utf-8")


if __name__ == "__main__":
    main()
