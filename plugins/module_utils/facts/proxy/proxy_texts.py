# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Proxy settings in texts: files of shell variables, unit files, settings of package managers. Pure functions."""

import re
import shlex
from urllib.parse import quote

# The values of options of dnf and yum for no proxy.
_NO_PROXY = ("", "_none_", "none")

VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


def words(text):
    """Return the words of a line as a shell splits it; none where a quote never ends."""
    try:
        return shlex.split(text, comments=True)
    except ValueError:
        return []


def assignments(text):
    """Yield (name, value) of every `NAME=value` and `export NAME=value` of a file of shell variables."""
    for name, value, _dummy_cut in settings(text):
        yield name, value


def settings(text):
    """Yield (name, value, cut) of the same; cut: whether the line continues behind its values with text that has an `@`.

    That is the rest of a URL without quotes whose password has a space or a `#` in it.
    """
    for line in text.splitlines():
        found, others = [], False
        for word in words(line):
            match = re.match(r"([A-Za-z_][A-Za-z0-9_]*)=(.*)\Z", word, re.DOTALL)
            if match and not others:
                found.append((match.group(1), match.group(2)))
            elif word not in ("export", "set"):
                others = True
        cut = goes_on(line, found)
        for name, value in found:
            yield name, value, cut


def goes_on(line, found):
    """Whether a line has an `@` that is in no value of a proxy. found: [(name, value)]."""
    proxies = [value for name, value in found if name.lower().endswith("_proxy")]
    return line.count("@") > sum(value.count("@") for value in proxies)


def directives(text, name):
    """Return the values of a directive of a unit file, lines that a backslash continues joined."""
    lines = re.sub(r"\\\n\s*", " ", text).splitlines()
    return [line.partition("=")[2].strip() for line in lines if line.partition("=")[0].strip() == name]


def unit_settings(value):
    """Yield (name, value, cut) of one value of `Environment=` or `DefaultEnvironment=`, as `settings` does."""
    found = [word.partition("=")[::2] for word in words(value) if "=" in word]
    cut = goes_on(value, found)
    for name, text in found:
        yield name, text, cut


def main_section(text):
    """Return the options of the section [main] of an INI file; the last of several counts."""
    options, inside = {}, False
    for line in text.splitlines():
        if line.startswith("["):
            inside = line.strip() == "[main]"
        elif inside and "=" in line and not line.lstrip().startswith(("#", ";")):
            name, dummy_equals, value = line.partition("=")
            options[name.strip()] = value.strip()
    return options


def apt_options(text):
    """Yield (key, value) of the output of `apt-config dump`."""
    for match in re.finditer(r'^([^\s"]+) "(.*)";$', text, re.MULTILINE):
        yield match.group(1), match.group(2)


def dnf_proxy(options):
    """Return the proxy that options of dnf or yum name, with its credentials in the URL; "" where they name none.

    In options of their own, credentials are written as they are.
    """
    value = options.get("proxy") or ""
    if value.lower() in _NO_PROXY:
        return ""
    if not options.get("proxy_username"):
        return value
    scheme, slashes, rest = value.rpartition("://")
    user, password = (quote(options.get(name) or "", safe="") for name in ("proxy_username", "proxy_password"))
    return f"{scheme}{slashes}{user}:{password}@{rest}"
