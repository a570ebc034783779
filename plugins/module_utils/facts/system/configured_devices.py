# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Devices that a file of shell variables names."""

import re

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import read_text_or_none
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.masked_urls import HIDDEN
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.fact import Fact
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.proxy.shell_environment import assignments
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.storage.block_devices import device_links

_PLAIN = re.compile(r"(?:/dev/[A-Za-z0-9_./+ :-]*|[A-Za-z0-9_./+-]*)\Z")


def device_settings(path, names):
    """Return `{"values": {name: text}, "devices": {path below /dev: device without /dev/, or None}}`.

    Only the named variables are returned, because the file may also hold secrets; none if the file does not exist. A
    value that is neither a path nor a word is hidden.
    """
    text = read_text_or_none(path) if path else None
    values = {
        name: value if _PLAIN.match(value) else HIDDEN for name, value in assignments(text or "") if name in names
    }
    return {
        "values": values,
        "devices": device_links([value for value in values.values() if value.startswith("/dev/")]),
    }


FACTS = (
    Fact(
        "storage",
        "environment",
        lambda reading: device_settings(reading.options["settings_file"], reading.options["device_settings"]),
        """
        description:
          - The RV(ignore:values) of O(device_settings) in O(settings_file), and the RV(ignore:devices)
            to which they lead.
        type: dict
        sample:
          devices:
            /dev/sdb: sdb
          values:
            RTF_DOCKER_DEVICE: /dev/sdb
        """,
    ),
)
