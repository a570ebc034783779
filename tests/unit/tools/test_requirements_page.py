# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""docs/requirements.md is what the catalogue says."""

from __future__ import annotations

import re

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog, rows
from ansible_collections.hostprep.runtime_fabric.tools import requirements_page

LOADED = catalog.load()


def test_the_page_is_up_to_date():
    text = requirements_page.PAGE.read_text(encoding="utf-8")
    assert text == requirements_page.render(LOADED), "the catalogue has changed; run `make docs`"


def test_every_row_is_on_the_page():
    text = requirements_page.render(LOADED)
    for kind in rows.KINDS:
        for row in getattr(LOADED, kind):
            assert f"`{row['id']}`" in text


def test_every_release_and_control_plane_is_on_the_page():
    text = requirements_page.render(LOADED)
    for release in LOADED.releases:
        assert re.search(rf"^#+ .*\b{re.escape(release['id'])}(?![0-9])", text, flags=re.MULTILINE), release["id"]
    for plane in LOADED.control_planes:
        assert f"control plane {plane} (" in text
