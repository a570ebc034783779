# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is written from the declaration of the inputs."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import input_declarations
from ansible_collections.hostprep.runtime_fabric.tools import input_files


def test_a_readme_without_markers_is_refused():
    with pytest.raises(ValueError, match="has no <!-- inputs"):
        input_files.with_table("# A role\n", ["| a |"])


def test_the_table_takes_the_place_of_the_former_one():
    text = f"# A role\n\n{input_files.BEGIN}\n\n| old |\n\n{input_files.END}\n\nThe rest.\n"
    assert input_files.with_table(text, ["| new |"]) == text.replace("old", "new")


SAMPLE = {
    "inputs": [
        {
            "name": "rtf_limit",
            "scope": "cluster",
            "type": "int",
            "default": 5,
            "meaning": "Limit of V(all).",
            "roles": {"rtf_x": {}, "rtf_y": {"variable": "rtf_y_most", "default": "unchanged", "at_first": 7}},
        },
        {
            "name": "rtf_x_file",
            "scope": "role",
            "type": "path",
            "default": "/x",
            "meaning": "File.",
            "roles": {"rtf_x": {}},
        },
    ],
    "roles": {"rtf_x": {"main": {"short_description": "X"}}, "rtf_y": {"main": {"short_description": "Y"}}},
}


def test_defaults_follow_the_input():
    declared = input_declarations.parse(SAMPLE)
    text = input_files.defaults(declared, "rtf_x")
    assert text.endswith('# Limit of all.\nrtf_x_limit: "{{ rtf_limit | default(5) }}"\n\n# File.\nrtf_x_file: /x\n')
    assert "rtf_y_most: \"{{ rtf_limit | default('unchanged') }}\"" in input_files.defaults(declared, "rtf_y")


def test_specifications_have_types_and_say_what_the_default_is():
    declared = input_declarations.parse(SAMPLE)
    assert "description:\n          - Limit of V(all).\n          - The default is C(rtf_limit), else V(5).\n" in (
        input_files.specifications(declared, "rtf_x")
    )
    text = input_files.specifications(declared, "rtf_y")
    assert "type: raw" in text
    assert "else V(unchanged), which keeps what an earlier run configured, and is V(7) without one." in " ".join(
        text.split()
    )


def test_tables_have_the_default_of_the_input_and_of_the_role():
    declared = input_declarations.parse(SAMPLE)
    assert input_files.site_table(declared)[2:] == ["| `rtf_limit` | `5` | Limit of `all`. |"]
    assert input_files.role_table(declared, "rtf_y")[2:] == [
        "| `rtf_y_most` | `rtf_limit`, else `unchanged`, at first `7` | Limit of `all`. |"
    ]
