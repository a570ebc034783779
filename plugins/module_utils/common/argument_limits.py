# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Numbers that a module is given, and how large they may be."""


def bad_numbers(params, most):
    """One sentence for each parameter that is not above 0 and up to what `{name: number}` allows."""
    # The comparison is written so that "not a number" is a problem too.
    return [
        f"{name}: {params[name]} is not a number above 0 and up to {limit}"
        for name, limit in most.items()
        if not 0 < params[name] <= limit
    ]
