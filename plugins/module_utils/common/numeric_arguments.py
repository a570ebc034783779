# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Validate numeric module arguments."""


def bad_numbers(params, most):
    """One sentence for each parameter that is not above 0 and at most its limit in `{name: number}`."""
    # The comparison is written so that "not a number" is a problem too.
    return [
        f"{name}: must be greater than 0 and at most {limit}, not {params[name]}"
        for name, limit in most.items()
        if not 0 < params[name] <= limit
    ]
