# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.change_request.request import Scope, build


def test_a_request_holds_every_selected_row(any_request):
    opened = {opening.row["id"] for opening in any_request.openings} - {"http-proxy", "socks5-proxy"}
    idle = {row["id"] for row in any_request.idle}
    assert opened.isdisjoint(idle)
    rows, scope = catalog.load(), any_request.scope
    selected = [
        *catalog.select_ports(rows, scope.release, scope.phase),
        *catalog.select_endpoints(rows, scope.release, scope.control_plane, phase=scope.phase),
    ]
    assert {row["id"] for row in selected} <= opened | idle


def test_without_a_previous_release_nothing_is_compared(lab_request):
    assert lab_request.comparison is None and not lab_request.other_line


def test_a_comparison_across_product_lines_is_marked(make_request):
    assert make_request(scope="2.x us, from 1.13").other_line
    assert not make_request(scope="1.13 eu operate, from 1.4").other_line


def test_a_previous_release_without_the_control_plane_is_named(lab_request):
    with pytest.raises(catalog.CatalogError) as caught:
        build(catalog.load(), Scope("2.x", "jp", "install", "1.13"), lab_request.site)
    assert str(caught.value) == "rtf_previous_release: 'jp' is not a control plane of release 1.13; valid: us, eu"
