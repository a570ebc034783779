# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan of a role for one node: which operations make the node as the inputs ask, in their order. Types alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypedDict

# What an operation is; roles/ROLE/tasks/apply_KIND.yml applies it. ANNOUNCEMENT stands for one that check mode skips.
ANNOUNCEMENT, FILES, RECORD, REMOVALS = "announcement", "files", "record", "removals"
KINDS = (
    ANNOUNCEMENT,
    "blocks",
    "commands",
    FILES,
    "modules",
    "packages",
    "parameters",
    RECORD,
    "reload",
    REMOVALS,
    "removed_files",
    "replacements",
    "rules",
    "services",
)

Inputs = Mapping[str, Any]  # as check_inputs returns them, by names without that of the role
Host = Mapping[str, Any]  # the evidence of host_info
Remembered = Mapping[str, Any]  # what change_record holds


class File(TypedDict):
    """A file that belongs to this collection alone."""

    path: str
    content: str
    mode: str


class Replacement(TypedDict):
    """A line of a file of the site, with the options of ansible.builtin.replace."""

    path: str
    regexp: str
    replace: str


class Service(TypedDict, total=False):
    """A unit of systemd; what is left out stays as it is."""

    name: str
    enabled: bool
    masked: bool
    state: str
    daemon_reload: bool


class _Step(TypedDict):
    step: str  # names the task that applies it, with a verb, and is unique within the plan
    kind: str  # one of KINDS


class Change(_Step, total=False):
    """One operation, with the fields that its kind needs."""

    apt: bool  # whether the packages are those of apt
    announcement: str  # what check mode reports, where the operation has no check mode of its own
    blocks: list[dict[str, Any]]
    commands: list[list[str]]
    files: list[File]
    modules: list[str]
    optional: list[str]  # names among the parameters that a kernel may refuse
    packages: list[str]
    parameters: dict[str, str]
    record: dict[str, Any]  # what is recorded first, with packages besides what their installation adds and removes
    reload: bool  # whether systemd reads its files again when the blocks are written
    removals: list[str]
    removed: list[str]
    replacements: list[Replacement]
    rules: dict[str, Any]
    services: list[Service]


class Plan(NamedTuple):
    """changes: first to last; none where the node is as the inputs ask.

    record: what change_record records before the first change. removals: what the node loses. notices, warnings: sentences
    for every run, also one without a change.
    """

    changes: list[Change] = []
    record: dict[str, Any] = {}
    removals: list[str] = []
    notices: list[str] = []
    warnings: list[str] = []


class Cluster(NamedTuple):
    """What the inventory says. variables: `{node: {name: value}}` with the names in Role.node_variables.

    header: comment lines for the top of every file that belongs to this collection.
    """

    node: str
    groups: dict[str, list[str]]
    variables: dict[str, dict[str, Any]]
    header: str = ""


class Settings(NamedTuple):
    """What a role works with on a node. shown: its inputs as check_inputs returns them.

    inputs: for the plan, no secret among them. private: for `inspection`, which makes digests of the secrets.
    """

    shown: Inputs
    inputs: Inputs
    private: Inputs


def plain_settings(_values: Mapping[str, Any], shown: Inputs, _cluster: Cluster) -> Settings:
    """Return the settings of a role that has no secrets."""
    return Settings(shown, shown, shown)


def _nothing_asked_for(_inputs: Inputs) -> bool:
    return False


def _no_sentences(_inputs: Inputs, _host: Host) -> list[str]:
    return []


def _nothing_to_judge_with(_shown: Inputs) -> Inputs:
    return {}


def _no_servers(_inputs: Inputs, _host: Host) -> list[Any]:
    return []


def _no_role(_changes: list[Change]) -> tuple[str, ...]:
    return ()


class Role(NamedTuple):
    """What a role plans with.

    inspection: (inputs, what is recorded, None unless it is to be restored) -> arguments of host_info, and `checks` and
    `must_pass` for verifying. plan, revert: see Plan. settings: (values of the variables, secrets among them; inputs; cluster).

    judged: the inputs that the checks depend on. unmet: a sentence for each thing that no check of the catalogue knows and
    that is not in force. leaves_alone: whether the inputs ask for nothing, so that there is nothing to verify. questions:
    hosts that have to be probed before the plan can be made. suspects: time servers, as `servers` has them, that have to be
    probed to say why the effect is missing; none where it is there.

    disturbs: roles whose plans are made from evidence that these changes make stale. unsettles: roles whose plans hold, and
    whose effect has to be verified again after a change of this one.
    """

    inspection: Callable[[Inputs, Remembered | None], dict[str, Any]]
    plan: Callable[[Inputs, Host, Cluster], Plan]
    revert: Callable[[Inputs, Host, Remembered], Plan]
    node_variables: tuple[str, ...] = ()
    settings: Callable[[Mapping[str, Any], Inputs, Cluster], Settings] = plain_settings
    judged: Callable[[Inputs], Inputs] = _nothing_to_judge_with
    unmet: Callable[[Inputs, Host], list[str]] = _no_sentences
    leaves_alone: Callable[[Inputs], bool] = _nothing_asked_for
    questions: Callable[[Inputs, Host], list[str]] = _no_sentences
    suspects: Callable[[Inputs, Host], list[Any]] = _no_servers
    disturbs: Callable[[list[Change]], tuple[str, ...]] = _no_role
    unsettles: tuple[str, ...] = ()


class Refusal(ValueError):
    """Why a node must not be changed; a sentence."""


def header_of(text: str) -> str:
    """Return a text as the comment at the top of a file, in the shape that Ansible's filter `comment` gives it."""
    return "".join(f"{line}\n" for line in ["#", *(f"# {line}".rstrip() for line in text.splitlines()), "#"])


def section(host: Host, name: str) -> Any:
    """Return a section of the evidence. Raises Refusal where it could not be collected."""
    found = host.get(name)
    if found is None or (isinstance(found, Mapping) and "error" in found):
        why = found["error"] if found else "it was not collected"
        raise Refusal(f"The node was not changed, because its state is not known: {name}: {why}")
    return found


def differs(host: Host, file: File) -> bool:
    """Whether a file of host_info has another content, mode or owner."""
    found = host["files"].get(file["path"])
    wanted = {"text": file["content"], "mode": file["mode"], "owner": 0, "group": 0}
    return found is None or {name: found.get(name) for name in wanted} != wanted


def text_of(host: Host, path: str) -> str:
    """Return the content of a file of host_info, "" where there is none or it cannot be read."""
    return (host["files"].get(path) or {}).get("text") or ""


def steps(plan: Plan, dry: bool) -> list[Change]:
    """Return what is applied for a plan, from its report to its last change; nothing without a change. dry: in check mode."""
    if not plan.changes:
        return []
    found: list[Change] = []
    if plan.removals:
        found.append({"step": "Report the removals", "kind": REMOVALS, "removals": plan.removals})
    changes = for_check_mode(plan.changes) if dry else plan.changes
    # Before the first change: whatever interrupts it, reverting restores what was there.
    if plan.record and changes[0]["kind"] == FILES:  # which one call records and writes
        changes = [{**changes[0], "record": plan.record}, *changes[1:]]
    elif plan.record:
        found.append({"step": "Record the state before the changes", "kind": RECORD, "record": plan.record})
    return found + changes


def for_check_mode(changes: list[Change]) -> list[Change]:
    """Return the changes with each that check mode cannot make replaced by its announcement."""
    return [{**change, "kind": ANNOUNCEMENT} if "announcement" in change else change for change in changes]
