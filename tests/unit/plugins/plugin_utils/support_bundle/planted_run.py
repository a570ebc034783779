# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run with secrets, addresses and host names in every field, and how to find them again in whatever form."""

import base64
import binascii
import html
import ipaddress
import json
import re
from urllib.parse import quote, unquote

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit import saved_run
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.support_bundle import contents
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.audit import test_audit
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks import samples
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks.ports import clusters
from ansible_collections.hostprep.runtime_fabric.tests.unit.secrets import planted

V4, V6, NETWORK = "10.98.76.54", "fd98:76::54", "10.98.76.0/24"
PROXY, HOST, OTHER = "planted.corp.example.org", "kx1-planted", "ldap-planted.example.org"
NODES = [node._replace(name=f"kx{number}-planted") for number, node in enumerate(clusters.nodes(1, 2), 1)]
SECRETS = [secret for name, secret in planted.SECRETS.items() if name != "blank"]


def encoded(text):
    return base64.b64encode(text.encode()).decode()


# What is at the end of every text that a host, a peer or a user can choose.
PLANTED = " ".join(
    [
        f"{V4} {V4}:443 [{V6}]:443 {V6.upper()} {NETWORK} {ipaddress.ip_address(V6).exploded} ::ffff:{V4}",
        f"{ipaddress.ip_address(V4).reverse_pointer} {ipaddress.ip_address(V6).reverse_pointer}",
        f"%5B{quote(V6, safe='')}%5D ip-{V4.replace('.', '-')} {encoded(f'from {V4} and {V6}')}",
        f"{HOST} {HOST.upper()}:22 {PROXY} https://{PROXY}/{encoded(f'host {HOST}')} CN={OTHER}",
        *(f"http://{planted.USER}:{quote(secret, safe='')}@{PROXY}:3128 {secret}" for secret in SECRETS),
        *(f"Basic {encoded(f'{planted.USER}:{secret}')}" for secret in SECRETS),
    ]
)
# Fields whose texts the collection chooses, and which the formats need as they are.
_CHOSEN = (
    *("id", "role", "status", "severity", "readiness", "verdict", "path", "phase", "owner", "state", "transport"),
    *("node", "nodes", "name", "source", "destination", "generated", "before", "release", "control_plane"),
)


def _everywhere(value, field=""):
    if isinstance(value, dict):
        return {name: _everywhere(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [_everywhere(inner, field) for inner in value]
    return f"{value} {PLANTED}" if isinstance(value, str) and field not in _CHOSEN else value


def run(planted_texts=True):
    """A run, and in each of its texts what is planted, where asked for."""
    inputs, nodes = samples.audit_inputs(), test_audit.collected(NODES, unreachable=NODES[2].name)
    saved = saved_run.of_run(inputs, {}, None, nodes, test_audit.NOW)
    document, saved = json.loads(json.dumps([test_audit.audit_of(inputs, nodes).document, saved]))
    # One of each check is enough.
    document["results"] = list({result["id"]: result for result in document["results"]}.values())
    if planted_texts:
        document, saved["nodes"] = _everywhere(document), _everywhere(saved["nodes"])
    return contents.Run("20270131T120000Z", document, saved)


def site():
    names = [node.name for node in NODES]
    groups = {"all": names, "rtf_nodes": names, "rtf_controllers": names[:1], "rtf_workers": names[1:]}
    inputs = {
        "rtf_control_plane": "us",
        "rtf_http_proxy": f"http://{planted.USER}:{quote(SECRETS[0], safe='')}@{PROXY}:3128",
        "rtf_ntp_servers": [f"ntp.{PROXY}", V4],
        "rtf_internal_networks": [NETWORK],
        "rtf_extra_endpoints": [{"host": OTHER, "port": 636, "purpose": "LDAP"}],
    }
    return contents.Site(groups, {node.name: {**inputs, "ansible_host": node.address} for node in NODES}, names)


def _forms(text):
    """A text, and what it says without escapes and encodings."""
    plain = html.unescape(re.sub(r"\\(.)", r"\1", text))
    words = set(re.findall(r"[A-Za-z0-9+/_-]{8,}", plain))
    decoded = [_decoded(part) for word in words for part in {word, *word.split("/")}]
    return "\n".join((text, plain, unquote(plain), *decoded)).lower()


def _decoded(word):
    bare = word.replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4)).decode("latin-1")
    except binascii.Error:
        return ""


def left_in(text, addresses):
    """Return what of the planted secrets, and of the planted addresses and names, is in a text in whatever form."""
    forms = _forms(text)
    marks = [planted.MARK.lower()] if re.search(f"{planted.MARK}\\d", text) else []
    marks += [secret for secret in SECRETS if secret.lower() in forms]
    if not addresses:
        return marks
    known = [V4, V6, NETWORK, HOST, PROXY, OTHER, "corp.example", "planted", V4.replace(".", "-")]
    known += [ipaddress.ip_address(V6).exploded, *(ipaddress.ip_address(one).reverse_pointer for one in (V4, V6))]
    known += [node.address for node in NODES]
    return marks + [text for text in known if text.lower() in forms]
