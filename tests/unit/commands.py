# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a command as a user does who reads all that it prints in one place."""

import subprocess


def run(words, directory, environment):
    """Return what a command did, with both of its outputs in `stdout`; it has nothing to read."""
    return subprocess.run(
        words,
        cwd=directory,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )


def output(words, directory, environment):
    """Return what a command printed, which must succeed."""
    done = run(words, directory, environment)
    assert done.returncode == 0, done.stdout
    return done.stdout
