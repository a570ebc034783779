# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command line: one lab, broken in one way after another and repaired between."""

import argparse
import shutil
import tempfile
import time
from pathlib import Path

from ansible_collections.hostprep.runtime_fabric.tests.blind_labs.rtf_blind import declared, judgement, rejudged_audits
from ansible_collections.hostprep.runtime_fabric.tests.blind_labs.rtf_blind.audits import Directory
from ansible_collections.hostprep.runtime_fabric.tests.blind_labs.rtf_blind.breakages import broken
from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab import lifecycle
from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab.instance import CHECKOUT

WORK = CHECKOUT / "build" / "blind-labs"


def options(arguments):
    """Return what was asked for."""
    parser = argparse.ArgumentParser(prog="blind_labs.py", description="Audit labs that are broken on purpose.")
    parser.add_argument("--only", type=int, action="append", metavar="N", help="this lab; may be given several times")
    parser.add_argument("--lab", default="rtf-blind", help="the name of the lab (rtf-blind)")
    parser.add_argument("--keep", action="store_true", help="leave the lab up, and use one that is up")
    parser.add_argument("--again", action="store_true", help="judge the saved runs again, without a lab")
    parser.add_argument("--prepared", choices=declared.SITES, help="the site for which its nodes are prepared already")
    return parser.parse_args(arguments)


def main(arguments):
    """Break and audit; return the exit status: 0 where every audit says what it must."""
    chosen = options(arguments)
    found = declared.read()
    labs = [lab for lab in found.labs if not chosen.only or lab.number in chosen.only]
    if chosen.again:
        return _verdict(labs, [one.number for one in labs if _judged_again(one)])
    if not chosen.keep:
        lifecycle.down(chosen.lab)
    lab = lifecycle.up(chosen.lab)
    try:
        failed = _broken_labs(lab, labs, found.sites, chosen.prepared)
    finally:
        if not chosen.keep:
            lifecycle.down(chosen.lab)
    return _verdict(labs, failed)


def _verdict(labs, failed):
    print(f"{len(labs) - len(failed)} of {len(labs)} audits say what is wrong", flush=True)
    return 1 if failed else 0


def _judged_again(one):
    """Judge a saved run again; show its report, and return what is wrong with it."""
    audit = rejudged_audits.audit_of(WORK / f"{one.number:02}")
    found = judgement.problems(one, audit.output, audit.report, audit.code)
    print(f"{audit.output}\n{one.number:02} {one.fault}: {'; '.join(found) or 'ok'}\n", flush=True)
    return found


def _broken_labs(lab, labs, sites, prepared):
    """Break a lab in every way; return the numbers of those whose audit is wrong. prepared: a site, or None."""
    WORK.mkdir(parents=True, exist_ok=True)
    failed = []
    with tempfile.TemporaryDirectory() as place:
        directory = Directory(Path(place) / "site", lab)
        for one in labs:
            if prepared != one.site:
                _prepare(directory, one.site, sites[one.site])
                prepared = one.site
            if _one(lab, directory, one, {**sites[one.site], **one.inputs}):
                failed.append(one.number)
    return failed


def _prepare(directory, site, inputs):
    print(f"==> preparing the site {site}", flush=True)
    code, output = directory.play("prepare-rtf.yml", inputs)
    if code:
        raise SystemExit(f"the preparation of {site} failed:\n{judgement.last_lines(output)}")


def _one(lab, directory, one, inputs):
    """Audit with one breakage; keep what the terminal showed, and return what is wrong with it."""
    begun = time.monotonic()
    with broken(lab, one.breakages):
        audit = directory.audit(inputs)
    found = judgement.problems(one, audit.output, audit.report, audit.code)
    stem = WORK / f"{one.number:02}"
    stem.with_suffix(".txt").write_text(judgement.last_lines(audit.output), encoding="utf-8")
    shutil.rmtree(stem, ignore_errors=True)
    if (directory.path / "rtf-report").exists():
        shutil.copytree(directory.path / "rtf-report", stem, symlinks=True)
    said = "; ".join(found) or "ok"
    print(f"{one.number:02} {one.fault}: {said} ({time.monotonic() - begun:.0f} s)", flush=True)
    return found
