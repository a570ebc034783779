# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether cloud-init writes the network's configuration, from all its files."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.network.cloud_init_evidence import (
    cloud_init_evidence,
)

D = "etc/cloud/cloud.cfg.d/"
DISABLED = "network: {config: disabled}\n"
CASES = {
    "nothing set": ({}, True),
    "as its own header advises": ({D + "99-disable-network-config.cfg": DISABLED}, False),
    "in block style": ({D + "99-x.cfg": "# x\n\nnetwork:\n\n  config: disabled\n"}, False),
    "in cloud.cfg itself": ({"etc/cloud/cloud.cfg": "users: []\n" + DISABLED}, False),
    # canonical/cloud-init: the files of cloud.cfg.d ship such lines as comments.
    "in a comment": ({D + "05_logging.cfg": "# " + DISABLED + "#network:\n#  config: disabled\n"}, True),
    "in a file of another name": ({D + "99-disable.cfg.dpkg-old": DISABLED, D + "README": DISABLED}, True),
    "of another section": ({D + "99-x.cfg": "network:\n  version: 2\nother:\n  config: disabled\n"}, True),
    # VMware's customisation of guests writes 99-disable-customization.cfg; the name that sorts last counts.
    "taken back by a later file": ({D + "50-x.cfg": DISABLED, D + "99-y.cfg": "network: {config: enabled}\n"}, True),
    "taken back by an earlier file": (
        {D + "99-x.cfg": DISABLED, D + "50-y.cfg": "network: {config: enabled}\n"},
        False,
    ),
    "by the kernel's command line": ({"proc/cmdline": "ro network-config=disabled quiet\n"}, False),
    "and given there": ({D + "99-x.cfg": DISABLED, "proc/cmdline": "network-config=bmV0d29yazoge30K\n"}, True),
}


def written(root, files):
    for path, text in {"etc/cloud/cloud.cfg": "users: []\n", **files}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return str(root)


@pytest.mark.parametrize("case", CASES)
def test_all_files_decide_whether_it_writes_the_network(case, tmp_path):
    files, network = CASES[case]
    assert cloud_init_evidence(written(tmp_path, files)) == {"installed": True, "disabled": False, "network": network}


@pytest.mark.parametrize("path", ["etc/cloud/cloud-init.disabled", "run/cloud-init/disabled", "proc/cmdline"])
def test_it_can_be_disabled_as_a_whole(path, tmp_path):
    text = "quiet cloud-init=disabled\n" if path == "proc/cmdline" else ""
    assert cloud_init_evidence(written(tmp_path, {path: text}))["disabled"] is True


def test_without_cloud_cfg_it_is_not_installed(tmp_path):
    assert cloud_init_evidence(str(tmp_path)) == {"installed": False, "disabled": False, "network": False}
