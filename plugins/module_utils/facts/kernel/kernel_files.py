# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files of one kernel release: its modules, as files or built in, and its configuration."""

import gzip
import os
import zlib

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import (
    Unreadable,
    read_noting,
    read_text,
)

LISTING_LIMIT = 16 * 1024 * 1024  # bytes; modules.dep of a distribution's kernel has up to one million
CONFIG_LIMIT = 4 * 1024 * 1024
RUNNING_CONFIG = "/proc/config.gz"


def module_name(name):
    """The kernel treats `br_netfilter` and `br-netfilter` as one name."""
    return name.strip().replace("-", "_")


def name_of_file(path):
    """`kernel/net/bridge/br-netfilter.ko.xz` is the file of the module br_netfilter."""
    return module_name(os.path.basename(path.strip()).split(".")[0])


def files_in_modules_dep(text):
    """Return `{module: path}` from the text of modules.dep (`kernel/net/bridge/bridge.ko: kernel/net/llc/llc.ko`)."""
    paths = (line.partition(":")[0] for line in text.splitlines() if ":" in line)
    return {name_of_file(path): path for path in paths}


def names_in_modules_builtin(text):
    """Names in the text of modules.builtin (`kernel/net/bridge/br_netfilter.ko`)."""
    return {name_of_file(line) for line in text.splitlines() if line.strip()}


def module_files(release, top="/lib/modules"):
    """Return `({module: path of its file}, {built-in modules})` of a kernel release; both empty where the release has no list of them."""
    directory = os.path.join(top, release)
    (listed, built_in), _problems = _lists(directory)
    files = {name: os.path.join(directory, path) for name, path in files_in_modules_dep(listed).items()}
    return files, names_in_modules_builtin(built_in)


def unread_lists(release, top="/lib/modules"):
    """Return the Unreadable of each list of modules of a kernel release that is there and could not be read."""
    return _lists(os.path.join(top, release))[1]


def _lists(directory):
    """Return `([text of modules.dep, text of modules.builtin], [Unreadable])`."""
    problems = []
    names = ("modules.dep", "modules.builtin")
    return [read_noting(os.path.join(directory, name), problems, LISTING_LIMIT) or "" for name in names], problems


def option(text, name):
    """Return the value of a configuration option, "n" where it is switched off, None where the text has no such option."""
    for line in text.splitlines():
        if line.startswith(name + "="):
            return line.partition("=")[2]
        if line == f"# {name} is not set":
            return "n"
    return None


def configuration(release, boot="/boot", running=RUNNING_CONFIG):
    """Return the text of the configuration that the running kernel `release` was built with, None where it is not available."""
    for path in (os.path.join(boot, "config-" + release), f"/lib/modules/{release}/config"):
        try:
            return read_text(path, CONFIG_LIMIT)
        except Unreadable:
            continue
    try:
        with gzip.open(running, "rb") as packed:
            return packed.read(CONFIG_LIMIT).decode("utf-8", "replace")
    except (OSError, EOFError, zlib.error):
        return None
