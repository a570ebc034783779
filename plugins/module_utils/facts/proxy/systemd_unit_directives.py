# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Environments in unit files of systemd and in what it shows of itself. Pure functions."""

import re

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.proxy.assignment import (
    assignment,
    goes_on,
    is_proxy,
)

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "s": " "}
# {letter: (digits, base)}; without a letter, three octal ones.
_CODES = {"x": (2, 16), "u": (4, 16), "U": (8, 16)}
_PERCENT = "systemd drops it, because a lone % begins a specifier: write %% for a percent sign"
# Letters that mean something behind a percent sign in one version or another.
_SPECIFIERS = "aAbBcCdDEfgGhHiIjJlLmMnNopPqsStTuUvVwWyY"
_BROKEN = "systemd drops it, because a quote is not closed or a backslash does not escape anything"


def directives(text, section, name):
    """Return the values of a directive in the order of a unit file; "" takes back those before it."""
    values, inside = [], False
    for line in _joined_lines(text):
        if line.startswith("["):
            inside = line == f"[{section}]"
            continue
        key, equals, value = line.partition("=")
        if inside and equals and key.strip() == name:
            values.append(value.strip())
    return values


def _joined_lines(text):
    """Yield the lines with the continued ones joined; comments are left out, also between these."""
    gathered = ""
    for line in re.split(r"\n|\r\n?", text):
        if line.lstrip().startswith(("#", ";")):
            continue
        gathered += line.lstrip() if not gathered else line
        if gathered.endswith("\\"):
            gathered = gathered[:-1] + " "
            continue
        yield gathered.strip()
        gathered = ""
    yield gathered.strip()


# From these versions of systemd on, a specifier that is none makes it drop a variable, and DefaultEnvironment= has specifiers.
REFUSES_UNKNOWN, SPECIFIERS_FOR_ALL = 236, 250


def environment(value, version=SPECIFIERS_FOR_ALL, of_all=False):
    """Return [Assignment] of one value of `Environment=`, in its order.

    version: of systemd. of_all: whether it is one of `DefaultEnvironment=`.
    """
    specifiers = version >= SPECIFIERS_FOR_ALL or not of_all
    found = []
    words, broken = _words(value)
    for word in words:
        name, equals, text = word.partition("=")
        if not equals or not _NAME.match(name):
            continue
        ignored = unknown = ""
        if specifiers:
            text, kind = _expanded(text)
            ignored = _PERCENT if kind == "lone" and version >= REFUSES_UNKNOWN else ""
            unknown = "it contains a systemd specifier" if kind == "known" else ""
        found.append((name, text, ignored, unknown))
    # Of what cannot be read nothing is known but the names.
    for name in re.findall(r"(?:\A|[\s\"'])([A-Za-z_][A-Za-z0-9_]*)=", broken):
        found.append((name, "", _BROKEN, ""))
    cut = goes_on(value, [text for name, text, ignored, unknown in found if is_proxy(name)])
    return [
        assignment(name, "" if ignored or unknown else text, cut, ignored, unknown)
        for name, text, ignored, unknown in found
    ]


def shown_by_systemctl(value):
    """Return [(name, value)] of the property Environment as `systemctl show` prints it."""
    plain = re.sub(r"\\([$`])", r"\1", value)  # escaped there, and in no unit file
    return [word.partition("=")[::2] for word in _words(plain)[0] if "=" in word]


def shown_environment(text):
    """Return [(name, value)] of the output of `systemctl show-environment`, which quotes as bash does where it must."""
    pairs = []
    for line in text.split("\n"):
        name, equals, value = line.partition("=")
        if not equals:
            continue
        if value.startswith("$'") and value.endswith("'"):
            value = re.sub(r"\\(.)", lambda found: _ESCAPES.get(found.group(1), found.group(1)), value[2:-1])
        pairs.append((name, value))
    return pairs


def _words(text):
    """Return (the words of a value, the rest behind them that cannot be read)."""
    words, place = [], 0
    while True:
        while place < len(text) and text[place] in " \t\n\r":
            place += 1
        if place == len(text):
            return words, ""
        begin = place
        word, place = _word(text, place)
        if word is None:
            return words, text[begin:]
        words.append(word)


def _word(text, place):
    """Return (the word that begins at a place, the place behind it); (None, place) where it cannot be read."""
    word, quote = "", ""
    while place < len(text):
        character = text[place]
        place += 1
        if character == "\\":
            piece, place = _escape(text, place)
            if piece is None:
                return None, place
            word += piece
        elif quote:
            quote, word = ("", word) if character == quote else (quote, word + character)
        elif character in "'\"":
            quote = character
        elif character in " \t\n\r":
            break
        else:
            word += character
    return (None if quote else word), place


def _escape(text, place):
    """Return (the character that is escaped, the place behind it); (None, place) where there is none."""
    letter = text[place : place + 1]
    if letter and letter in "\\'\"":
        return letter, place + 1
    if letter in _ESCAPES:
        return _ESCAPES[letter], place + 1
    octal = re.match(r"[0-3][0-7]{2}", text[place:])
    digits, base = (3, 8) if octal else _CODES.get(letter, (0, 0))
    begin = place if octal else place + 1
    written = text[begin : begin + digits]
    try:
        code = int(written, base) if digits and len(written) == digits else 0
        return (chr(code), begin + digits) if code else (None, place)
    except (ValueError, OverflowError):
        return None, place


def _expanded(text):
    """Return (the text with each %% as one percent sign, `known` or `lone` where it has a specifier, else "")."""
    letters = re.findall(r"%([A-Za-z0-9])", text.replace("%%", ""))
    kind = "lone" if set(letters) - set(_SPECIFIERS) else "known" if letters else ""
    return text.replace("%%", "%"), kind
