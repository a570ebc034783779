# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A format of the change request is declared once: its file, its line in the registry, its test; `make docs` does the rest."""

import yaml

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.change_request import formats
from ansible_collections.hostprep.runtime_fabric.tests.unit.contract import checkout
from ansible_collections.hostprep.runtime_fabric.tools import change_request_docs

TEXT = (checkout.CHECKOUT / change_request_docs.MODULE).read_text(encoding="utf-8")


def options(text):
    module = {}
    exec(text, module)
    return yaml.safe_load(module["DOCUMENTATION"])["options"]["formats"]


def test_the_documentation_of_the_module_follows_the_registry():
    assert change_request_docs.documented(TEXT, formats.FORMATS) == TEXT, "run `make docs`"
    assert options(TEXT)["choices"] == options(TEXT)["default"] == list(formats.FORMATS)


def test_a_new_format_reaches_the_documentation_by_itself():
    more = {**formats.FORMATS, "tufin": formats.Format(lambda request: {}, "C(tufin.xml)")}
    found = options(change_request_docs.documented(TEXT, more))
    assert (
        found["choices"][-1] == found["default"][-1] == "tufin" and "V(tufin) is C(tufin.xml)." in found["description"]
    )
