# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The variables a user sets, and what each of them may hold.

A check takes the value, as text where a site gave it so, and returns it with its type, or nothing where the text is the
value. It raises ValueError with a sentence that completes "rtf_x: ..." for a person: what was found and what is valid.
Secrets in a value never appear in that sentence.
"""

import difflib
import ipaddress
import re
from urllib.parse import urlsplit

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.quoting import quoted, repeatable
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import ntp_servers, value_types
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import proxy_url as proxy_url_parts
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.value_kinds import is_host, kind
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan import no_proxy
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.topology import address_of

PHASES = ("install", "operate")
GROUPS = ("rtf_controllers", "rtf_workers")
LARGEST_NETWORK, SMALLEST_NETWORK = 8, 24  # prefix lengths
# What a variable of a role holds where the input that it follows is not set: what is there stays.
UNCHANGED = "unchanged"
# What the vendor's documentation and its generated configuration use where a site says nothing.
POD_CIDR, SERVICE_CIDR = "10.244.0.0/16", "10.100.0.0/16"
# A node for the time of an upgrade, which the vendor asks for, and one more.
SPARE_ADDRESSES = 2


def given(value):
    """Return the value of a role's variable, None where the input is not set."""
    return None if value == UNCHANGED else value


def one_of(choices):
    """A check that the value is one of `choices`, given as strings."""

    def check(value):
        if not isinstance(value, str):
            raise ValueError(
                f"{quoted(value)} is a {kind(value)}, not a string; write it in quotes, one of {', '.join(choices)}"
            )
        if value not in choices:
            found = (
                f"{quoted(value)} is unknown"
                if value
                else "not set for the group rtf_nodes, in the inventory or its group_vars"
            )
            raise ValueError(f"{found}; valid: {', '.join(choices)}")

    return check


def proxy_url(*schemes):
    """A check for `scheme://[user:password@]host:port`; an empty string means no proxy."""
    shape = f"{schemes[0]}://[user:password@]host:port"

    def check(value):
        if not isinstance(value, str):
            raise ValueError(f"must be a URL {shape}, not a {kind(value)}")
        if not value:
            return
        if value != value.strip() or any(character.isspace() for character in value):
            raise ValueError(f"has blanks in it; write {shape}")
        try:
            url = urlsplit(value)
            port = url.port
        except ValueError:
            raise ValueError(
                f"has no readable host and port; write {shape}, with @ : / % # of a password percent-encoded"
            ) from None
        if url.scheme not in schemes:
            raise ValueError(f"must start with {' or '.join(scheme + '://' for scheme in schemes)}; write {shape}")
        if not url.hostname or not is_host(url.hostname):
            raise ValueError(f"has no valid host name; write {shape}, with @ : / % # of a password percent-encoded")
        if port is None:
            raise ValueError(f"has no port; write {shape}")
        if url.path not in ("", "/") or url.query or url.fragment:
            raise ValueError(f"has text behind the port; write {shape}, with @ : / % # of a password percent-encoded")

    return check


def directory(value):
    """A path on the controller."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"must be a path on the controller, not {quoted(value)}")


def address(value):
    """One IPv4 address of the node itself."""
    try:
        ipaddress.IPv4Address(value if isinstance(value, str) else "")
    except ValueError:
        raise ValueError(f"{quoted(value)} is no IPv4 address") from None


def cluster_network(value):
    """The network of the pods or of the services, IPv4, in CIDR notation."""
    shape = "write an IPv4 network such as 10.244.0.0/16"
    if not isinstance(value, str) or "/" not in value:
        raise ValueError(f"{quoted(value)} is no network; {shape}")
    try:
        network = ipaddress.IPv4Network(value)
    except ValueError as problem:
        why = f" ({problem})" if repeatable(value) else ""
        raise ValueError(f"{quoted(value)} is no network{why}; {shape}") from None
    if not LARGEST_NETWORK <= network.prefixlen <= SMALLEST_NETWORK:
        raise ValueError(f"{value} is no size for a cluster; valid: /{LARGEST_NETWORK} to /{SMALLEST_NETWORK}")


def load_balancer(value):
    """The load balancer in front of the controllers, `host` or `host:port`; an empty string means none."""
    if not isinstance(value, str):
        raise ValueError(f"must be host or host:port, not a {kind(value)}")
    if not value:
        return
    host, colon, port = value.partition(":")
    if not is_host(host):
        raise ValueError(f"{quoted(value)} has no host name or IPv4 address before the port; write host or host:port")
    if colon and not (port.isdigit() and 1 <= int(port) <= 65535):
        raise ValueError(f"{quoted(value)} has no port from 1 to 65535 behind the colon; write host or host:port")


def amount(unit):
    """A check for a number above 0 of some unit."""

    def check(value):
        try:
            found = value_types.number(value)
        except ValueError:
            found = 0
        if not 0 < found < 1e9:
            raise ValueError(f"{quoted(value)} is no number of {unit} above 0")
        return found

    return check


def count(value):
    """A whole number, not negative."""
    try:
        found = value_types.integer(value)
    except ValueError:
        found = -1
    if found < 0:
        raise ValueError(f"{quoted(value)} is no number of addresses, such as {SPARE_ADDRESSES}")
    return found


def checks_by_name(releases, control_planes):
    """Return `{variable: check}` for every input; releases and control planes are what the catalogue offers."""
    return {
        "rtf_release": one_of(releases),
        "rtf_control_plane": one_of(control_planes),
        "rtf_phase": one_of(PHASES),
        "rtf_ntp_servers": ntp_servers.check_servers,
        "rtf_ntp_keys": ntp_servers.check_keys,
        "rtf_http_proxy": proxy_url("http"),
        "rtf_monitoring_proxy": proxy_url("socks5"),
        "rtf_http_proxy_user": proxy_url_parts.check_user,
        "rtf_http_proxy_password": proxy_url_parts.check_password,
        "rtf_monitoring_proxy_user": proxy_url_parts.check_user,
        "rtf_monitoring_proxy_password": proxy_url_parts.check_password,
        "rtf_no_proxy_extra": value_types.checked(value_types.list_of, no_proxy.check_extra),
        "rtf_pod_cidr": cluster_network,
        "rtf_service_cidr": cluster_network,
        "rtf_load_balancer": load_balancer,
        "rtf_max_latency_ms": amount("milliseconds"),
        "rtf_min_node_bandwidth_mbit": amount("Mbit/s"),
        "rtf_spare_addresses": count,
        "rtf_report_dir": directory,
        "rtf_node_address": address,
    }


MANDATORY = ("rtf_control_plane",)
ONE_VALUE_FOR_ALL = (
    "rtf_release",
    "rtf_control_plane",
    "rtf_phase",
    "rtf_pod_cidr",
    "rtf_service_cidr",
    "rtf_report_dir",
)


def typed(variables, checks, mandatory=()):
    """Return `({name: value}, [problem])`: the variables with their types, and a sentence for each that is not valid.

    variables: `{name: value}` as a host sees them; of those without a check nothing is returned. checks: as from
    checks_by_name.
    """
    values, problems = {}, []
    for name in sorted(set(mandatory) | set(variables) & set(checks)):
        value = variables.get(name, "")
        try:
            found = checks[name](value)
        except ValueError as problem:
            problems.append(f"{name}: {problem}")
        else:
            values[name] = value if found is None else found
    return values, problems


def value_problems(variables, checks, mandatory=MANDATORY):
    """Return a sentence for each variable of one host that is not valid, alone or with another; arguments as for typed."""
    values, problems = typed(variables, checks, mandatory)
    return problems or credential_problems(values) + key_problems({"rtf_ntp_keys": [], **values})


PROXIES = ("rtf_http_proxy", "rtf_monitoring_proxy")


# Any input but these that holds a URL with credentials was not meant to, and would be shown sooner or later.
_WITH_CREDENTIALS = re.compile(r"rtf_\w*(?:_proxy|_proxy_user|_proxy_password|_keys)\Z")
_OF_ROLES = re.compile(r"rtf_(?:firewall|kernel|preflight|proxy|time_sync)_")
_CREDENTIALS = re.compile(r"://.*@", re.DOTALL)


def may_hold_no_credentials(name, inputs):
    """Whether a variable is one of some inputs, or of a role's, and has no place for credentials."""
    return (name in inputs or bool(_OF_ROLES.match(name))) and not _WITH_CREDENTIALS.match(name)


def misplaced_credentials(variables):
    """Return a sentence for each variable that holds a URL with credentials. variables: those that have no place for them."""
    return [
        f"{name}: holds a URL with credentials, which only rtf_http_proxy and rtf_monitoring_proxy may; it is not shown"
        for name, value in sorted(variables.items())
        if any(_CREDENTIALS.search(text) for text in _texts(value))
    ]


def _texts(value):
    """Yield every text in a value, names of fields included."""
    if isinstance(value, dict):
        value = [*value, *value.values()]
    if isinstance(value, (list, tuple)):
        for entry in value:
            yield from _texts(entry)
    elif isinstance(value, str):
        yield value


def credential_problems(variables):
    """Return sentences about a proxy whose URL, user and password, each right by itself, do not go together."""
    problems = []
    for name in PROXIES:
        try:
            proxy_url_parts.parse(*(variables.get(f"{name}{part}", "") for part in ("", "_user", "_password")))
        except ValueError as problem:
            problems.append(f"{name}: {problem}")
    return problems


def key_problems(variables):
    """Return sentences about NTP servers whose key is not there, where both variables are given."""
    if not {"rtf_ntp_servers", "rtf_ntp_keys"} <= set(variables):
        return []
    missing = ntp_servers.missing_keys(variables["rtf_ntp_servers"], variables["rtf_ntp_keys"])
    return [f"rtf_ntp_servers: {problem}" for problem in missing]


def network_problems(variables_by_host):
    """Return sentences about networks of the cluster that overlap, or that hold a node.

    variables_by_host: `{node: {name: value}}` whose values passed their own checks. A network that nobody set is a guess:
    it is not held against the addresses of a site.
    """
    problems = []
    for node, variables in variables_by_host.items():
        pods = ipaddress.IPv4Network(variables.get("rtf_pod_cidr", POD_CIDR))
        services = ipaddress.IPv4Network(variables.get("rtf_service_cidr", SERVICE_CIDR))
        if pods.overlaps(services):
            problems.append(f"rtf_pod_cidr: {pods} and the network of the services, {services}, overlap")
        own = address_of(variables)
        for name, network in (("rtf_pod_cidr", pods), ("rtf_service_cidr", services)):
            if own and name in variables and ipaddress.IPv4Address(own) in network:
                problems.append(
                    f"{name}: {network} holds the address of {node}, {own}; choose a network nothing else uses"
                )
    return list(dict.fromkeys(problems))


def group_problems(groups):
    """Return sentences about the inventory's groups. groups: `{group: [host, ...]}`."""
    nodes = groups.get("rtf_nodes", [])
    if not nodes:
        return [
            "rtf_nodes: the inventory has no such group or it is empty; "
            "put the groups rtf_controllers and rtf_workers below a group rtf_nodes"
        ]
    problems = []
    controllers, workers = (set(groups.get(name, [])) for name in GROUPS)
    if not controllers:
        problems.append("rtf_controllers: the group is empty; at least one node must be a controller")
    for node in nodes:
        if node not in controllers and node not in workers:
            problems.append(f"rtf_nodes: {node} is in neither rtf_controllers nor rtf_workers")
        if node in controllers and node in workers:
            problems.append(f"rtf_nodes: {node} is in rtf_controllers and in rtf_workers; a node has one role")
    for node in sorted((controllers | workers) - set(nodes)):
        problems.append(
            f"rtf_nodes: {node} is a controller or worker but not in rtf_nodes; make rtf_nodes their parent"
        )
    return problems


def disagreements(variables_by_host, names=ONE_VALUE_FOR_ALL):
    """Return sentences about inputs that must be the same on every node and are not."""
    problems = []
    for name in names:
        hosts_by_value = {}
        for host, variables in variables_by_host.items():
            if name in variables:
                label = quoted(variables[name])
                hosts_by_value.setdefault((repr(variables[name]), label), []).append(host)
        if len(hosts_by_value) > 1:
            values = "; ".join(f"{label} on {', '.join(hosts)}" for (_value, label), hosts in hosts_by_value.items())
            problems.append(f"{name}: must be the same for the whole cluster, found {values}")
    return problems


def misspellings(names, known):
    """Return a sentence for each `rtf_*` variable that is no input but looks like one."""
    hints = []
    for name in sorted(name for name in names if name.startswith("rtf_") and name not in known):
        close = difflib.get_close_matches(name, known, n=1, cutoff=0.85)
        if close:
            hints.append(f"{name} is no input of this collection; did you mean {close[0]}?")
    return hints


def role_of(node, groups):
    """Return `controller` or `worker` for a node of the inventory."""
    return "controller" if node in groups.get("rtf_controllers", []) else "worker"
