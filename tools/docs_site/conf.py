# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How Sphinx makes the site of the documentation; tools/docs-site.sh puts it beside a copy of the checkout."""

project = "hostprep.runtime_fabric"
copyright = "hostprep.runtime_fabric contributors"
extensions = ["myst_parser", "sphinx_antsibull_ext"]
root_doc = "docs/index"
include_patterns = ["docs/**.md", "docs/collections/**", "catalog/README.md", "roles/*/README.md"]
exclude_patterns = ["**/environment_variables.rst"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = project
html_copy_source = False
html_show_sphinx = False
# Nothing is fetched: plugins of ansible-core are named, not linked.
nitpicky = False
suppress_warnings = ["ref.ref"]
