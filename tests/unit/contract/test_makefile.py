# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the Makefile runs finds the collection in a shell that does not know of it."""

import re

import pytest

from ansible_collections.hostprep.runtime_fabric.tests.unit.contract.checkout import CHECKOUT

RECIPES = [
    line
    for line in (CHECKOUT / "Makefile").read_text(encoding="utf-8").splitlines()
    if line.startswith("\t") and re.search(r"\bpython \S+\.py", line)
]


def imports_of(script):
    """The text of a script, and of what it loads by name."""
    loaded = (CHECKOUT / "tests" / "bench").glob("*.py") if script == "tools/bench.py" else ()
    return "\n".join(path.read_text(encoding="utf-8") for path in [CHECKOUT / script, *loaded])


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: re.search(r"python (\S+)", recipe)[1])
def test_a_script_that_imports_the_collection_is_run_where_it_is_found(recipe):
    script = re.search(r"\bpython (\S+\.py)", recipe)[1]
    if re.search(r"^ *(import|from) ansible_collections", imports_of(script), re.MULTILINE):
        assert "PYTHONPATH=$(COLLECTIONS) python " in recipe
