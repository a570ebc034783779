# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action plan_changes: inspect a node, and plan what roles change on it, or verify what they have changed."""

from __future__ import annotations

import time

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit import preparation
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog, checks
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.input_declarations import MAIN
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.controller_action import ControllerAction, display
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence import earlier_evidence
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import inventory, proxy_url
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.plain_data import plain
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.site_rows import of_site
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan import audit_plan, time_server_probes
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions.inspections import merged
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions.role_plan import (
    ANNOUNCEMENT,
    Cluster,
    header_of,
    steps,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions.role_registry import ROLES

INSPECT, PLAN, VERIFY = "inspect", "plan", "verify"
AUDIT = "rtf_preflight"
MANAGED = "Ansible managed"  # unless the variable ansible_managed says something else
OF_NODES = ("rtf_node_address", "ansible_host")


class ActionModule(ControllerAction):
    """One call of host_info for all roles, and for the audit behind them; everything else is decided on the controller."""

    _requires_connection = True
    ARGUMENTS = {
        "roles": {"type": "list", "elements": "str", "required": True, "choices": sorted(ROLES)},
        "entry_point": {"type": "str", "default": MAIN},
        "step": {"type": "str", "choices": [INSPECT, PLAN, VERIFY], "default": PLAN},
        "inputs": {"type": "dict", "default": {}},
        "host": {"type": "dict", "default": {}},
        "wait": {"type": "bool", "default": False},
        "probed": {"type": "list", "elements": "dict"},
        "remembered": {"type": "dict"},
        "together": {"type": "bool", "default": False},
    }

    def answer(self, arguments):
        """Return the evidence, and the plans or what the checks say."""
        self.arguments, remembered = arguments, arguments["remembered"]
        cluster = self._cluster(arguments["roles"])
        settings, problems = self._settings(cluster)
        if problems:
            return {"failed": True, "msg": problems}
        host, failure = arguments["host"], {}
        audit = {}
        if not host:
            audit = self._options_of_the_audit() if arguments["together"] and arguments["step"] == PLAN else {}
            host, failure = self._inspected(settings, audit)
        if failure:
            return failure
        found = {"host": host, "inputs": {name: one.shown for name, one in settings.items()}}
        if arguments["step"] == INSPECT:
            return found
        if arguments["step"] == VERIFY:
            return {**found, **self._verified(settings, host, cluster)}
        if remembered is not None:
            plans = {
                name: preparation.revert_plan(ROLES[name], one, host, remembered) for name, one in settings.items()
            }
            prepared = preparation.Preparation(plans, [], [], [], [])
        else:
            prepared = preparation.prepare(settings, host, cluster, arguments["probed"], self.check_mode)
        changed = (prepared.pending or prepared.unverified) and not self.check_mode
        audited = self.collected if audit and not changed else {}
        alone = set(prepared.pending) - {*prepared.ready, *prepared.stale}  # these plan with the same evidence
        # ansible-core before 2.19 walks through all of a result for each task that names a part of it.
        unasked = arguments["together"] and not audited and not alone
        return {**found, **self._planned(prepared), "host": {} if unasked else host, "audited": audited}

    def _settings(self, cluster):
        """Return ({role: Settings}, the problems of the inputs as a text)."""
        groups = "rtf_firewall" in self.arguments["roles"] and self.arguments["entry_point"] == MAIN
        problems = inventory.group_problems(self.groups()) if groups else []
        settings = {}
        for name in self.arguments["roles"]:
            found = self.role_variables(name, self.arguments["entry_point"])
            problems += found.problems
            if not problems:
                inputs = {**found.inputs, **self.arguments["inputs"]}
                settings[name] = ROLES[name].settings(found.values, inputs, cluster)
        unchanged = f"The role {self.arguments['roles'][0]} changed nothing"
        unchanged = "Nothing was changed" if self.arguments["together"] else unchanged
        return settings, f"{unchanged}. " + "\n".join(["", *problems][len(problems) == 1 :]) if problems else ""

    def _inspected(self, settings, audit):
        """Return (the evidence, the result of the module where it failed). audit: options of host_info besides."""
        remembered = self.arguments["remembered"]
        inspections = [ROLES[name].inspection(one.private, remembered) for name, one in settings.items()]
        options = merged([*inspections, audit])
        self.collected = earlier_evidence.handed_on(options, audit)
        if not options["sections"]:
            return {}, {}
        if self.arguments["wait"]:
            options["clock_wait"] = max(one.inputs.get("wait", 0) for one in settings.values())
        result = self._execute_module(
            module_name="hostprep.runtime_fabric.host_info", module_args=options, task_vars=self.task_vars
        )
        return (plain(result["host"]), {}) if "host" in result else ({}, {**result, "failed": True})

    def _planned(self, prepared):
        plans, together = {}, self.arguments["together"]
        for name, found in prepared.plans.items():
            if found.refusal and not together:
                raise ValueError(found.refusal)
            for warning in found.warnings if name not in prepared.stale and self._is_shown(name) else []:
                display.warning(warning)
            changes = steps(found.plan, self.check_mode)
            plans[name] = {
                "changes": changes,
                "sequences": [[change["step"] for change in changes[: number + 1]] for number in range(len(changes))],
                "announcements": [change["announcement"] for change in changes if change["kind"] == ANNOUNCEMENT],
                "notices": found.plan.notices,
                "questions": found.questions,
                "in_force": found.in_force,
            }
        alone = set(prepared.pending) - set(prepared.ready)  # they plan, and report, for themselves
        shown = [name for name in plans if name not in alone and self._is_shown(name)]
        notices = [notice for name in shown for notice in plans[name]["notices"]]
        return {
            "plans": plans,
            "pending": prepared.pending,
            "stale": prepared.stale,
            "ready": prepared.ready,
            "unverified": [name for name in prepared.unverified if self._is_run(name)],
            "notices": notices,
            "made": time.monotonic_ns(),
        }

    def _verified(self, settings, host, cluster):
        answer, failures = {"checks": []}, []
        for name, one in settings.items():
            suspects = ROLES[name].suspects(one.inputs, host)
            probed = self._probed(suspects) if suspects else None
            verdict = preparation.verify(ROLES[name], one, host, cluster, probed)
            answer["checks"] += verdict.results
            failures += verdict.failures
            for warning in verdict.warnings:
                display.warning(warning)
        return {**answer, "failed": True, "msg": "\n".join(failures)} if failures else answer

    def _probed(self, servers):
        """Return what time servers answer to the node, None where that could not be probed."""
        result = self._execute_module(
            module_name="hostprep.runtime_fabric.egress_info",
            module_args=time_server_probes.options(servers),
            task_vars=self.task_vars,
        )
        return plain(result["endpoints"]) if "endpoints" in result else None

    def _options_of_the_audit(self):
        """Return what the audit behind the roles asks of host_info; nothing where there is none, or its inputs are refused."""
        found = self.role_variables(AUDIT, MAIN) if self._is_run(AUDIT) else None
        if found is None or found.problems:
            return {}
        inputs = found.inputs
        catalogue = of_site(catalog.load(), inputs)
        proxies = [
            proxy_url.parse(found.values[name], found.values[f"{name}_user"], found.values[f"{name}_password"])
            for name in ("http_proxy", "monitoring_proxy")
        ]
        return {
            **audit_plan.host_options(catalogue, checks.load(), self.groups(), self.node, inputs),
            "proxy_hashes": [proxy.digest for proxy in proxies if proxy],
        }

    def _is_run(self, role):
        """Whether --tags and --skip-tags let the tasks of a role run, whose tag is its name."""
        task = self._task.copy()  # with the tags of the blocks and plays around it
        task.tags = [role]
        run, skip = (set(map(str, self.task_vars.get(f"ansible_{which}_tags") or ())) for which in ("run", "skip"))
        return task.evaluate_tags(run, skip, {})

    def _is_shown(self, role):
        """Whether a plan of several roles says what concerns one of them: not where tags leave it out."""
        return not self.arguments["together"] or self._is_run(role)

    def _cluster(self, roles):
        groups = self.groups()
        names = dict.fromkeys([*OF_NODES, *(name for role in roles for name in ROLES[role].node_variables)])
        nodes = groups.get("rtf_nodes") or plain(self.task_vars["ansible_play_hosts_all"])
        managed = plain(self._templar.template(self.task_vars.get("ansible_managed", MANAGED)))
        return Cluster(self.node, groups, self.variables(nodes, names), header_of(managed))
