# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook change_request, run as a user runs it, on the inventory of the example."""

from __future__ import annotations

import functools

import pytest

FILES = {
    "aws-security-groups.tf.json",
    "azure-network-security-group.tf.json",
    "change-request.md",
    "firewalld-controller.sh",
    "firewalld-worker.sh",
    "nftables-controller.nft",
    "nftables-worker.nft",
    "openings.csv",
    "squid-access.conf",
    "squid-passthrough-containers.conf",
    "squid-passthrough.conf",
}


@pytest.fixture
def run(play):
    """A function that runs the playbook with extra variables and options."""
    return functools.partial(play, "change_request")


def written(site):
    folder = site / "rtf-change-request"
    return {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()} if folder.exists() else {}


def test_all_files_are_written_and_then_left_alone(run, site):
    first = run()
    assert first.returncode == 0, first.stdout
    assert f"Change request: {site / 'rtf-change-request'}" in first.stdout
    assert set(written(site)) == FILES
    assert "changed=1" in first.stdout
    before = written(site)
    second = run()
    assert "changed=0" in second.stdout and written(site) == before


def test_the_addresses_are_those_of_the_inventory(run, site):
    run()
    inventory = (site / "inventory").read_text(encoding="utf-8")
    addresses = [word.split("=")[1] for word in inventory.split() if word.startswith("ansible_host=")]
    text = written(site)["openings.csv"]
    assert len(addresses) >= 3 and all(address in text for address in addresses)


def test_check_mode_shows_and_writes_nothing(run, site):
    done = run("--check", "--diff")
    assert done.returncode == 0 and "changed=1" in done.stdout
    assert "+# Network change request for Runtime Fabric" in done.stdout
    assert written(site) == {}


def test_a_limit_does_not_change_the_request(run, site):
    run()
    before = written(site)
    limited = run("--limit", "worker-1")
    assert limited.returncode == 0 and "changed=0" in limited.stdout and written(site) == before


def test_another_directory_and_a_comparison(run, site):
    done = run(rtf_release="1.13", rtf_previous_release="1.4", rtf_change_request_dir="out/here")
    assert done.returncode == 0, done.stdout
    assert "# From release 1.4 to 1.13" in (site / "out" / "here" / "comparison.md").read_text(encoding="utf-8")


def test_rows_of_the_site_are_requested(run, site):
    done = run(
        rtf_extra_endpoints=[{"host": "registry.example.com", "port": 443, "purpose": "Holds our images."}],
        rtf_extra_ports=[{"ports": [9100], "from": "10.20.0.0/16", "to": "nodes"}],
    )
    assert done.returncode == 0, done.stdout
    found = written(site)
    assert "registry.example.com" in found["squid-access.conf"]
    assert "ip saddr { 10.20.0.0/16 } tcp dport 9100 accept" in found["nftables-worker.nft"]


def test_credentials_of_a_proxy_are_not_written(run, site):
    done = run(
        rtf_http_proxy="http://user:s3cr3t@proxy.example.com:3128",
        rtf_monitoring_proxy="socks5://u:s3cr3t@192.0.2.9:1080",
    )
    assert done.returncode == 0, done.stdout
    found = written(site)
    assert "proxy.example.com" in found["change-request.md"]
    assert not [name for name, text in found.items() if "s3cr3t" in text]
    assert "s3cr3t" not in done.stdout


@pytest.mark.parametrize(
    "variables, message",
    [
        ({"rtf_release": "1.3"}, "rtf_release: '1.3' is unknown; valid: 1.4, 1.5"),
        (
            {"rtf_control_plane": "jp"},
            "rtf_control_plane: 'jp' is not a control plane of release 1.4; valid: us, eu",
        ),
        (
            {"rtf_release": "2.x", "rtf_control_plane": "jp", "rtf_previous_release": "1.13"},
            "rtf_previous_release: 'jp' is not a control plane of release 1.13; valid: us, eu",
        ),
        (
            {"rtf_extra_ports": [{"ports": ["80-70"], "from": "nodes", "to": "internet"}]},
            "rtf_extra_ports: entry 1: ports: '80-70' is not a port or a range",
        ),
        ({"ansible_host": "node.example.com"}, "rtf_node_address: not set for controller-1, worker-1, worker-2"),
    ],
)
def test_bad_input_is_named_with_what_is_valid(run, site, variables, message):
    done = run(**variables)
    assert done.returncode != 0
    assert message in " ".join(done.stdout.split())
    assert "Traceback" not in done.stdout
    assert written(site) == {}


def test_inputs_that_are_text_have_their_types(site, run):
    """As `-e name=value` and an INI inventory hand them over."""
    done = run(
        rtf_ingress_sources="198.51.100.0/24, 203.0.113.0/24",
        rtf_extra_ports='[{"ports": "9100", "from": "10.20.0.0/16", "to": "nodes"}]',
    )
    assert done.returncode == 0, done.stdout
    openings = (site / "rtf-change-request" / "openings.csv").read_text(encoding="utf-8")
    assert "198.51.100.0/24 203.0.113.0/24" in openings and "site-tcp-9100-10-20-0-0-16-to-nodes" in openings
