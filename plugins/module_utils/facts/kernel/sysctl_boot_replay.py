# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Replay a boot: every program that writes kernel parameters, in its order, and what each parameter has afterwards.

The order of a boot is not the same everywhere, and not every time. A host whose udev adds its interfaces lets systemd-sysctl
write the parameters of each interface once more when it appears (udev's 99-systemd.rules); ufw has no order with
systemd-sysctl. So there is more than one possible outcome, and each counts.
"""

from typing import NamedTuple

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.kernel.sysctl_files import (
    Lines,
    ranked,
    writes_in_turn,
    writes_of_systemd,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.kernel.sysctl_side_effects import (
    ALL,
    DEFAULT,
    Kernel,
    interface_key,
    same_parameter,
)

# An interface that does not exist yet, such as that of a pod.
TO_COME = "to-come"


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
    """settings: as sysctl_files.ranked returns it, the deciding line last; empty where nothing sets the parameter.

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
        writes_in_turn(files, known) for files in (boot.command_line, boot.unordered, boot.later)
    )
    systemd = writes_of_systemd(boot.files, known)
    usual = run([first, systemd, unordered, later], interfaces)
    others = [run([first, unordered, systemd, later], interfaces)] if unordered else []
    sets = [Lines(files) for files in (boot.command_line, boot.files, boot.unordered, boot.later)]
    added = run([first, systemd, unordered, later])
    for name in [*interfaces, TO_COME]:
        added.add(name)
        key = interface_key(name)
        if boot.udev and sets[1].about(key):
            added.take(writes_of_systemd(boot.files, universe, key[: -len("forwarding")]))

    def outcome(key, kernels):
        found = ranked(usual, key, sets)
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
