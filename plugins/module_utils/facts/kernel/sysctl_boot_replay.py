# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Replay a boot: every program that writes kernel parameters, in its order, and what each parameter has afterwards.

The order of a boot is not the same everywhere, and not every time. A host whose udev adds its interfaces lets systemd-sysctl
write the parameters of each interface once more when it appears (udev's 99-systemd.rules); ufw has no order with
systemd-sysctl. So there is more than one possible outcome, and each counts.

systemd-sysctl reads all its files before it writes anything. It keeps one option for each key, in the order of the files: an
option with another value takes the last place, one with the same value stays at its first place (src/sysctl/sysctl.c of systemd
247 to 257). The program `sysctl` writes line by line.
"""

import fnmatch
from typing import NamedTuple

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.kernel.sysctl_files import (
    LINE_FEED,
    settings,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.kernel.sysctl_side_effects import (
    ALL,
    DEFAULT,
    IP_FORWARD,
    Kernel,
    interface_key,
    same_parameter,
)

# An interface that does not exist yet, such as that of a pod.
TO_COME = "to-come"
_GLOB_CHARACTERS = "*?["


class Boot(NamedTuple):
    """What writes parameters at boot; every file is `(path, text)`, in the words of sysctl.d.

    files: those of systemd-sysctl. command_line: of the kernel, before everything else. unordered: of programs that have no
    order with systemd-sysctl. later: of programs that run after it. udev: whether udev adds the interfaces.
    """

    files: tuple
    command_line: tuple = ()
    unordered: tuple = ()
    later: tuple = ()
    udev: bool = False


class Outcome(NamedTuple):
    """settings: as _ranked returns it, the deciding line last; empty where nothing sets the parameter.

    otherwise: `[{"value", "source"}]` of what it can also have after a boot, in another order.
    """

    settings: list
    otherwise: list


def replay(boot, keys, interfaces=(), live=None):
    """Return `({key: Outcome}, {interface: Outcome}, [(key, text or None, "path:line") that sets nothing])`.

    keys: paths below /proc/sys. The second one says of each interface whether it forwards, and of `default` what an interface
    to come does. The third one are the texts that the kernel refuses, and the lines of systemd-sysctl that exclude a key (None)
    and so take the place of a setting. live: `{path: value}` of the running kernel.
    """
    universe = {ALL, DEFAULT, interface_key(TO_COME), *keys, *map(interface_key, interfaces)}
    known = universe - {interface_key(TO_COME)}

    def run(order, there=()):
        kernel = Kernel(live, there)
        for writes in order:
            kernel.take(writes)
        return kernel

    first, unordered, later = (
        _writes_in_turn(files, known) for files in (boot.command_line, boot.unordered, boot.later)
    )
    systemd = _writes_of_systemd(boot.files, known)
    usual = run([first, systemd, unordered, later], interfaces)
    others = [run([first, unordered, systemd, later], interfaces)] if unordered else []
    sets = [_Lines(files) for files in (boot.command_line, boot.files, boot.unordered, boot.later)]
    added = run([first, systemd, unordered, later])
    for name in [*interfaces, TO_COME]:
        added.add(name)
        key = interface_key(name)
        if boot.udev and sets[1].about(key):
            added.take(_writes_of_systemd(boot.files, universe, key[: -len("forwarding")]))

    def outcome(key, kernels):
        found = _ranked(usual, key, sets)
        said = {(found[-1]["value"] if found else None): None}
        for kernel in kernels:
            won = kernel.values.get(same_parameter(key))
            if won is not None:
                said.setdefault(won[0], {"value": won[0], "source": won[1][-1]})
        return Outcome(found, [one for one in said.values() if one is not None])

    excluded = [
        (same_parameter(key), value, source)
        for key in keys
        for value, source in sets[1].about(key)[-1:]
        if value is None and key in sets[1].literal
    ]
    forwarding = {name: outcome(interface_key(name), others + [added] * boot.udev) for name in interfaces}
    to_come = outcome(DEFAULT, others)
    won = added.values.get(interface_key(TO_COME))
    if won is not None and won[0] not in [one["value"] for one in to_come.settings[-1:] + to_come.otherwise]:
        to_come.otherwise.append({"value": won[0], "source": won[1][-1]})
    return {key: outcome(key, others) for key in keys}, dict(forwarding, default=to_come), usual.refused + excluded


def _writes_of_systemd(files, keys, below=""):
    """Return the writes of systemd-sysctl, `[(key, value, ["path:line", ...])]`, for `[(path, text)]` in their order.

    keys: paths that exist, for globs. below: the path to which `systemd-sysctl --prefix` is limited, with a slash at its end.
    """
    options = {}
    for key, value, source in settings(files):
        if not _is_glob(key) and not key.startswith(below):
            continue
        if key in options and options[key][0] == value:
            options[key][1].append(source)
        else:
            options.pop(key, None)
            options[key] = (value, [source])
    return [
        (one, value, sources)
        for key, (value, sources) in options.items()
        if value is not None
        for one in _meant(key, keys, options)
        if one.startswith(below)
    ]


def _writes_in_turn(files, keys):
    """Return the writes of sysctl (procps), as _writes_of_systemd."""
    lines = list(settings(files, LINE_FEED))
    literal = {key for key, _value, _source in lines if not _is_glob(key)}
    return [
        (one, value, [source])
        for key, value, source in lines
        if value is not None
        for one in _meant(key, keys, literal)
    ]


def _is_glob(key):
    return any(character in key for character in _GLOB_CHARACTERS)


def _meant(key, keys, literal):
    """The paths of `keys` that a key stands for, without those of a glob that have an option of their own."""
    return sorted(one for one in keys if one not in literal and _matches(key, one)) if _is_glob(key) else [key]


def _matches(pattern, key):
    """Whether a glob stands for a path; it never spans a slash."""
    parts, wanted = pattern.replace("[^", "[!").split("/"), key.split("/")
    return len(parts) == len(wanted) and all(fnmatch.fnmatchcase(text, part) for part, text in zip(parts, wanted))


class _Lines:
    """What the files of one program say. literal: `{key: lines}` of the keys that have an option of their own."""

    def __init__(self, files):
        self.literal, self._globs = {}, []
        for number, (key, value, source) in enumerate(settings(files)):
            line = (number, value, source)
            if _is_glob(key):
                self._globs.append((key, line))
            else:
                self.literal.setdefault(key, []).append(line)

    def about(self, key):
        """Return `[(value or None, "path:line")]` of the lines that a parameter is meant by, in their order."""
        names = {IP_FORWARD, ALL} if same_parameter(key) == ALL else {key}
        found = [line for name in names for line in self.literal.get(name, [])]
        if key not in self.literal:
            found += [line for pattern, line in self._globs if _matches(pattern, key)]
        return [(value, source) for _number, value, source in sorted(found, key=lambda line: line[0])]


def _ranked(kernel, key, sets):
    """Return `[{"value", "source"}]` of the lines that set a parameter, after a Kernel has taken them; the winner last.

    sets: _Lines of each program that writes.
    """
    won = kernel.values.get(same_parameter(key))
    if won is None:
        return []
    found = []
    for value, source in (line for lines in sets for line in lines.about(key)):
        text = None if value is None else kernel.taken(key, value)
        if text is not None and source not in won[1]:
            found.append({"value": text, "source": source})
    return found + [{"value": won[0], "source": source} for source in won[1]]
