# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From catalogue rows and inputs to the rows that the module egress_info takes."""


def egress_probes(endpoints, ntp_servers=()):
    """Return one `{id, host, port, protocol}` for each endpoint row and each NTP server."""
    fields = ("id", "host", "port", "protocol")
    probes = [{field: row[field] for field in fields} for row in endpoints]
    return probes + [{"id": f"ntp-{host}", "host": host, "port": 123, "protocol": "ntp"} for host in ntp_servers]
