# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the files of this checkout call by name exists."""

import re

import pytest

from ansible_collections.hostprep.runtime_fabric.tests.unit.contract import checkout

PLUGIN_KINDS = ("modules", "action", "lookup", "filter", "test", "callback", "doc_fragments")

TEXTS = checkout.tracked_files(".yml", ".yaml", ".md", ".rst", ".j2", ".py")


def known_names():
    """Return every name that may follow the prefix of the collection in a playbook or a document."""
    names = {"molecule", "plugins", "tests", "tools"}  # Python packages
    names.update(checkout.role_names(), checkout.playbook_names())
    names.update(checkout.read_yaml("meta/runtime.yml").get("action_groups", {}))
    for kind in PLUGIN_KINDS:
        names.update(checkout.plugin_names(kind))
    return names


def names_used(text):
    """Return what follows the prefix of the collection in a text, up to the next dot."""
    return set(re.findall(r"\bhostprep\.runtime_fabric\.([A-Za-z_]\w*)", text))


def make_targets_used(text):
    """Return the targets of the `make` commands in a text: in back quotes, or on a line of their own."""
    commands = re.findall(r"(?:`|^[ \t]*(?:\$ )?)make((?: +[\w=./-]+)+)", text, re.MULTILINE)
    return {word for command in commands for word in command.split() if re.fullmatch(r"[a-z][a-z-]*", word)}


@pytest.mark.parametrize("path", TEXTS, ids=str)
def test_names_of_the_collection_exist(path):
    assert names_used(checkout.read(path)) - known_names() == set()


@pytest.mark.parametrize("path", checkout.tracked_files(".md"), ids=str)
def test_make_commands_in_documents_exist(path):
    assert make_targets_used(checkout.read(path)) - set(checkout.make_targets()) == set()


def test_action_groups_name_modules():
    groups = checkout.read_yaml("meta/runtime.yml")["action_groups"]
    assert groups
    for members in groups.values():
        assert set(members) - set(checkout.plugin_names("modules")) == set()


def test_makefile_documents_the_promised_targets():
    promised = {"demo", "test", "lint", "unit", "sanity", "molecule", "lab-up", "lab-down", "help", "setup", "clean"}
    assert promised - set(checkout.make_targets()) == set()


def test_what_counts_as_a_name():
    text = "see {0}.rtf_kernel, {0}.plugins.modules and {0}.".format("hostprep.runtime_fabric")
    assert names_used(text) == {"rtf_kernel", "plugins"}


def test_what_counts_as_a_make_command():
    text = "Type `make demo`, or\n\n    make lab-up SIZE=3\n    $ make lint unit\n\nto make things work."
    assert make_targets_used(text) == {"demo", "lab-up", "lint", "unit"}
