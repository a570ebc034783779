# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many files and sockets this process may have open at once."""

import resource

_OF_THE_PROCESS = 64


def raise_file_limit(wanted):
    """Raise the limit of this process towards `wanted` as far as permitted; return the new limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if _covers(soft, wanted):
        return wanted
    for new_soft, new_hard in ((wanted, hard if _covers(hard, wanted) else wanted), (hard, hard)):
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (new_soft, new_hard))
            return new_soft
        except (ValueError, OSError):
            # Only root may exceed the hard limit, and no process the kernel's own.
            continue
    return soft


def room_beside(used, most):
    """How many more files this process may open, `most` at most, when it needs `used` and some for itself."""
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return most if _covers(soft, used + _OF_THE_PROCESS + most) else max(1, soft - used - _OF_THE_PROCESS)


def _covers(limit, wanted):
    return limit == resource.RLIM_INFINITY or limit >= wanted
