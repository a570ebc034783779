# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Directives in files of chrony: its time sources, the files that they name, and where chronyd listens for chronyc. Pure functions."""

# The directives that make chronyd read other files.
READING = ("confdir", "sourcedir", "include")
# The directives that name a time source of the network.
SOURCES = ("server", "pool", "peer")
COMMENTS = "!;#%"


def parse_configuration(text):
    """Return `[{directive, path, block}]` for every line of chrony.conf that names the file of keys or other files to read.

    directive: `keyfile` or one of READING. block: the name of the marked block (`# BEGIN name`) that the line stands in.
    """
    return [
        {"directive": directive, "path": path, "block": block}
        for directive, paths, block in parse_reading(text)
        for path in paths
    ]


def parse_reading(text):
    """Return [(directive, [path], block)] of the same lines, each with all its paths."""
    return [
        (words[0].lower(), words[1:], block)
        for words, block in _lines(text)
        if words[0].lower() in READING + ("keyfile",)
    ]


def parse_control_lines(text):
    """Return the lines that say where chronyd listens for chronyc, as lists of words."""
    return [words for words, _block in _lines(text) if words[0].lower() in ("bindcmdaddress", "cmdport")]


def parse_control(lines):
    """Return `{socket, port}` of lines of parse_control_lines, in the order of the files; None is chrony's default.

    socket: "" where chronyd has none.
    """
    socket = port = None
    for words in lines:
        value = (words[1:] or [""])[0]
        if words[0].lower() == "cmdport":
            port = int(value) if value.isdigit() else port
        elif value.startswith("/"):
            socket = "" if value == "/" else value
    return {"socket": socket, "port": port}


def parse_servers(text):
    """Return `[{directive, host, key, block}]` for every line that names a time source of the network.

    directive: one of SOURCES. key: the id of its symmetric key, None without one.
    """
    found = []
    for words, block in _lines(text):
        if words[0].lower() in SOURCES and len(words) > 1:
            options = [word.lower() for word in words[2:]]
            key = options[options.index("key") + 1 : options.index("key") + 2] if "key" in options else []
            number = int(key[0]) if key and key[0].isdigit() else None
            found.append({"directive": words[0].lower(), "host": words[1], "key": number, "block": block})
    return found


def parse_key_ids(text):
    """Return `[{id, block}]` for every line of a file of keys. The keys themselves are left out."""
    return [{"id": int(words[0]), "block": block} for words, block in _lines(text) if words[0].isdigit()]


def _lines(text):
    """Yield (words, name of the marked block or None) of every line with a directive."""
    block = None
    for line in text.splitlines():
        words = line.split()
        if words[:2] == ["#", "BEGIN"]:
            block = line.split("BEGIN", 1)[1].split("(before:")[0].strip()
        elif words[:2] == ["#", "END"]:
            block = None
        elif words and words[0][0] not in COMMENTS:
            yield words, block
