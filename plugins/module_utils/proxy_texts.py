# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What texts say about proxies: files of shell variables, unit files, settings of package managers. Pure functions."""

import hashlib
import re
import shlex
from urllib.parse import unquote

MASK = "********"
VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
CREDENTIALS = re.compile(r"(?P<user>[^:@/]*):(?P<password>.*)@(?P<rest>[^@]*)\Z")


def words(text):
    """Return the words of a line as a shell splits it; none where a quote never ends."""
    try:
        return shlex.split(text, comments=True)
    except ValueError:
        return []


def assignments(text):
    """Yield (name, value) of every `NAME=value` and `export NAME=value` of a file of shell variables."""
    for line in text.splitlines():
        for word in words(line):
            match = re.match(r"([A-Za-z_][A-Za-z0-9_]*)=(.*)\Z", word, re.DOTALL)
            if match:
                yield match.group(1), match.group(2)
            elif word not in ("export", "set"):
                break


def directives(text, name):
    """Return the values of a directive of a unit file, lines that a backslash continues joined."""
    lines = re.sub(r"\\\n\s*", " ", text).splitlines()
    return [line.partition("=")[2].strip() for line in lines if line.partition("=")[0].strip() == name]


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
    """Yield (key, value) of what `apt-config dump` prints."""
    for match in re.finditer(r'^([^\s"]+) "(.*)";$', text, re.MULTILINE):
        yield match.group(1), match.group(2)


def masked(value, hashes):
    """Return (the value with the password of its URL masked, `none` | `expected` | `other`).

    expected: the SHA-256 of the password, decoded, as hexadecimal digits, is one of `hashes`.
    """
    scheme, slashes, rest = value.partition("://") if "://" in value else ("", "", value)
    match = CREDENTIALS.match(rest)
    if match:
        shown = "{0}{1}{2}:{3}@{4}".format(scheme, slashes, match.group("user"), MASK, match.group("rest"))
        return shown, "expected" if _hash(unquote(match.group("password"))) in hashes else "other"
    before, dummy_at, host = rest.rpartition("@")
    if ":" in before:  # an odd one: whatever stands before the host may be a secret
        return "{0}@{1}".format(MASK, host), "other"
    return value, "none"


def _hash(text):
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
