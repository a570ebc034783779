# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What containerd's own configuration and its hosts.toml files say about the authorities of one registry. Pure functions."""

import collections
import re

_KEY = r"""(?:"[^"]*"|'[^']*'|[A-Za-z0-9_-]+)"""
_TABLE = re.compile(rf"\[\s*({_KEY}(?:\s*\.\s*{_KEY})*)\s*\]\Z")
_PAIR = re.compile(rf"({_KEY}(?:\s*\.\s*{_KEY})*)\s*=\s*(.+)\Z", re.DOTALL)
_VALUE = re.compile(r"""(?:"(?:[^"\\]|\\.)*"|'[^']*'|\[.*\]|\{.*\}|true|false|[-+]?\d\S*)\Z""", re.DOTALL)
_TEXT = re.compile(r""""((?:[^"\\]|\\.)*)"|'([^']*)'""")
# The tables on registries of the plugins that pull images, of containerd 1.x and 2.x.
_REGISTRIES = tuple(
    ("plugins", name, "registry") for name in ("io.containerd.grpc.v1.cri", "io.containerd.cri.v1.images")
)
# What stands before and behind the name of a registry in the older way to write its authorities.
_SECURITY = ("configs", "tls")
_PORTS = {"https": 443, "http": 80}

# What `containerd config dump` says. folders: in which it looks for a folder of each registry. root_level: whether it reads a
# hosts.toml that has no table `host`. own: {registry: the path of a file of certificates} of the older way to write it.
Configuration = collections.namedtuple("Configuration", ["folders", "root_level", "own"])

# What containerd takes from a hosts.toml. paths: of files of authorities; None where it reads the folder's *.crt instead.
# lacks_host: whether it ignores authorities there, as containerd 1.x does without a table `host`.
HostsFile = collections.namedtuple("HostsFile", ["paths", "lacks_host"])


def configuration(text):
    """The Configuration in the output of `containerd config dump`. Raises ValueError."""
    folders, own, version = [], {}, []
    for path, values in _tables(text):
        if not path:
            version = values.get("version", [])
        elif path[:3] in _REGISTRIES:
            if len(path) == 3:
                folders = [folder for each in values.get("config_path", []) for folder in each.split(":") if folder]
            elif len(path) == 6 and path[3::2] == _SECURITY:
                own.update((path[4], file) for file in values.get("ca_file", []) if file)
    # containerd 1.x ignores what stands beside config_path, and prints version 2 (containerd#10027).
    return Configuration(folders, version == ["3"], {} if folders else own)


def folders_of(host, port):
    """The names of folders of which containerd takes the first that is there."""
    with_port = [f"{host}_{port}_", f"{host}:{port}"]
    return [*with_port, *([host] if port == _PORTS["https"] else []), "_default"]


def hosts_file(text, host, port, root_level):
    """The HostsFile of a registry. root_level: as in Configuration. Entries for other hosts are about mirrors."""
    try:
        (_dummy, root), *others = _tables(text)
    except ValueError:
        return HostsFile(None, False)
    if not root_level and not any(path[0] == "host" for path, dummy_values in others):
        return HostsFile(None, bool(root.get("ca")))
    entries = [(server, root) for server in root.get("server") or [""]]
    entries += [(path[1], values) for path, values in others if len(path) == 2 and path[0] == "host"]
    own = [values for server, values in entries if not server or _is(server, host, port)]
    return HostsFile([path for values in own for path in values.get("ca", [])], False)


def _is(server, host, port):
    """Whether a URL is that of the registry."""
    scheme, separator, rest = server.partition("://")
    if not separator:
        scheme, rest = "https", server
    name = rest.partition("/")[0].lower()
    return name in (f"{host}:{port}".lower(), host.lower() if _PORTS.get(scheme) == port else None)


def _tables(text):
    """[(path of the table, {key: the texts, or the number, of its value})] in TOML; the first is the top level. Raises ValueError."""
    found = [((), {})]
    for line in _statements(text):
        table, pair = _TABLE.match(line), _PAIR.match(line)
        if table:
            found.append((_keys(table.group(1)), {}))
        elif pair and _VALUE.match(pair.group(2)):
            value = pair.group(2)
            texts = [double or single for double, single in _TEXT.findall(value)]
            found[-1][1][".".join(_keys(pair.group(1)))] = texts or ([value] if value.isdigit() else [])
        else:
            raise ValueError("TOML syntax that is not supported here")
    return found


def _keys(path):
    return tuple(key.strip("\"'") for key in re.findall(_KEY, path))


def _statements(text):
    """The lines of a text without comments; a value in brackets may have several."""
    statement, quote, depth, escaped = "", "", 0, False
    for line in text.splitlines():
        for character in line:
            if quote:
                quote = "" if character == quote and not escaped else quote
                escaped = quote == '"' and character == "\\" and not escaped
            elif character in "\"'":
                quote = character
            elif character == "#":
                break
            else:
                depth += (character in "[{") - (character in "]}")
            statement += character
        if depth > 0:
            statement += " "
            continue
        if quote:
            raise ValueError("an unterminated string")
        if statement.strip():
            yield statement.strip()
        statement, depth = "", 0
    if statement.strip():
        raise ValueError("an unterminated value")
