# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""docs/requirements.md is what the catalogue says."""

from __future__ import annotations

import re

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog, clusters, features, rows
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import site_rows
from ansible_collections.hostprep.runtime_fabric.tools import requirements_page, requirements_page_wording

LOADED = catalog.load()


def test_the_page_is_up_to_date():
    text = requirements_page.PAGE.read_text(encoding="utf-8")
    assert text == requirements_page.render(LOADED), "the catalogue has changed; run `make docs`"


def test_every_row_is_on_the_page():
    text = requirements_page.render(LOADED)
    for kind in rows.KINDS:
        for row in getattr(LOADED, kind):
            assert f"`{row['id']}`" in text


def lines_of(page, heading):
    """The lines of the tables below a heading of the second level, by the id of their row."""
    section = page.partition(f"\n## {heading}")[2].partition("\n## ")[0]
    found = {}
    for line in section.splitlines():
        if line.startswith("| ") and line.endswith("` |"):
            found.setdefault(line.rsplit("`", 2)[1], []).append(line)
    return found


def test_release_2_is_shown_in_full_each_row_with_its_source():
    page = requirements_page.render(LOADED)
    own = {release["id"]: release["document"] for release in LOADED.releases}["2.x"]
    assert f"The source is {own}, where a row names no other." in page
    shown = lines_of(page, "Release 2.x")
    kinds = [{}, *({"cluster_profile": name} for name in clusters.load().profiles)]
    for site in [site_rows.of_site(LOADED, {"features": list(features.load()), **kind}) for kind in kinds]:
        found = [*catalog.select_ports(site, "2.x", "install"), *catalog.select_settings(site, "2.x")]
        for plane in catalog.release_of(LOADED, "2.x")["control_planes"]:
            found += catalog.select_endpoints(site, "2.x", plane)
        for row in found:
            for line in shown[row["id"]]:
                assert row["purpose"] in line
                assert row["source"]["document"] in line or row["source"]["document"] == own, line


def test_what_a_setting_wants_is_a_sentence_of_people():
    """No key of the catalogue stands there as it is in its file."""
    texts = [
        requirements_page_wording.wanted(row)
        for row in (*catalog.select_settings(LOADED, "2.x"), *catalog.select_settings(LOADED, "1.4"))
    ]
    assert "2 or more, on workers" in texts and "`net.ipv4.ip_forward = 1`" in texts
    assert not [text for text in texts if re.search(r"\bgib\b|\w: |True|False", text)]


def test_names_on_ports_that_no_row_of_the_port_table_has_are_said_to_be():
    """Canada, Japan and India use TCP 8443 and 11443."""
    section = requirements_page.render(LOADED).partition("\n## Release 2.x")[2]
    assert "names on other ports: TCP 5044, 8443, 11443." in section
    assert "The vendor's pages have no names for jp and in." in section


def test_every_release_and_control_plane_is_on_the_page():
    text = requirements_page.render(LOADED)
    for release in LOADED.releases:
        assert re.search(rf"^#+ .*\b{re.escape(release['id'])}(?![0-9])", text, flags=re.MULTILINE), release["id"]
    for plane in LOADED.control_planes:
        assert f"control plane {plane} (" in text
