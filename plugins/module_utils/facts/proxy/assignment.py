# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A variable as a program understood it in a file of settings. Pure functions."""

import collections

VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")

Assignment = collections.namedtuple("Assignment", "name value cut ignored unknown shortened")
Assignment.__doc__ = """One variable.

value: the text that the program takes, "" where there is none. cut: whether the file continues behind it with text that may
belong to a password. ignored: why the program does not take it, unknown: why its value is not known, shortened: why it does
not take the whole value; "" where that is not so.
"""


def assignment(name, value, cut=False, ignored="", unknown="", shortened=""):
    """Return an Assignment."""
    return Assignment(name, value, cut, ignored, unknown, shortened)


def goes_on(text, values):
    """Whether a text has an `@` that is in none of the values of proxies in it.

    That is the rest of a URL whose password has a character that ended the value.
    """
    return text.count("@") > sum(value.count("@") for value in values)


def is_proxy(name):
    """Whether a variable names a proxy, or what is reached without one."""
    return name.lower().endswith("_proxy")
