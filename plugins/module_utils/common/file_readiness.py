# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wait until sockets or other files can be read or written, whatever the numbers of their descriptors are.

select.select refuses a number of 1024 and more, which a socket gets where a probe of many ports has as many open beside it.
"""

import math
import select


def readable(files, seconds):
    """Return those of the files, or of their descriptors, that can be read, have ended or have failed within so many seconds."""
    return _ready(files, select.POLLIN, seconds)


def writable(files, seconds):
    """Return those that can be written, or have failed, within so many seconds."""
    return _ready(files, select.POLLOUT, seconds)


def _ready(files, event, seconds):
    poll = select.poll()
    by_number = {file if isinstance(file, int) else file.fileno(): file for file in files}
    for number in by_number:
        poll.register(number, event)
    # Rounded up, so that what waits for a deadline does not ask again and again in its last millisecond.
    return [by_number[number] for number, dummy_events in poll.poll(math.ceil(seconds * 1000))]
