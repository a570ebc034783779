# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which firewall of a host to use: the active one, or the one that the user chose."""

from collections import OrderedDict

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.backend_host import FirewallError
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.firewalld import Firewalld
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.iptables import Iptables
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.nftables import Nftables
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.ufw import Ufw
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.wanted_rules import NOTHING

AUTO = "auto"
BACKENDS = (Firewalld, Nftables, Ufw, Iptables)
NAMES = [backend.name for backend in BACKENDS]


def all_backends(host, label):
    """Return {name: Backend}."""
    return OrderedDict((backend.name, backend(host, label)) for backend in BACKENDS)


def active(backends):
    """Return {name: why} of the firewalls that are active for the site."""
    reasons = OrderedDict((name, backend.activity()) for name, backend in backends.items())
    found = OrderedDict((name, why) for name, why in reasons.items() if why)
    through = {lower for name in found for lower in backends[name].works_through if not backends[lower].denies()}
    return OrderedDict((name, why) for name, why in found.items() if name not in through)


def ours(backends):
    """Return the names of the backends that have rules of ours."""
    return [name for name, backend in backends.items() if backend.look() != NOTHING]


def choose(choice, backends, found, holding):
    """Return the name of the backend to use, None where no firewall is active and none was chosen.

    choice: AUTO or a name. found: as active() returns it. holding: as ours() returns it. Raises FirewallError.
    """
    if choice == AUTO:
        if len(found) > 1:
            raise FirewallError(
                "backend: two firewalls are active, {}; stop one of them, because the rules of one would block what the other "
                "allows".format(" and ".join(f"{name} ({why})" for name, why in found.items()))
            )
        # Our rules in a stopped service have no effect, and only the user decides whether to start it.
        return next(iter(list(found) + [name for name in holding if not backends[name].has_service]), None)
    if not backends[choice].installed():
        raise FirewallError(f"backend: {choice} is not installed on this host")
    others = [
        name
        for name in found
        if name != choice and (name not in backends[choice].works_through or backends[name].denies())
    ]
    if others:
        raise FirewallError(
            "backend: {0} is chosen, but {1} is active ({2}); choose {1}, or stop it".format(
                choice, others[0], found[others[0]]
            )
        )
    return choice


def require_harmless_start(backends, name):
    """Raise FirewallError where starting a backend would remove rules that programs keep for themselves."""
    why = backends[name].flushes()
    programs = _flushed_programs(backends, name) if why else []
    if programs:
        raise FirewallError(
            "backend: {0} is not started, because {1}, including those of {2}; start it yourself, and restart {2} "
            "afterwards".format(name, why, ", ".join(programs))
        )


def stop(backends, name, before):
    """Restore the service of a backend to `before`, from its service_state().

    Where stopping it would remove rules that programs keep for themselves, it keeps running and is only disabled at boot.
    """
    running = before["active"] or bool(_flushed_programs(backends, name))
    backends[name].stop(dict(before, active=running))


def _flushed_programs(backends, name):
    """Return the names of the programs whose rules are flushed when the service of a backend is started or stopped."""
    flushed = backends[name].flushed
    return sorted(backends[flushed].programs()) if flushed else []
