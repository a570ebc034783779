# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names and globs of checks: which of them are valid, and which results a site left out, by them or by a switch."""

import difflib
from fnmatch import fnmatchcase

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.quoting import quoted, repeatable
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import SKIPPED
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import value_types

ALL = ("*",)
LINKS = ("net.latency", "net.loss", "net.mtu_path", "net.bandwidth")
BALANCER = ("net.load_balancer", "net.load_balancer_tls", "net.load_balancer_source")
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
            patterns = value_types.list_of(value)
        except ValueError:
            raise ValueError("must be a list of names or globs of checks, such as [host.*]") from None
        for pattern in patterns:
            if not isinstance(pattern, str) or not repeatable(pattern):
                raise ValueError(f"{quoted(pattern)} is no name of a check")
            if not pattern.startswith(families) and not any(fnmatchcase(name, pattern) for name in ids):
                close = difflib.get_close_matches(pattern, ids, n=1, cutoff=0.6)
                hint = f"; did you mean {close[0]}?" if close else "; catalog/checks/ lists them"
                raise ValueError(f"{quoted(pattern)} matches no check{hint}")
        return patterns

    return check


def matches(name, patterns):
    """Whether a check's id is one of the names or globs."""
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def switched_off(arguments):
    """Return `{id of a check: the variable}` of the checks whose evidence a site has chosen not to collect.

    arguments: those of preflight_report. What is not named, such as a load balancer, is not left out. Nor is a bandwidth
    that is measured on request only, as that of a running cluster is.
    """
    installing = arguments["phase"] == "install"
    off = {}
    if not arguments["port_matrix"]:
        names = ["ports", "ports.closed", *LINKS[:-1]]
        names += ["ports.free", LINKS[-1]] if installing else []
        names += BALANCER if arguments["load_balancer"] else []
        names += ["ports.outside"] if arguments["outside_host"] else []
        off.update(dict.fromkeys(names, "rtf_preflight_port_matrix"))
    elif not arguments["links"]:
        off.update(dict.fromkeys(LINKS if installing else LINKS[:-1], "rtf_preflight_links"))
    elif arguments["bandwidth"] == "none" and installing:
        off[LINKS[-1]] = "rtf_preflight_bandwidth"
    return off


def without_evidence(arguments):
    """Return the ids of checks that have a result, which says that they are left out, although nothing was collected for them.

    Those are checks that a site has switched off, and checks of the port matrix that it has not selected. arguments: as for
    switched_off.
    """
    of_matrix = switched_off({**arguments, "port_matrix": False})
    not_selected = {
        name for name in of_matrix if matches(name, arguments["skip_checks"]) or not matches(name, arguments["checks"])
    }
    return not_selected.union(switched_off(arguments))


def leave_out(results, checks=ALL, skip=(), off=()):
    """Return the results with those that a site left out turned into `skipped`, which says why.

    checks: names or globs of rtf_checks. skip: those of rtf_skip_checks. off: as switched_off returns it.
    """
    reasons = {result["id"]: _why_left_out(result["id"], checks, skip, dict(off)) for result in results}
    return [
        {
            **result,
            "status": SKIPPED,
            "expected": "",
            "observed": f"left out by {reasons[result['id']]}",
            "remedy": "",
            "evidence": None,
        }
        if reasons[result["id"]]
        else result
        for result in results
    ]


def _why_left_out(name, checks, skip, off):
    """The variable that leaves a check out, or None."""
    if name in EVENTS:
        return None
    if matches(name, skip):
        return "rtf_skip_checks"
    if not matches(name, checks):
        return "rtf_checks"
    # A check that is made for each row has an id with the row's behind its own.
    return off.get(name) or off.get(name.rpartition(".")[0])


def summary(results, checks=ALL, skip=(), off=()):
    """Return what the report says of the selection: `{checks, skip_checks, left_out, left_out_by, unmatched}`.

    left_out: ids of checks. left_out_by: `{variable: ids of checks}`. unmatched: names and globs that no result of this run
    has.
    """
    ids = list(dict.fromkeys(result["id"] for result in results))
    left_out_by = {}
    for name in ids:
        why = _why_left_out(name, checks, skip, dict(off))
        if why:
            left_out_by.setdefault(why, []).append(name)
    return {
        "checks": list(checks),
        "skip_checks": list(skip),
        "left_out": [name for name in ids if any(name in names for names in left_out_by.values())],
        "left_out_by": left_out_by,
        "unmatched": [pattern for pattern in (*checks, *skip) if not any(fnmatchcase(name, pattern) for name in ids)],
    }
