# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run several readers of evidence independently: the failure of one does not affect the others."""


def collect(readers):
    """Return `{name: what the reader returned}`, or `{"error": why}` in the place of one that raised.

    readers: `{name: function without arguments}`.
    """
    return {name: _guarded(reader) for name, reader in readers.items()}


def _guarded(reader):
    # Unexpected content of a host is evidence, too.
    try:
        return reader()
    except Exception as problem:
        return {"error": " ".join(str(problem).split()) or type(problem).__name__}
