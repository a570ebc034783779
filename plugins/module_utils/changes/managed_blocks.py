# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A marked block of lines in a file of another owner, and how to remove it so that the former file is restored.

The first line of a block records the former file, so that nothing has to be recorded elsewhere: whether it existed,
its mode, whether its last line ended. Pure functions of texts; a text of None is a missing file.
"""

import hashlib
import re
from collections import namedtuple

PRIVATE = 0o640  # what a file that holds a secret may allow at most

# How the file was before the block: its mode, None where it was not there; whether its last line ended; how many of the
# directories above it had to be made.
Before = namedtuple("Before", "mode ended directories")

_BEFORE = re.compile(r"(?:no file, (?P<directories>\d+) directories|mode (?P<mode>[0-7]{4}))(?P<open>, no line end)?\Z")


def begin_line(name, before):
    """The first line of a block."""
    state = f"no file, {before.directories} directories" if before.mode is None else f"mode {before.mode:04o}"
    return "# BEGIN {} (before: {}{})".format(name, state, "" if before.ended else ", no line end")


def end_line(name):
    """The last line of a block."""
    return f"# END {name}"


def take_out(text, name):
    """Return (the text without the block, Before, the block's lines as a text); (text, None, None) without a block.

    The rest is unchanged, except for a missing end of the last line, which `restored` restores.
    """
    lines = (text or "").splitlines(True)
    begin = f"# BEGIN {name} (before: "
    first = next((number for number, line in enumerate(lines) if line.startswith(begin)), None)
    if first is None:
        return text, None, None
    last = next((number for number in range(first, len(lines)) if lines[number].strip() == end_line(name)), None)
    if last is None:
        raise ValueError(f"line {first + 1} begins a block that never ends")
    match = _BEFORE.match(lines[first].strip()[len(begin) : -1])
    if match is None:
        raise ValueError(f"line {first + 1} cannot be read: it was changed by hand")
    mode = match.group("mode")
    before = Before(
        None if mode is None else int(mode, 8), match.group("open") is None, int(match.group("directories") or 0)
    )
    return "".join(lines[:first] + lines[last + 1 :]), before, "".join(lines[first + 1 : last])


def put_in(rest, name, before, body, section=None):
    """Return the text with a block: at the end of the file, or at the end of a section `[section]` of it."""
    rest = rest or ""
    if rest and not rest.endswith("\n"):
        rest += "\n"
    if body and not body.endswith("\n"):
        body += "\n"
    head, tail = rest, ""
    if section is not None:
        head, tail = _split_after(rest, section)
        if head is None:
            head, tail, body = rest, "", f"[{section}]\n{body}"
    return f"{head}{begin_line(name, before)}\n{body}{end_line(name)}\n{tail}"


def _split_after(text, section):
    """Return (everything to the end of the section, the rest), (None, None) where there is no such section."""
    lines = text.splitlines(True)
    inside = None
    for number, line in enumerate(lines):
        if line.strip() == f"[{section}]":
            inside = number
        elif inside is not None and line.startswith("["):
            while not lines[number - 1].strip():
                number -= 1
            return "".join(lines[:number]), "".join(lines[number:])
    return (None, None) if inside is None else (text, "")


def restored(rest, before):
    """Return the text of a file without its block, None where the file is to be removed as well."""
    if before.mode is None and not rest.strip():
        return None
    if not before.ended and rest.endswith("\n"):
        return rest[:-1]
    return rest


def mode_with_block(current, before, private, mode_if_made):
    """Return the mode of a file with a block. current: its mode now, None where it is not there."""
    if current is None:
        return mode_if_made & PRIVATE if private else mode_if_made
    if private:
        return current & PRIVATE
    own = mode_if_made if before.mode is None else before.mode
    return own if current == own & PRIVATE else current


def mode_without_block(current, before):
    """Return the mode of a file without its block: the former one, unless it was changed since."""
    return before.mode if before.mode is not None and current == before.mode & PRIVATE else current


def kept(body, beginnings):
    """Return the lines of a block (None without one) that begin with one of some texts."""
    return [line for line in (body or "").splitlines() if line.startswith(tuple(beginnings))]


def beside(kept_lines, content, body):
    """Return a block of kept and new lines; a block of the same lines keeps its order."""
    lines = kept_lines + content.splitlines()
    if not kept_lines:
        return content
    return body if sorted(lines) == sorted(body.splitlines()) else "".join(line + "\n" for line in lines)


def with_secrets(text, secrets):
    """Replace every `@{name}` by the secret of that name, unchanged."""
    return re.sub(r"@\{([^}]*)\}", lambda found: secrets.get(found.group(1), found.group(0)), text)


def holds_secret(text, secrets):
    """Whether a text has a place for a secret that is not empty."""
    return any(secret and f"@{{{name}}}" in text for name, secret in secrets.items())


def digest(line):
    """Return the digest by which a host recognises a line of a block whose secrets it is not given."""
    return hashlib.sha256(line.encode("utf-8", "surrogateescape")).hexdigest()
