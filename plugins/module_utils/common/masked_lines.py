# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A block of settings with its secrets masked, for a diff. Pure functions of texts.

The former content of a block may hold secrets that are not known any more. So a line is shown only as far as the grammar of
the programs that read it rules out a secret, and the rest is masked.
"""

import re

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import masked_urls
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.masked_urls import MASK

_SECTION = re.compile(r"\[[A-Za-z0-9_.-]+\]\Z")
_PATH = r"-?/[A-Za-z0-9_./*-]+"
_HOST = r"[A-Za-z0-9_.:-]+"
_ASSIGNMENT = re.compile(
    r"(?P<head>(?:export\s+)?(?P<name>[A-Za-z_][A-Za-z0-9_]*)\s*=\s*(?P<quote>[\"']?))(?P<value>.*)\Z"
)
_APT = re.compile(rf"(?P<head>Acquire::[a-z]+::Proxy(?:::{_HOST})? \")(?P<value>.*)(?P<tail>\";)\Z")
_KEY = re.compile(r"(?P<head>\d+\s+(?:(?:MD5|SHA1|SHA256|SHA384|SHA512|AES128|AES256)\s+)?)\S")
_CHRONY_PATH = re.compile(rf"(?:confdir|include|keyfile|sourcedir)\s+{_PATH}\Z")
_CHRONY_SOURCE = re.compile(
    rf"(?:peer|pool|server)\s+{_HOST}(?:\s+(?:iburst|nts|prefer|trust|(?:key|maxpoll|maxsources|minpoll)\s+-?\d+))*\s*\Z"
)


def shown(body, template=""):
    """Return a block with its secrets masked.

    template: what is to be in it, with places for secrets. Its lines without such a place are shown as they are, whether
    the block has had them before or not.
    """
    plain = {line for line in template.splitlines() if "@" not in line and "://" not in line}
    return "".join((line if line in plain else _line(line)) + "\n" for line in body.splitlines())


def _line(line):
    """Return one line without what may be a secret."""
    text = line.strip()
    if not text or _SECTION.match(text) or _CHRONY_PATH.match(text) or _CHRONY_SOURCE.match(text):
        return line
    match = _APT.match(text)
    if match:
        value = match.group("value")
        return match.group("head") + (value if value == "DIRECT" else _url(value)) + match.group("tail")
    match = _KEY.match(text)
    if match:
        return match.group("head") + MASK
    match = _ASSIGNMENT.match(text)
    if match:
        value, quote = match.group("value"), match.group("quote")
        closed = bool(quote) and value.endswith(quote)
        value = _value(match.group("name"), value[:-1] if closed else value)
        return match.group("head") + value + (quote if closed else "")
    return MASK


def _value(name, value):
    if not value:
        return value
    if name.lower().endswith("no_proxy"):
        return masked_urls.shown_hosts(value)
    if name.lower().endswith("proxy"):
        return _url(value)
    if name == "DefaultEnvironment":
        return _line(value)
    if name == "EnvironmentFile" and re.match(_PATH + r"\Z", value):
        return value
    return MASK


def _url(value):
    found = masked_urls.shown(value)
    return MASK if found == masked_urls.HIDDEN else found
