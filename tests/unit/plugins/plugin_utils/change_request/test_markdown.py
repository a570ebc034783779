# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.change_request import markdown


def page(request):
    return markdown.render(request)["change-request.md"]


def sections(text):
    """Return {title: text} of the second-level sections."""
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2]))


def test_every_row_is_on_the_page(any_request):
    text = page(any_request)
    for row in [*(opening.row for opening in any_request.openings), *any_request.idle]:
        assert f"`{row['id']}`" in text


def test_tables_are_even(any_request):
    for text in markdown.render(any_request).values():
        for block in re.findall(r"(?:^\|.*\n)+", text, flags=re.MULTILINE):
            widths = {len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}
            assert len(widths) == 1
            assert len(block.splitlines()) > 2


def test_no_section_is_empty(any_request):
    for text in markdown.render(any_request).values():
        for title, body in sections(text).items():
            assert body.strip(), title


def test_names_of_the_inventory_do_not_break_the_page(make_request):
    text = page(make_request("hostile names"))
    assert "<b>" not in text
    assert "w1 \\| ${x} %{y} &lt;b> | worker | `192.0.2.2`" in text


def test_the_page_of_the_lab(lab_request):
    found = sections(page(lab_request))
    assert "| controller-1 | controller | `192.168.230.11` |" in found["Nodes"]
    assert "| all nodes | controllers | TCP 2379, 2380, 4001, 7001 | HTTPS | always |" in found["Between the nodes"]
    assert "| Internet: 0.0.0.0/0 | controllers | TCP 443 |" in found["Into the nodes"]
    assert "| all nodes | NTP servers: ntp.lab.example | UDP 123 |" in found["Out of the nodes, by address"]
    assert "TCP 443 | AMQP over WebSockets | **pass through** |" in found["Out of the nodes, by name"]
    assert "rtf_internal_networks is not set, so one end is missing in: ops-center-ui." in found["Open questions"]
    assert "rtf_ingress_sources is not set, so any address is requested in: ingress-https." in found["Open questions"]
    assert "`kubernetes-charts`" in found["Nothing to open"] and "Retired" in found["Nothing to open"]
    assert "`install-bandwidth-checker`" in found["To be closed after the installation"]
    assert "`dias-ingestor-nginx.prod.cloudhub.io` port 5044" in found["For the proxy team"]


def test_nothing_is_asked_when_everything_is_stated(make_request):
    assert "Open questions" not in sections(page(make_request("everything stated")))


def test_a_proxy_is_the_one_who_dials(make_request):
    found = sections(page(make_request("everything stated")))
    assert "| HTTP proxy for controllers | `transport-layer.prod.cloudhub.io` |" in found["Out of the nodes, by name"]
    assert "| all nodes | HTTP proxy: proxy.example.com | TCP 3128 |" in found["Out of the nodes, by address"]
    assert "| all nodes | SOCKS5 proxy: 192.0.2.99 | TCP 1080 |" in found["Out of the nodes, by address"]


def test_after_the_installation_there_is_nothing_to_close(make_request):
    assert "To be closed after the installation" not in sections(page(make_request(scope="1.13 eu operate, from 1.4")))


def test_the_comparison(make_request):
    text = markdown.render(make_request(scope="1.13 eu operate, from 1.4"))["comparison.md"]
    found = sections(text)
    assert text.startswith("# From release 1.4 to 1.13\n")
    assert "`rtf-runtime-registry-eu`" in found["To be opened"]
    assert "`dkr-ecr-eu`" in found["No longer required"]
    assert "| ports | 3008-3012 | 3008, 3010, 3011, 3012 | `internal-services` |" in found["Changed"]
    assert "`pod-network-apart`" in found["New further requirements"]
    assert "different products" not in text


def test_a_comparison_of_two_product_lines_warns(make_request):
    text = markdown.render(make_request(scope="2.x us, from 1.13"))["comparison.md"]
    assert "These two releases are different products" in text


def test_a_comparison_without_differences_says_so(make_request):
    assert "Nothing changes." in markdown.render(make_request(scope="2.x in, from 2.x"))["comparison.md"]


def test_without_a_previous_release_there_is_no_comparison(lab_request):
    assert list(markdown.render(lab_request)) == ["change-request.md"]
