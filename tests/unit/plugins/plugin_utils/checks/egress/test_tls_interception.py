# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What only the whole cluster shows of who signs for whom."""

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.egress import tls_interception

INSPECTOR = ("CN=Inspection, O=Example Corp", "Example Corp")
AMAZON, GOOGLE = (
    ("CN=Amazon RSA 2048 M02, O=Amazon", "Amazon"),
    ("CN=WR2, O=Google Trust Services", "Google Trust Services"),
)
HOSTS = {
    "ecr": "ecr.us-east-1.amazonaws.com",
    "charts": "kubernetes-charts.storage.googleapis.com",
    "anypoint": "anypoint.mulesoft.com",
}


def probe(row, issuer, path="direct", trusted=True, *others):
    tls = issuer and {"issuer": issuer[0], "issuer_organisation": issuer[1], "trusted": trusted}
    return {"id": row, "host": HOSTS[row], "path": path, "tls": tls, "other_paths": list(others)}


def way(path, issuer):
    return {"path": path, "tls": {"issuer": issuer[0], "issuer_organisation": issuer[1], "trusted": True}}


def test_nobody_in_between():
    probes = [probe("ecr", AMAZON), probe("charts", GOOGLE), probe("anypoint", None)]
    assert tls_interception.notes({"n1": probes, "n2": probes, "n3": {"error": "lost"}}) == []


def test_public_authorities_may_differ():
    other = ("CN=R11, O=Let's Encrypt", "Let's Encrypt")
    assert tls_interception.notes({"n1": [probe("anypoint", AMAZON)], "n2": [probe("anypoint", other)]}) == []


def test_one_authority_for_several_vendors():
    trusting = [probe("ecr", INSPECTOR, "http_proxy"), probe("charts", INSPECTOR, "http_proxy")]
    other = [probe("ecr", INSPECTOR, "http_proxy", False), probe("charts", INSPECTOR, "http_proxy", False)]
    (note,) = tls_interception.notes({"n1": trusting, "n2": other})
    assert note["id"] == "cluster.tls_inspection"
    assert note["observed"] == (
        "CN=Inspection, O=Example Corp signs certificates for Amazon Web Services and Google Cloud: 2 endpoints, through the HTTP proxy, "
        "seen from n1 and n2; n1 trusts it"
    )
    assert "none of them trusts it" in tls_interception.notes({"n2": other})[0]["observed"]
    assert "all of them trust it" in tls_interception.notes({"n1": trusting})[0]["observed"]


def test_one_authority_for_one_vendor_is_the_endpoints_own_matter():
    assert tls_interception.notes({"n1": [probe("ecr", INSPECTOR)]}) == []


def test_nodes_that_see_different_ones():
    (note,) = tls_interception.notes(
        {"n1": [probe("ecr", INSPECTOR)], "n2": [probe("ecr", AMAZON)], "n3": [probe("ecr", AMAZON)]}
    )
    assert note == {
        "id": "cluster.nodes_differ",
        "observed": "TLS from n1 but not from n2 and n3 is intercepted directly: ecr.us-east-1.amazonaws.com",
        "remedy": "Ask the network team why the path of n1 to the Internet differs from that of n2 and n3.",
    }


def test_paths_that_show_different_ones():
    (note,) = tls_interception.notes(
        {
            "n1": [probe("ecr", INSPECTOR, "http_proxy", True, way("direct", AMAZON))],
            "n2": [probe("ecr", INSPECTOR, "http_proxy", True, way("direct", AMAZON))],
        }
    )
    assert note["id"] == "cluster.paths_differ"
    assert note["observed"] == ("TLS to 1 endpoint is intercepted through the HTTP proxy but not directly")


PORTAL = {
    "issuer": "CN=login.example.com",
    "issuer_organisation": None,
    "subject": "CN=login.example.com",
    "names": ["login.example.com"],
    "not_before": "2026-01-01T00:00:00Z",
    "not_after": "2027-01-01T00:00:00Z",
    "trusted": False,
}


def test_one_certificate_for_several_vendors_is_a_login_page():
    probes = [dict(probe(row, None), tls=PORTAL) for row in HOSTS]
    (note,) = tls_interception.notes({"n1": probes, "n2": probes})
    assert note["id"] == "cluster.one_certificate"
    assert note["observed"] == (
        "directly, one certificate of CN=login.example.com answers for 3 endpoints of Amazon Web Services, Google Cloud and "
        "MuleSoft, seen from n1 and n2"
    )
    assert note["remedy"].startswith("This is a login page or a block page: ask the network team")


def test_a_certificate_for_each_name_is_an_inspector():
    probes = [
        dict(
            probe(row, None),
            tls={**PORTAL, "issuer_organisation": "Example Corp", "subject": f"CN={HOSTS[row]}", "names": [HOSTS[row]]},
        )
        for row in HOSTS
    ]
    assert tls_interception.notes({"n1": probes})[0]["id"] == "cluster.tls_inspection"
