# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is written for nftables, read by nft."""

from __future__ import annotations

import os
import re
import subprocess

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.change_request import nftables
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.packet_rules import for_role, rules


@pytest.fixture
def check(program, tmp_path):
    """A function that has nft check a text without loading it; an ordinary user does it in namespaces of their own."""
    prefix = [] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--net"]

    def run(text):
        (tmp_path / "rules.nft").write_text(text, encoding="utf-8")
        return subprocess.run(
            [*prefix, program("nft"), "-c", "-f", str(tmp_path / "rules.nft")],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            check=False,
        )

    return run


def test_nft_accepts_the_files(check, any_request):
    for name, text in nftables.render(any_request).items():
        run = check(text)
        assert (run.returncode, run.stdout) == (0, ""), name


def test_nft_refuses_what_is_wrong(check):
    assert check("table inet filter { chain c { tcp dport 70000 accept }\n}\n").returncode != 0


def test_one_file_for_each_role(any_request):
    assert set(nftables.render(any_request)) == {"nftables-controller.nft", "nftables-worker.nft"}


def test_every_rule_of_the_role_is_there(any_request):
    for role in ("controller", "worker"):
        text = nftables.render(any_request)[f"nftables-{role}.nft"]
        lines = [line for line in text.splitlines() if " accept comment " in line]
        for rule in for_role(rules(any_request.openings), role):
            expected = 1 if rule.peer or "0.0.0.0/0" in rule.networks else len({":" in n for n in rule.networks})
            matching = [line for line in lines if f'"{nftables.comment(rule)}"' in line and rule.transport in line]
            assert len(matching) >= expected, rule


def test_a_worker_does_not_open_etcd(lab_request):
    files = nftables.render(lab_request)
    assert "dport { 2379-2380, 4001, 7001 } accept" in files["nftables-controller.nft"].split("chain rtf_output")[0]
    assert not re.search("2379", files["nftables-worker.nft"].split("chain rtf_output")[0])


def test_both_families(make_request):
    text = nftables.render(make_request("everything stated"))["nftables-controller.nft"]
    assert "ip saddr { 10.0.0.0/8 } tcp dport 32009" in text
    assert "ip6 saddr { 2001:db8::/32 } tcp dport 32009" in text
