# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import csv
import io
import ipaddress

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.row_validators import port_bounds
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.change_request import csv_table


def lines_of(request):
    return list(csv.DictReader(io.StringIO(csv_table.render(request)["openings.csv"])))


def test_each_line_is_whole(any_request):
    found = lines_of(any_request)
    assert found
    for line in found:
        assert None not in line and None not in line.values()
        assert line["direction"] in ("inbound", "outbound", "internal")
        assert line["transport"] in ("tcp", "udp")
        for text in line["ports"].split():
            port_bounds(text)
        for column in ("id", "source", "source addresses", "destination", "destination addresses", "purpose"):
            assert line[column], column


def test_lines_are_the_openings(any_request):
    expected = [
        each.row["id"] for each in any_request.openings if each.row["direction"] != "local" and not each.detailed_by
    ]
    assert [line["id"] for line in lines_of(any_request)] == expected


def test_addresses_of_the_lab(lab_request):
    found = {line["id"]: line for line in lines_of(lab_request)}
    assert found["etcd"]["source addresses"] == "192.168.230.11 192.168.230.21 192.168.230.22"
    assert found["etcd"]["destination addresses"] == "192.168.230.11"
    assert found["ops-center-ui"]["source addresses"] == "TO BE NAMED"
    assert found["transport-layer-us"]["pass through undecrypted"] == "yes"
    assert found["install-agents"]["needed"] == "during installation only"


def test_a_group_has_nothing_but_addresses(lab_request):
    for line in lines_of(lab_request):
        if line["direction"] == "internal":
            for text in line["source addresses"].split() + line["destination addresses"].split():
                ipaddress.ip_address(text)


def test_no_cell_is_a_formula(make_request):
    text = csv_table.render(make_request(extras=True))["openings.csv"]
    cells = [cell for line in csv.reader(io.StringIO(text)) for cell in line]
    assert "'=SUM(A1)" in cells
    assert not [cell for cell in cells if cell[:1] in "=+-@" and cell]
