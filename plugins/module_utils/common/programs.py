# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Programs of the host, run with a plain locale and a deadline."""

import os
import subprocess

PATH = "/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin"


class Late(Exception):
    """The program did not end within its time, and was killed."""


class Program(subprocess.Popen):
    """A running program. AnsibleModule.run_command would wait for it without a limit, and has no place in a thread."""

    def __init__(self, argv, fed=False):
        """argv: the program and its arguments. fed: whether it gets input; without, its standard input is empty.

        Raises OSError where it cannot be started.
        """
        super().__init__(
            argv,
            env=dict(os.environ, LC_ALL="C", PATH=PATH),
            stdin=subprocess.PIPE if fed else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def ended(self, timeout, data=None):
        """Return its standard output and standard error, as bytes, once it has ended; data: its input, as bytes.

        Raises Late, with the program killed, after `timeout` seconds.
        """
        try:
            return self.communicate(data, timeout=timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            # What it has started may hold its output open for as long as it likes.
            for stream in (self.stdin, self.stdout, self.stderr):
                if stream is not None:
                    stream.close()
            self.wait()
            raise Late(f"no answer within {timeout:g} s") from None
