# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read files of a host below a root directory, and note those that cannot be read."""

import glob
import os

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import (
    DanglingLink,
    Unreadable,
    read_text,
)


class FilesBelowRoot:
    """Base of readers. unreadable, dangling: sentences about files that could not be read, and about links to nothing."""

    def __init__(self, root):
        self.root, self.unreadable, self.dangling = root, [], []

    def at(self, path):
        """Where a file of the host is now."""
        return os.path.join(self.root, path.lstrip("/"))

    def files(self, *patterns):
        """Yield (path as on the host, text) of every readable file of the patterns."""
        for pattern in patterns:
            yield from self.texts(sorted(glob.glob(self.at(pattern))))

    def texts(self, paths):
        """Yield (path as on the host, text) of those paths below the root directory that can be read."""
        for path in paths:
            try:
                yield "/" + os.path.relpath(path, self.root), read_text(path)
            except DanglingLink as problem:
                self.dangling.append(str(problem))
            except Unreadable as problem:
                self.unreadable.append(str(problem))
