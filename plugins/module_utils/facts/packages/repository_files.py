# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files in which apt, dnf and yum have their repositories, what these say, and the proxy to each. Pure functions."""

import configparser
import re
from urllib.parse import urlsplit

DNF_MAIN = ("/etc/dnf/dnf.conf", "/etc/yum.conf")
DNF = (*DNF_MAIN, "/etc/yum.repos.d/*.repo", "/etc/yum/repos.d/*.repo", "/etc/distro.repos.d/*.repo")
# Variables in the URLs of dnf and yum are files here.
DNF_VARIABLES = ("/etc/yum/vars/*", "/etc/dnf/vars/*")
_ONE_LINE = re.compile(r"deb(?:-src)?\s+(?:\[[^\]]*\]\s*)?(\S+)(.*)")
# Placeholder for a URL that is not completely known.
_CUT = ""
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_PORTS = {"http": 80, "https": 443}
# These are on the host itself.
_LOCAL = ("file", "copy", "cdrom", "media")
_OFF = ("no", "false", "without", "off", "disable", "0")


def apt_lines(text):
    """Yield the URI of every source in a file of one-line sources."""
    for line in text.splitlines():
        match = _ONE_LINE.match(line.strip())
        if match:
            yield _CUT if "@" in match.group(2) else match.group(1)


def apt_stanzas(text):
    """Yield the URIs of every stanza that is not switched off in a file of deb822 sources."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    for stanza in re.split(r"\n\s*\n", "\n".join(lines)):
        fields, name = {}, None
        for line in stanza.splitlines():
            if line[:1].isspace() and name is not None:
                fields[name] += " " + line.strip()
            elif ":" in line:
                name = line.partition(":")[0].strip().lower()
                fields[name] = line.partition(":")[2].strip()
        if fields.get("enabled", "yes").lower() not in _OFF:
            yield from _whole(fields.get("uris", "").split())


# (files, the function that yields what they name)
APT = (
    ("/etc/apt/sources.list", apt_lines),
    ("/etc/apt/sources.list.d/*.list", apt_lines),
    ("/etc/apt/sources.list.d/*.sources", apt_stanzas),
)


def _whole(urls):
    """The URLs in their order, or none of them where a space in a password split one in two."""
    return [_CUT for dummy in urls] if any("@" in url.partition("://")[0] for url in urls) else urls


def repo_sections(text):
    """Return `{id: options}` of a file of dnf or yum, but for [main]. Raises ValueError where it cannot be read."""
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True, default_section="\0")
    try:
        parser.read_string(text)
    except configparser.Error as problem:  # its message repeats the line, which may hold a password
        lines = [number for number, dummy_line in getattr(problem, "errors", ())] or [getattr(problem, "lineno", 1)]
        raise ValueError(f"line {lines[0]} is neither an option nor a [section]") from problem
    return {name: dict(parser.items(name)) for name in parser.sections() if name != "main"}


def repo_urls(options, variables):
    """Return the URLs any one of which is enough for a repository of dnf or yum; none where it is switched off.

    variables: `{name: value}` of /etc/dnf/vars and /etc/yum/vars.
    """
    if (options.get("enabled") or "1").lower() in _OFF:
        return []
    lists = [options[name] for name in ("metalink", "mirrorlist") if options.get(name)]
    texts = lists[:1] or re.split(r"[\s,]+", options.get("baseurl") or "")
    return _whole(
        [
            _VARIABLE.sub(lambda found: variables.get(found.group(1) or found.group(2), found.group(0)), text)
            for text in texts
            if text
        ]
    )


def place_of(url):
    """Return `{"scheme", "host", "port"}` of a URL, or None for one that is on the host itself.

    Raises ValueError, which quotes nothing of a URL's credentials, where the place is not known.
    """
    text = url[len("mirror+") :] if url.startswith("mirror+") else url
    text = "http" + text[len("mirror") :] if text.startswith("mirror:") else text
    scheme = text.partition(":")[0].lower()
    if scheme in _LOCAL:
        if text is not url:
            raise ValueError("its addresses are in a list of mirrors on the host")
        return None
    if scheme not in _PORTS:
        raise ValueError(
            "{} is not supported by the probe".format(
                scheme if re.match(r"[a-z][a-z0-9+.-]*\Z", scheme) else "its address"
            )
        )
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ValueError("its host and port cannot be read") from None
    if text.count("@") > parts.netloc.count("@"):  # what looks like the host may be a user, and the port a password
        raise ValueError("its host and port cannot be read")
    if not parts.hostname or not re.match(r"[-.0-9A-Za-z_:]+\Z", parts.hostname):
        raise ValueError(
            "its host is {}".format("a variable" if "$" in parts.netloc else "missing or not a valid name")
        )
    return {"scheme": scheme, "host": parts.hostname, "port": port or _PORTS[scheme]}


def apt_proxy(options, place):
    """Return the proxy to a place in apt's own configuration: a URL, `DIRECT`, or "" where it has none.

    options: `[(key, value)]` of `apt-config dump`. Raises ValueError where apt runs a program to find its proxy.
    """
    values = {key.lower(): value for key, value in options}
    schemes = ["https", "http"] if place["scheme"] == "https" else ["http"]
    for scheme in schemes:
        name = f"acquire::{scheme}::proxy"
        own = values.get("{}::{}".format(name, place["host"].lower()))
        if own:
            return own
    for scheme in schemes:
        if any(values.get(f"acquire::{scheme}::{name}") for name in ("proxy-auto-detect", "proxyautodetect")):
            raise ValueError("apt runs a program to find its proxy")
        if values.get(f"acquire::{scheme}::proxy"):
            return values[f"acquire::{scheme}::proxy"]
    return ""


def verified_by_all(options):
    """Whether a server of a repository is verified with the host's own trust store, and needs no client certificate."""
    return (
        not options.get("sslcacert")
        and not options.get("sslclientcert")
        and ((options.get("sslverify") or "1").lower() not in _OFF)
    )
