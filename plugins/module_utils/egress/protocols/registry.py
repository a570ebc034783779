# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A registry of container images: its own answer to GET /v2/, over TLS that a container runtime of this host trusts."""

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import host_files
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress import http_origin, registry_trust
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress.protocols.https import Https
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress.protocols_over_tls import TlsProtocol
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import (
    http_exchange,
    registry_answers,
    tls_handshake,
    verdicts,
)


class Registry(TlsProtocol):
    name = "registry"
    title = "Registry"
    outcome = "the answer of the registry to a GET of C(/v2/), with the trust store of this host's container runtimes"
    layer = Https.layer
    evidence = Https.evidence
    failures = {verdicts.REGISTRY_FAILED: "the peer is not a registry of container images"}
    carrier = "http_proxy"

    def secure(self, attempt, contexts, wire):
        """See TlsProtocol.secure."""
        try:
            trust = registry_trust.of_registry(attempt.endpoint.host, attempt.endpoint.port)
            contexts = contexts.with_authorities(trust.authorities)
        except (host_files.Unreadable, tls_handshake.TrustStoreError) as exc:
            raise verdicts.LayerFailed(verdicts.TLS_UNTRUSTED, f"a container runtime cannot read {exc}") from exc
        try:
            return super().secure(attempt, contexts, wire)
        except verdicts.LayerFailed as failure:
            if failure.verdict != verdicts.TLS_UNTRUSTED or not trust.ignored:
                raise
            detail = f"{failure.detail}; {trust.ignored}"
            raise verdicts.LayerFailed(failure.verdict, detail, failure.cause) from failure

    def converse(self, attempt, stream):
        """See Protocol.converse."""
        endpoint = attempt.endpoint
        with attempt.trace.layer(self.layer):
            question = http_exchange.request(endpoint.host, endpoint.port, registry_answers.PATH)
            head, page = http_origin.ask(attempt, stream, question)
            mark = http_exchange.block_mark(head) or http_exchange.page_mark(head, page)
            if mark:
                raise http_origin.blocked(mark, page)
            problem = registry_answers.problem(head, page.title)
            if problem:
                raise verdicts.LayerFailed(verdicts.REGISTRY_FAILED, problem)
            return registry_answers.remark(head)
