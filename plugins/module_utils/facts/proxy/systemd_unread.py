# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files of systemd that changed since it read them."""

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import Unreadable
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_programs import run_text
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.proxy.assignment import VARIABLES
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.proxy.service_environments import (
    SERVICES,
    units,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.proxy.systemd_unit_directives import (
    shown_environment,
)

# Drop-ins for all services concern this one, too, and it runs wherever systemd does.
ANY_SERVICE = "systemd-journald"
MANAGER_FILES = "/etc/systemd/system.conf"
PROPERTIES = "--property=Id,LoadState,NeedDaemonReload"


def unread_evidence(found, display, run=run_text):
    """Return `{"units", "environment"}`; `{"error"}` without systemd.

    units: services whose files changed. environment: variables of proxies that systemd gives to every service with another
    value than its configuration has, or that only one of the two has. found: the settings of `proxy_evidence`.
    display: a masked_urls.Display.
    """
    names = [name + ".service" for name in SERVICES + (ANY_SERVICE,)]
    try:
        shown = units(run(["systemctl", "show", PROPERTIES] + names))
        given = shown_environment(run(["systemctl", "show-environment"]))
    except Unreadable as problem:
        return {"error": str(problem)}
    configured = {
        entry["variable"]: (entry["value"], entry["password"])
        for entry in found
        if entry["reader"] == "systemd" and entry["source"].startswith(MANAGER_FILES) and not entry["ignored"]
    }
    now = {name: display.setting(name, value) for name, value in given if name.lower() in VARIABLES}
    return {
        # systemd 247 reports it for a masked unit permanently once there is a drop-in for all services.
        "units": [
            unit["Id"][0]
            for unit in shown
            if (unit.get("LoadState"), unit.get("NeedDaemonReload")) == (["loaded"], ["yes"])
        ],
        "environment": sorted(name for name in set(configured) | set(now) if configured.get(name) != now.get(name)),
    }
