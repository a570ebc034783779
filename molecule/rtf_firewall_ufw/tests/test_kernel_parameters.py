# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ufw applies a file of kernel parameters when it starts: what it undoes is named, and a boot shows it."""

from ansible_collections.hostprep.runtime_fabric.molecule.kernel_site import KernelSite
from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab.lab import Lab

NODE, FORWARD = "worker-2", "net.ipv4.ip_forward"
PARAMETERS = "/etc/ufw/sysctl.conf"


def test_the_file_of_ufw_that_undoes_forwarding_is_named(tmp_path):
    lab, site = Lab.named(), KernelSite(tmp_path)
    lab.exec(NODE, "cp", "--preserve", PARAMETERS, "/root/saved")
    lab.exec(NODE, "sh", "-c", f"printf 'net/ipv4/ip_forward=0\\n' >> {PARAMETERS}")
    try:
        outcome = site.run(NODE)
        assert outcome.code != 0
        assert f"ip_forward becomes 0, set by {PARAMETERS}:" in outcome.output
        assert f"Remove the setting from {PARAMETERS}." in outcome.output
        lab.restart(NODE)
        assert lab.exec(NODE, "sysctl", "--values", FORWARD).stdout.decode().strip() == "0"
    finally:
        lab.exec(NODE, "mv", "/root/saved", PARAMETERS)
        assert site.run(NODE, entry_point="revert").code == 0
