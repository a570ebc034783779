# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A shell script split into commands, as far as their words tell what they do to variables. Pure functions.

Nothing is run. A word is a list of its pieces: texts, `Variable`s, and UNKNOWN for what only a shell can say.
"""

import collections
import re

# A variable that is expanded there; default: what stands behind `:-`, or None.
Variable = collections.namedtuple("Variable", "name default")
UNKNOWN = object()
# raw: the word as it is written.
Word = collections.namedtuple("Word", "raw pieces")
# words: Words. depth: how many compound commands it is part of, or 1 behind && and ||. first, last: its lines.
Command = collections.namedtuple("Command", "words depth first last")

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OPENS = ("if", "while", "until", "for", "case", "select", "{")
_CLOSES = ("fi", "done", "esac", "}")
_SEPARATORS = ("\n", ";", "&", "(", ")", ";;", ";&", ";;&")
_BEFORE_COMMANDS = ("then", "else", "elif", "do", "!", "time")
_OPERATORS = re.compile(r"&&|\|\||;;&?|;&|[;&|()\n]")
_REDIRECTION = re.compile(r"[0-9]*(?:<<<|<<-?|<>|>>|>\||[<>]&?)")


class Unreadable(Exception):
    """The script is not one of a shell from here on."""


def commands(text):
    """Yield the Commands of a script in their order, until it ends or cannot be read."""
    script, opened, words, behind, first, last = _Script(text), [], [], "\n", 0, 0
    try:
        while True:
            token = script.next()
            if isinstance(token, Word):
                if not words and token.raw in _BEFORE_COMMANDS:
                    continue
                if not words and token.raw in _CLOSES:
                    opened = opened[:-1]
                    continue
                if not words and token.raw in _OPENS:
                    opened.append(token.raw)
                    continue
                last = script.line()
                first = first if words else last - token.raw.count("\n")
                words.append(token)
                continue
            if words:
                # Behind && and || it is a condition, in the background and in a pipe a shell of its own.
                alone = behind in _SEPARATORS and token not in ("&", "|")
                yield Command(words, len(opened) + (not alone), first, last)
            if token is None:
                return
            if token == "(":
                opened.append(token)
            elif token == ")" and opened and opened[-1] == "(":
                opened.pop()
            behind = behind if token == "\n" and not words and behind not in _SEPARATORS else token
            words = []
    except Unreadable:
        return


class _Script:
    """Tokens of a script: Words, operators as texts, None at the end."""

    def __init__(self, text):
        self.text, self.place, self.heredocs = text, 0, []
        self.counted, self.lines = 0, 0

    def line(self):
        self.lines += self.text.count("\n", self.counted, self.place)
        self.counted = self.place
        return self.lines

    def next(self):
        """Return the next token."""
        self._skip_blanks()
        if self.place >= len(self.text):
            return None
        operator = _OPERATORS.match(self.text, self.place)
        if operator:
            self.place = operator.end()
            if operator.group() == "\n":
                self._skip_heredocs()
            return operator.group()
        redirection = _REDIRECTION.match(self.text, self.place)
        if redirection:
            self.place = redirection.end()
            self._skip_blanks()
            target = self._word()
            if redirection.group().endswith(("<<", "<<-")):
                self.heredocs.append(re.sub(r"[\\'\"]", "", target.raw))
            return self.next()
        return self._word()

    def _skip_blanks(self):
        while self.place < len(self.text):
            if self.text.startswith("\\\n", self.place):
                self.place += 2
            elif self.text[self.place] in " \t":
                self.place += 1
            elif self.text[self.place] == "#":
                end = self.text.find("\n", self.place)
                self.place = len(self.text) if end < 0 else end
            else:
                return

    def _skip_heredocs(self):
        for delimiter in self.heredocs:
            while self.place < len(self.text):
                end = self.text.find("\n", self.place)
                line = self.text[self.place : end if end >= 0 else len(self.text)]
                self.place += len(line) + 1
                if line.lstrip("\t") == delimiter:
                    break
        self.heredocs = []

    def _word(self):
        begin, pieces = self.place, []
        while self.place < len(self.text) and self.text[self.place] not in " \t\n;&|()<>":
            character = self.text[self.place]
            if character == "'":
                end = self.text.find("'", self.place + 1)
                if end < 0:
                    raise Unreadable
                pieces.append(self.text[self.place + 1 : end])
                self.place = end + 1
            elif character == '"':
                self.place += 1
                self._quoted(pieces)
            elif character == "\\":
                pieces.append(self.text[self.place + 1 : self.place + 2].replace("\n", ""))
                self.place += 2
            elif character in "$`":
                pieces.append(self._expansion())
            elif character == "{" or (character == "~" and self.text[self.place - 1 : self.place] in ("=", ":")):
                pieces.append(UNKNOWN)
                self.place += 1
            else:
                pieces.append(character)
                self.place += 1
        return Word(self.text[begin : self.place], pieces)

    def _quoted(self, pieces):
        while True:
            character = self.text[self.place : self.place + 1]
            if not character:
                raise Unreadable
            if character == '"':
                self.place += 1
                return
            if character in "$`":
                pieces.append(self._expansion())
            elif character == "\\":
                escaped = self.text[self.place + 1 : self.place + 2]
                pieces.append(escaped.replace("\n", "") if escaped in ("$", "`", '"', "\\", "\n") else "\\" + escaped)
                self.place += 2
            else:
                pieces.append(character)
                self.place += 1

    def _expansion(self):
        """Return the piece for what begins with a dollar sign or a backquote."""
        text, place = self.text, self.place
        plain = _NAME.match(text, place + 1)
        if text[place] == "$" and plain:
            self.place = plain.end()
            return Variable(plain.group(), None)
        braced = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::?-([^${}'\"`\\]*))?\}").match(text, place)
        if braced:
            self.place = braced.end()
            return Variable(braced.group(1), braced.group(2))
        if (
            text[place] == "$"
            and text[place + 1 : place + 2] not in ("(", "{", "'", '"')
            and not re.match(r"[0-9@*#?$!-]", text[place + 1 : place + 2])
        ):
            self.place += 1
            return "$"
        self.place = self._behind(place)
        return UNKNOWN

    def _behind(self, place):
        """Return the place behind an expansion that only a shell can evaluate."""
        opening = self.text[place : place + 2]
        if opening[0] == "`":
            end = self.text.find("`", place + 1)
        elif opening == "$'":
            end = re.compile(r"\$'(?:[^'\\]|\\.)*").match(self.text, place).end()
        elif opening in ("$(", "${"):
            end, level = place + 1, 0
            while end < len(self.text):
                level += {"(": 1, "{": 1, ")": -1, "}": -1}.get(self.text[end], 0)
                if level == 0:
                    break
                end += 1
        else:
            return place + 2
        if end < 0 or end >= len(self.text):
            raise Unreadable
        return end + 1
