# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names and globs of checks: which of them can be meant, and which results a site left out."""

import difflib
from fnmatch import fnmatchcase

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils import input_types
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.judge.finding import SKIPPED

ALL = ("*",)
# Not a requirement but an event of this run: neither left out nor waived.
EVENTS = frozenset(["access.preparation"])


def possible_ids(checks, catalogue):
    """Return the ids that results can have. checks: rows of catalog/checks/. catalogue: a Catalog."""
    ids = []
    for check in checks:
        if "each" in check:
            ids += [f"{check['id']}.{row['id']}" for row in getattr(catalogue, check["each"])]
        else:
            ids.append(check["id"])
    return ids


def globs(checks, catalogue):
    """Return a check, as inputs.py has them, for a list of names and globs of checks."""
    ids = possible_ids(checks, catalogue)
    # A site's own rows have results of their own, which only the run knows.
    families = tuple(check["id"] + "." for check in checks if "each" in check)

    def check(value):
        try:
            patterns = input_types.list_of(value)
        except ValueError:
            raise ValueError("must be a list of names or globs of checks, such as [host.*]") from None
        for pattern in patterns:
            if not isinstance(pattern, str):
                raise ValueError(f"{pattern!r} is no name of a check")
            if not pattern.startswith(families) and not any(fnmatchcase(name, pattern) for name in ids):
                close = difflib.get_close_matches(pattern, ids, n=1, cutoff=0.6)
                hint = f"; did you mean {close[0]}?" if close else "; catalog/checks/ lists them"
                raise ValueError(f"{pattern!r} matches no check{hint}")
        return patterns

    return check


def matches(name, patterns):
    """Whether a check's id is one of the names or globs."""
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def leave_out(results, checks=ALL, skip=()):
    """Return the results with those that a site left out turned into `skipped`, which says why.

    checks: names or globs of rtf_checks. skip: those of rtf_skip_checks.
    """
    reasons = {result["id"]: _why_left_out(result["id"], checks, skip) for result in results}
    return [
        {**result, "status": SKIPPED, "expected": "", "observed": reasons[result["id"]], "remedy": "", "evidence": None}
        if reasons[result["id"]]
        else result
        for result in results
    ]


def _why_left_out(name, checks, skip):
    if name in EVENTS:
        return None
    if matches(name, skip):
        return "left out by rtf_skip_checks"
    return None if matches(name, checks) else "left out: not among rtf_checks"


def summary(results, checks=ALL, skip=()):
    """Return what the report says of the selection: `{checks, skip_checks, left_out, unmatched}`, lists of text.

    left_out: ids of checks. unmatched: names and globs that no result of this run has.
    """
    ids = list(dict.fromkeys(result["id"] for result in results))
    return {
        "checks": list(checks),
        "skip_checks": list(skip),
        "left_out": [name for name in ids if _why_left_out(name, checks, skip)],
        "unmatched": [
            pattern for pattern in (*checks, *skip) if not any(fnmatchcase(name, pattern) for name in ids)
        ],
    }
