# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Variables that shell scripts set for what runs after them, as far as that is certain without running them. Pure functions."""

import collections
import re

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.proxy import shell_words
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.proxy.assignment import (
    assignment,
    goes_on,
    is_proxy,
)

# What a login shell runs, in this order.
LOGIN_SCRIPTS = ("/etc/profile", "/etc/profile.d/*.sh")
NOT_EXPORTED = "it is not exported"
CONDITIONAL = "whether it is set depends on a condition of the script"
COMPUTED = "the script computes it"
MOST_FILES = 20  # that scripts source
_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(\+?)=")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_DECLARE = ("export", "readonly", "declare", "typeset")

# source: the script that set it, None where none did. unknown: why its value is not known.
_State = collections.namedtuple("_State", "value exported unknown source cut")
_UNSET = _State("", False, "", None, False)


def environment(files, read=lambda dummy_path: None, inherited=(), exported_only=True):
    """Return [(source, Assignment)] of the variables after scripts, in the order in which they were set last.

    files: [(source, text)], in the order in which they are run. read: returns the text of a file that a script sources,
    None where there is none. inherited: [(name, value)] that the shell starts with. exported_only: whether variables that are
    not exported are `ignored`.
    """
    shell = _Shell(read, inherited)
    for source, text in files:
        shell.run(source, text)
    found = []
    for name, state in shell.variables.items():
        if state.source is not None:
            # What a shell evaluates may also export.
            ignored = NOT_EXPORTED if exported_only and not state.exported and state.unknown != COMPUTED else ""
            value = "" if ignored or state.unknown else state.value
            unknown = "" if ignored else state.unknown
            found.append((state.source, assignment(name, value, state.cut, ignored, unknown)))
    return found


def assignments(text):
    """Return [(name, value)] of the variables of one script whose values are certain, exported or not."""
    found = environment([("", text)], exported_only=False)
    return [(each.name, each.value) for dummy_source, each in found if not each.unknown]


class _Shell:
    """What scripts did to the variables of one shell."""

    def __init__(self, read, inherited):
        self.read, self.files, self.export_all = read, 0, False
        self.variables = {name: _State(value, True, "", None, False) for name, value in inherited}

    def run(self, source, text, uncertain=False):
        """Carry out a script. uncertain: whether it is only run under a condition."""
        lines = text.split("\n")
        for command in shell_words.commands(text):
            step = _Step(self, source, lines, command, uncertain or command.depth > 0)
            if step.carry_out() and not command.depth:
                return
            uncertain = uncertain or step.ends

    def set(self, name, state):
        """Let a variable be the one that was set last."""
        self.variables.pop(name, None)
        self.variables[name] = state

    def get(self, name):
        return self.variables.get(name, _UNSET)

    def value(self, pieces):
        """Return (the text of a word, why it is not known or "")."""
        text = ""
        for piece in pieces:
            if piece is shell_words.UNKNOWN:
                return text, COMPUTED
            if not isinstance(piece, shell_words.Variable):
                text += piece
                continue
            state = self.get(piece.name)
            if state.unknown:
                return text, state.unknown
            if state is _UNSET and piece.default is None and not is_proxy(piece.name):
                return text, COMPUTED
            text += state.value or piece.default or ""
        return text, ""


class _Step:
    """One command of a script of some lines. uncertain: whether it is only run under a condition."""

    def __init__(self, shell, source, lines, command, uncertain):
        self.shell, self.source, self.command, self.uncertain, self.ends = shell, source, command, uncertain, False
        self.lines = "\n".join(lines[command.first : command.last + 1])

    def carry_out(self):
        """Do to the variables what the command does; return whether it ends the script."""
        words = list(self.command.words)
        settings = []
        while words and _ASSIGNMENT.match(words[0].raw):
            settings.append(words.pop(0))
        verb = words[0].raw if words else ""
        if not words:
            for word in settings:
                self.assign(word, False)
        elif verb in _DECLARE:
            self.declare(verb, words[1:])
        elif verb == "unset":
            for word in words[1:]:
                self.forget(word.raw)
        elif verb == "set":
            self.shell.export_all = self.shell.export_all or any(word.raw == "-a" for word in words[1:])
        elif verb in (".", "source") and len(words) > 1:
            self.include(words[1])
        elif verb in ("eval", "read") or (verb == "printf" and [word.raw for word in words[1:2]] == ["-v"]):
            self.compute(words[1:])
        self.ends = verb in ("return", "exit")
        return self.ends

    def declare(self, verb, words):
        options = "".join(word.raw for word in words if word.raw.startswith("-"))
        exports = (verb == "export" and "n" not in options) or "x" in options
        # A shell expands all words of a command before it carries it out.
        expanded = [self.shell.value(word.pieces) for word in words]
        for word, text in zip(words, expanded):
            if _ASSIGNMENT.match(word.raw):
                self.assign(word, exports, text)
            elif exports and _NAME.match(word.raw):
                state = self.shell.get(word.raw)
                unknown = CONDITIONAL if self.uncertain and not state.exported else ""
                self.shell.variables[word.raw] = state._replace(exported=True, unknown=state.unknown or unknown)

    def assign(self, word, exports, expanded=None):
        match = _ASSIGNMENT.match(word.raw)
        name = match.group(1)
        before = self.shell.get(name)
        text, unknown = expanded or self.shell.value(word.pieces)
        value = text[match.end() :]
        if match.group(2):
            value, unknown = before.value + value, unknown or before.unknown
        if self.uncertain and not unknown and value != before.value:
            unknown = CONDITIONAL
        exported = exports or before.exported or self.shell.export_all
        self.shell.set(name, _State(value, exported, unknown, self.source, self.cut()))

    def cut(self):
        """Whether the lines of the command have an `@` outside of its proxies."""
        proxies = [each.raw for each in self.command.words if is_proxy(each.raw.partition("=")[0])]
        return goes_on(self.lines, proxies)

    def forget(self, name):
        before = self.shell.get(name)
        if before is not _UNSET:
            self.shell.variables.pop(name)
            if self.uncertain:
                self.shell.set(name, before._replace(unknown=CONDITIONAL))

    def compute(self, words):
        """Variables that occur in a command that only a shell can carry out may have any value after it."""
        for word in words:
            for name in re.findall(r"[A-Za-z_][A-Za-z0-9_]*", word.raw):
                self.shell.set(name, self.shell.get(name)._replace(unknown=COMPUTED, source=self.source))

    def include(self, word):
        path, unknown = self.shell.value(word.pieces)
        text = None
        if not unknown and path.startswith("/") and self.shell.files < MOST_FILES:
            text = self.shell.read(path)
        if text is not None:
            self.shell.files += 1
            self.shell.run(path, text, self.uncertain)
