# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""For which destination ports a condition on a packet holds: certainly, and possibly. Pure functions and values.

A set of ports is a number whose bit N is set where port N is in it, so that thousands of rules are replayed for all ports at
once. What is not understood holds possibly for every port and certainly for none.
"""

from collections import namedtuple

ALL_PORTS = (1 << 65536) - 1

# sure: the ports for which it certainly holds. may: those for which it possibly holds, sure among them.
Truth = namedtuple("Truth", "sure may")

TRUE = Truth(ALL_PORTS, ALL_PORTS)
FALSE = Truth(0, 0)
UNKNOWN = Truth(0, ALL_PORTS)


def known(holds):
    """Return the Truth of something that is the same for every port; None is unknown."""
    return UNKNOWN if holds is None else TRUE if holds else FALSE


def both(one, other):
    """Return the Truth of one and the other."""
    return Truth(one.sure & other.sure, one.may & other.may)


def either(one, other):
    """Return the Truth of one or the other."""
    return Truth(one.sure | other.sure, one.may | other.may)


def negated(one):
    """Return the Truth of the contrary."""
    return Truth(ALL_PORTS & ~one.may, ALL_PORTS & ~one.sure)


def between(first, last):
    """Return the ports from first to last, those beyond 0 and 65535 left out."""
    first, last = max(first, 0), min(last, 65535)
    return (1 << (last + 1)) - (1 << first) if first <= last else 0


def exactly(ports):
    """Return the Truth of a condition that holds for these ports."""
    return Truth(ports, ports)


def ranges(ports):
    """Return [(first, last)] of a set of ports, in their order."""
    found, first = [], 0
    while ports >> first:
        rest = ports >> first
        first += (rest & -rest).bit_length() - 1
        rest = ports >> first
        length = (~rest & (rest + 1)).bit_length() - 1
        found.append((first, first + length - 1))
        first += length
    return found
