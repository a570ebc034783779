# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Break a lab as it is declared, and repair it."""

import contextlib

from ansible_collections.hostprep.runtime_fabric.tests.blind_labs.rtf_blind.declared import filled, names_in
from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab import faults
from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab.instance import INTERNET

SECONDS = "60"


@contextlib.contextmanager
def broken(lab, breakages):
    """The lab is broken inside the block, and repaired after it."""
    with contextlib.ExitStack() as stack:
        for breakage in breakages:
            stack.enter_context(_one(lab, breakage))
        for breakage in breakages:
            for name in _where(lab, breakage) if "wait" in breakage else ():
                lab.exec(name, "timeout", SECONDS, "sh", "-c", breakage["wait"])
        yield


def _one(lab, breakage):
    if "fault" in breakage:
        return getattr(faults, breakage["fault"])(lab, *breakage["with"])
    return _commands(lab, breakage)


@contextlib.contextmanager
def _commands(lab, breakage):
    run, repair = (filled(breakage[key], _addresses(lab, breakage[key])) for key in ("run", "repair"))
    begun = []
    try:
        for name in _where(lab, breakage):
            begun.append(name)
            lab.exec(name, "sh", "-c", run)
        yield
    finally:
        for name in begun:
            lab.exec(name, "sh", "-c", repair)


def _where(lab, breakage):
    return list(lab.nodes) if breakage["on"] == "nodes" else [breakage["on"]]


def _addresses(lab, text):
    """The addresses of the names in a text: of nodes, of what the Internet serves, and the lab's network as "net"."""
    own = {**lab.nodes, INTERNET: lab.instance.internet_address}
    own["net"] = lab.instance.internet_address.rpartition(".")[0]
    return {name: own[name] if name in own else lab.endpoint_address(name) for name in names_in(text)}
