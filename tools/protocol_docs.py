# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write what the documentation and the catalogue say of endpoint protocols from the protocols themselves.

That is: the options and return values of the module egress_info, and the values of `protocol` in the schema and the
README of the catalogue.
"""

from __future__ import annotations

import json
import re
import textwrap
from pathlib import Path

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress import protocol_registry

ROOT = Path(__file__).resolve().parents[1]
MODULE = "plugins/modules/egress_info.py"
SCHEMA = "catalog/schemas/endpoints.schema.json"
README = "catalog/README.md"
_WIDTH = 118


def documents(protocols, evidence, texts):
    """Return {path: text} with what depends on protocols written anew. texts: {path: text as it is}."""
    catalogued = [protocol for protocol in protocols if protocol.in_catalogue]
    return {
        MODULE: _module(texts[MODULE], protocols, evidence),
        SCHEMA: _schema(texts[SCHEMA], [protocol.name for protocol in catalogued]),
        README: _readme(texts[README], catalogued),
    }


def _module(text, protocols, evidence):
    layers = ["dns", "tcp", "proxy", "tls", *dict.fromkeys(each.layer for each in protocols if each.layer), "idle"]
    failures = {verdict: meaning for each in protocols for verdict, meaning in each.failures.items()}
    blocks = {
        "outcomes": [f"- V({each.name}) ends with {each.outcome}." for each in protocols],
        "choices": [f"choices: [{', '.join(each.name for each in protocols)}]"],
        "failures": [f"- V({verdict}) - {meaning}." for verdict, meaning in failures.items()],
        "layers": [f"- One of {', '.join(f'V({layer})' for layer in layers)}."],
        "evidence": [_field(each) for each in evidence],
    }
    for name, entries in blocks.items():
        text = replaced(text, f"protocols: {name}", entries)
    return text


def _field(evidence):
    return f"{evidence.name}:\n{textwrap.indent(evidence.documentation.strip(), '  ')}"


def replaced(text, name, entries):
    """Return `text` with the lines between the comments `# name` and `# end` replaced."""
    block = re.compile(rf"^(?P<indent> *)# {name}\n.*?^ *# end\n", re.DOTALL | re.MULTILINE)

    def written(match):
        indent = match["indent"]
        lines = [line for entry in entries for line in _wrapped(entry, _WIDTH - len(indent))]
        return "\n".join(f"{indent}{line}" for line in [f"# {name}", *lines, "# end"]) + "\n"

    found, count = block.subn(written, text)
    if count != 1:
        raise ValueError(f"the block of comments '# {name}' appears {count} times")
    return found


def _wrapped(entry, width):
    """Return the lines of an entry; an entry of a list goes on below its dash."""
    if not entry.startswith("- "):
        return entry.splitlines()
    return textwrap.wrap(entry, width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


def _schema(text, names):
    schema = json.loads(text)
    schema["$defs"]["fields"]["properties"]["protocol"]["enum"] = names
    return json.dumps(schema, indent=2) + "\n"


def _readme(text, protocols):
    names = ", ".join(f"`{each.name}` ({each.title})" for each in protocols)
    return re.sub(r"^\| `protocol` \| .* \|$", lambda dummy: f"| `protocol` | {names} |", text, flags=re.MULTILINE)


def written(root=ROOT):
    """Return documents() of a checkout."""
    texts = {path: (root / path).read_text(encoding="utf-8") for path in (MODULE, SCHEMA, README)}
    return documents(protocol_registry.PROTOCOLS.values(), protocol_registry.evidence().values(), texts)


def main():
    for path, text in written().items():
        (ROOT / path).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
