# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every role keeps its two descriptions, defaults and argument specifications, in step, and is documented."""

import re
import sys

import pytest

from ansible_collections.hostprep.runtime_fabric.tests.unit import commands
from ansible_collections.hostprep.runtime_fabric.tests.unit.contract import checkout

# Keys whose values are expressions without braces.
CONDITIONS = ("when", "that", "until", "changed_when", "failed_when")


def argument_specs(role):
    """Return the entry points of a role: {name: {option: specification}}."""
    specs = checkout.read_yaml(f"roles/{role}/meta/argument_specs.yml")["argument_specs"]
    return {entry_point: spec.get("options", {}) for entry_point, spec in specs.items()}


def disagreements(defaults, options):
    """Compare the defaults of a role with the options of its entry point "main"; return one line per difference.

    A default that is None or computed by a template need not be repeated in the specification, where a reader would see
    the template; a constant must be.
    """
    lines = []
    for name in sorted(set(defaults) | set(options)):
        if name not in options:
            lines.append(f"{name}: has a default and no specification")
        elif options[name].get("required"):
            if name in defaults:
                lines.append(f"{name}: is required and has a default")
        elif name not in defaults:
            lines.append(f"{name}: has neither a default nor `required: true`")
        elif "default" in options[name]:
            if options[name]["default"] != defaults[name]:
                lines.append(
                    "{}: is {!r} by default and {!r} in the specification".format(
                        name, defaults[name], options[name]["default"]
                    )
                )
        elif defaults[name] is not None and "{{" not in str(defaults[name]):
            lines.append(f"{name}: is {defaults[name]!r} by default, which the specification does not say")
    return lines


def test_roles_exist():
    assert checkout.role_names()


@pytest.mark.parametrize("role", checkout.role_names())
def test_defaults_and_specification_agree(role):
    defaults = checkout.read_yaml(f"roles/{role}/defaults/main.yml")
    assert disagreements(defaults, argument_specs(role)["main"]) == []


@pytest.mark.parametrize("role", checkout.role_names())
def test_every_entry_point_has_tasks_and_knows_only_options_of_main(role):
    specs = argument_specs(role)
    for entry_point, options in specs.items():
        assert (checkout.CHECKOUT / "roles" / role / "tasks" / (entry_point + ".yml")).is_file(), entry_point
        assert {name: specs["main"].get(name) for name in options} == options, entry_point


def expressions(content, bare=False):
    """Return what Ansible evaluates in a text, or in the content of a YAML file: templates, and conditions."""
    if isinstance(content, dict):
        return [found for key, value in content.items() for found in expressions(value, str(key) in CONDITIONS)]
    if isinstance(content, list):
        return [found for value in content for found in expressions(value, bare)]
    text = str(content)
    return [text] if bare else re.findall(r"{[{%].*?[%}]}", text, re.DOTALL)


@pytest.mark.parametrize("role", checkout.role_names())
def test_what_is_no_text_is_used_with_its_type_only(role):
    """`-e name=false` is text, and text is true: tasks use what check_inputs returned instead of the variable."""
    typed = [name for name, option in argument_specs(role)["main"].items() if option["type"] not in ("str", "path")]
    raw = re.compile(r"(?<!\w)({})\b(?! \| hostprep\.runtime_fabric\.ntp_keys)".format("|".join(typed)))
    found = {}
    for path in checkout.tracked_files(".yml", ".j2"):
        if path.parts[:2] == ("roles", role) and path.parts[2] not in ("defaults", "meta"):
            content = checkout.read_yaml(path) if path.suffix == ".yml" else checkout.read(path)
            names = {name for text in expressions(content) for name in raw.findall(text)}
            found.update({str(path): names} if names else {})
    assert found == {}


@pytest.mark.parametrize(
    "content, expected",
    [
        ({"when": ["a", "b is c"], "loop": "{{ d }}", "name": "no {{ e }} f"}, ["a", "b is c", "{{ d }}", "{{ e }}"]),
        ("x {% if y %}z{% endif %}", ["{% if y %}", "{% endif %}"]),
        ([{"vars": {"v": "{{ w\n + u }}"}}], ["{{ w\n + u }}"]),
    ],
)
def test_expressions(content, expected):
    assert expressions(content) == expected


@pytest.mark.parametrize("role", checkout.role_names())
def test_name_variables_and_readme(role):
    assert role.startswith("rtf_")
    defaults = checkout.read_yaml(f"roles/{role}/defaults/main.yml")
    assert [name for name in defaults if not name.startswith(role + "_")] == []
    readme = checkout.read(f"roles/{role}/README.md")
    assert readme.startswith("# ")
    assert [name for name in defaults if name not in readme] == []


@pytest.mark.parametrize("role", checkout.role_names())
def test_every_entry_point_is_in_the_readme(role):
    named = re.findall(r"tasks_from: (\w+)", checkout.read(f"roles/{role}/README.md"))
    assert set(argument_specs(role)) - {"main"} == set(named)


def roles_of_plays(path):
    """Return the roles of each play in a file that gathers no facts, as a list of sets of names."""
    plays = checkout.read_yaml(path)
    return [
        {entry["role"].rpartition(".")[2] for entry in play["roles"]}
        for play in plays
        if isinstance(play, dict) and "roles" in play and play["gather_facts"] is False
    ]


@pytest.mark.parametrize("role", checkout.role_names())
def test_a_scenario_runs_the_role_alone_and_without_facts(role):
    """The inventory of all scenarios is the user's, whose nodes are reached by an ordinary user."""
    files = [path for path in checkout.tracked_files(".yml") if path.parts[0] == "molecule"]
    plays = [roles for path in files for roles in roles_of_plays(path)]
    assert {role} in plays
    shared = checkout.read_yaml(".config/molecule/config.yml")["ansible"]
    assert shared["env"]["ANSIBLE_INJECT_FACT_VARS"] == "false"
    assert any(word.endswith("/examples/site/inventory") for word in shared["executor"]["args"]["ansible_playbook"])
    assert "ansible_user=ops" in checkout.read("examples/site/inventory")


PLAYBOOKS_WITH_ROLES = [name for name in checkout.playbook_names() if "role" in checkout.read(f"playbooks/{name}.yml")]


@pytest.mark.parametrize("playbook", [name for name in PLAYBOOKS_WITH_ROLES if name.endswith("_rtf")])
def test_tags_are_the_names_of_the_roles(playbook):
    said = commands.output(
        [sys.executable, "-m", "ansible", "playbook", "--list-tags", "-i", "localhost,", f"playbooks/{playbook}.yml"],
        checkout.CHECKOUT,
        checkout.environment(ANSIBLE_COLLECTIONS_PATH=str(checkout.COLLECTIONS)),
    )
    tags = {tag for line in re.findall(r"TASK TAGS: \[(.*)\]", said) for tag in line.split(", ")}
    imported = set(roles_imported(playbook) + roles_imported(playbook, "revert"))
    assert tags == {"always"} | (imported or {"rtf_preflight"})


def roles_imported(playbook, tasks_from="main"):
    """Return the roles that a playbook imports or includes with this entry point, among others or not, in their order."""

    def walk(node):
        if isinstance(node, list):
            return [entry for child in node for entry in walk(child)]
        if not isinstance(node, dict):
            return []
        own = [node[name] for name in ("ansible.builtin.import_role", "ansible.builtin.include_role") if name in node]
        return own + [entry for child in node.values() for entry in walk(child)]

    found = walk(checkout.read_yaml(f"playbooks/{playbook}.yml"))
    entry_points = [(entry["name"].rpartition(".")[2], entry.get("tasks_from", "main")) for entry in found]
    return [role for role, names in entry_points if tasks_from in re.findall(r"\w+", names)]


def test_what_a_role_prepares_can_be_taken_back():
    prepared = [role for role in roles_imported("prepare_rtf") if role != "rtf_preflight"]
    assert prepared
    assert sorted(roles_imported("revert_rtf", "revert")) == sorted(prepared)
    for role in prepared:
        assert "revert" in argument_specs(role), role
        assert "tasks_from: revert" in checkout.read(f"roles/{role}/README.md"), role


@pytest.mark.parametrize(
    "defaults, options, expected",
    [
        ({"a": 1}, {"a": {"default": 1}}, []),
        ({"a": None}, {"a": {}}, []),
        ({"a": "{{ b }}"}, {"a": {}}, []),
        ({"a": ["{{ b }}"]}, {"a": {"default": ["{{ b }}"]}}, []),
        ({}, {"a": {"required": True}}, []),
        ({"a": 1}, {}, ["a: has a default and no specification"]),
        ({"a": 1}, {"a": {"required": True}}, ["a: is required and has a default"]),
        ({}, {"a": {}}, ["a: has neither a default nor `required: true`"]),
        ({"a": 1}, {"a": {"default": 2}}, ["a: is 1 by default and 2 in the specification"]),
        ({"a": 1}, {"a": {}}, ["a: is 1 by default, which the specification does not say"]),
        (
            {"a": "{{ b }}"},
            {"a": {"default": "{{ c }}"}},
            ["a: is '{{ b }}' by default and '{{ c }}' in the specification"],
        ),
    ],
)
def test_disagreements(defaults, options, expected):
    assert disagreements(defaults, options) == expected
