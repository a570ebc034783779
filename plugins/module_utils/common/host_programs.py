# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Programs of the host, run with a plain locale and a deadline."""

import errno
import os
import re
import subprocess

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import Unreadable

PATH = "/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin"


class Late(Exception):
    """The program did not end within its time, and was killed."""


class Program(subprocess.Popen):
    """A running program. AnsibleModule.run_command has no time limit and is not safe in a thread."""

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
            # Its child processes may keep its output open.
            for stream in (self.stdin, self.stdout, self.stderr):
                if stream is not None:
                    stream.close()
            self.wait()
            raise Late(f"no answer within {timeout:g} s") from None


def run_text(argv, timeout=5.0, quoting=True):
    """Run a program with a plain locale and no input; return its standard output as text.

    Raises Unreadable when it is missing, exits non-zero or takes longer than `timeout` seconds. quoting: whether the reason
    may repeat its last line; a program that reads files with secrets may quote these.
    """
    try:
        process = Program(argv)
    except OSError as error:
        if error.errno == errno.ENOENT:
            raise Unreadable(f"{argv[0]}: command not found") from error
        raise Unreadable(f"{argv[0]}: {os.strerror(error.errno)}") from error
    try:
        out, err = process.ended(timeout)
    except Late as problem:
        raise Unreadable("{}: {}".format(" ".join(argv), problem)) from problem
    if process.returncode != 0:
        lines = (err or out).decode("utf-8", "replace").strip().splitlines() if quoting else []
        raise Unreadable(
            "{}: exit code {}{}".format(" ".join(argv), process.returncode, ": " + lines[-1] if lines else "")
        )
    return out.decode("utf-8", "replace")


def printed_number(argv, pattern, run=run_text):
    """Return the number that the one group of a pattern finds in what a program prints, None where there is none."""
    try:
        match = re.search(pattern, run(argv))
    except Unreadable:
        return None
    return int(match.group(1)) if match else None
