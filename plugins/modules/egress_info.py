#!/usr/bin/python
# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: egress_info
short_description: Probe which endpoints this host can reach, layer by layer
version_added: 1.0.0
description:
  - Connects from the managed host to every endpoint in O(endpoints), all at the same time, and reports for each which
    layer it reached - name resolution, TCP, the proxy, TLS, or the protocol of the endpoint.
  - An endpoint can be probed over several paths, directly and through proxies. The first of O(endpoints[].paths) gives the
    result of the endpoint; the others are probed afterwards, for comparison.
  - At most four attempts run at a time through one proxy, so that the load of the probes does not make them fail. An attempt
    over the first path that timed out is repeated once, through a proxy while nothing else uses it, as far as O(deadline)
    permits. DNS and NTP queries and direct connections are not, since their packets are repeated already.
  - One result for every endpoint, in the order given. An endpoint that cannot be reached is a result, not a failure of
    the task; the task fails only when it could not probe, for example because of an invalid argument.
  - Needs nothing on the host but Python 3.6 or newer. It sends the negotiation with a proxy, the TLS handshake, and one
    harmless request - for example a GET, the opening of a WebSocket, an EHLO, or an NTP query.
author:
  - hostprep.runtime_fabric contributors (!UNKNOWN)
extends_documentation_fragment:
  - hostprep.runtime_fabric.attributes
  - hostprep.runtime_fabric.attributes.info
  - hostprep.runtime_fabric.outside
options:
  endpoints:
    description:
      - The endpoints to probe.
    type: list
    elements: dict
    required: true
    suboptions:
      id:
        description:
          - A name for the row, returned as it was given.
          - By default host and port, such as V(example.com:443).
        type: str
      host:
        description:
          - Host name or IP address, without scheme, port or path.
        type: str
        required: true
      port:
        description:
          - The TCP port, or the UDP port for O(endpoints[].protocol=ntp).
        type: int
        required: true
      protocol:
        description:
          - The protocol of the endpoint, which decides how far the probe goes.
          # protocols: outcomes
          - V(https) ends with the head of the response to a GET.
          - V(http) ends with the same without TLS. O(http_proxy) is sent the request itself, without CONNECT.
          - V(amqp_wss) ends with the response to the opening of a WebSocket with the subprotocol AMQP.
          - V(wss) ends with the response to the opening of a WebSocket.
          - V(lumberjack) ends with a verified TLS handshake. No log entry is sent.
          - V(tls) ends with a verified TLS handshake.
          - V(tcp) ends with the TCP connection.
          - V(ntp) ends with the reply to an NTP query.
          - V(smtp) ends with what the mail server offers, see RV(endpoints[].smtp). No mail is sent.
          - V(smtps) ends with the same with TLS from the start.
          - V(postgresql) ends with what the server asks for after the start-up message. No password is sent, and its
            certificate is not judged.
          - V(registry) ends with a registry's own answer to a GET of C(/v2/), by the trust store of the container
            runtimes of this host.
          # end
        type: str
        # protocols: choices
        choices: [https, http, amqp_wss, wss, lumberjack, tls, tcp, ntp, smtp, smtps, postgresql, registry]
        # end
        default: https
      server_name:
        description:
          - The name to ask for in the TLS handshake and to look for in the certificate, when it is not
            O(endpoints[].host).
        type: str
      url_path:
        description:
          - The path to ask for over HTTP.
        type: str
        default: /
      mutual_tls:
        description:
          - Whether the endpoint asks every client for a certificate. Without O(endpoints[].client_cert) the test ends
            with the proof that it does, which a proxy that intercepts TLS cannot give; see
            RV(endpoints[].passthrough).
        type: bool
        default: false
      starttls:
        description:
          - For O(endpoints[].protocol=smtp), whether to require STARTTLS.
        type: bool
        default: true
      idle:
        description:
          - Seconds to hold the open connection without traffic, to find out whether a device on the path cuts it. They
            have to fit into O(deadline).
          - Ignored by protocols that end with the reply to a request, such as V(https), V(smtp) and V(ntp).
          - Over the first of O(endpoints[].paths) only.
        type: float
        default: 0
      client_cert:
        description:
          - A PEM file on the managed host with the certificate to send when the endpoint asks for one.
        type: path
      client_key:
        description:
          - A PEM file on the managed host with the key of O(endpoints[].client_cert), when it is not in the same file.
        type: path
      issuers:
        description:
          - The organisations (C(O) of the issuer's name) that may sign the certificate of the endpoint. Another one is
            V(tls_intercepted), even when this host trusts it. Without any, every trusted authority may.
        type: list
        elements: str
        default: []
      origin:
        description:
          - Headers by which an HTTP answer of the endpoint is known, such as V(x-amz-request-id), or V(server), a colon
            and a part of its value. One of them is enough, whatever the status is. An answer without any is V(blocked),
            unless the certificate proves that it is the endpoint's own.
        type: list
        elements: str
        default: []
      paths:
        description:
          - How to connect. The first path gives the result of the row, the others go to
            RV(endpoints[].other_paths).
          - V(direct) is without a proxy, whatever the environment says. V(http_proxy) is CONNECT through
            O(http_proxy), V(socks5) through O(socks5_proxy); both leave the name to the proxy to resolve.
          - V(pod) connects from the network namespace of a pod on this host, over the first of the other paths, or
            V(direct) if there is none. See RV(pod).
          - O(endpoints[].protocol=ntp) is UDP and goes V(direct) only.
        type: list
        elements: str
        choices: [direct, http_proxy, socks5, pod]
        default: [direct]
      http_proxy:
        description:
          - The proxy of this endpoint's path V(http_proxy), where it is another one than O(http_proxy).
        type: str
  name_servers:
    description:
      - Whether to query each name server of this host, too, for the hosts of O(endpoints), and for random names that
        cannot exist. See RV(name_servers).
      - Where servers return different addresses for an endpoint whose first path is V(direct), each of these is probed.
    type: bool
    default: false
  pod_namespace:
    description:
      - The network namespace for V(pod) among O(endpoints[].paths) - a path, or a name in C(/run/netns).
      - By default the one of a pod that runs on this host and has a network of its own. Where several do, one with the
        name servers of the cluster is preferred, and of these the oldest.
    type: str
    default: ""
  timeout:
    description:
      - Seconds that each layer of each endpoint may take on each path.
    type: float
    default: 5.0
  deadline:
    description:
      - Seconds that the whole call may take. Endpoints that are not finished by then are V(untested).
    type: float
    default: 30.0
  concurrency:
    description:
      - How many probes run at the same time.
    type: int
    default: 128
seealso:
  - module: ansible.builtin.uri
  - module: ansible.builtin.wait_for
"""

EXAMPLES = r"""
- name: Probe a web service, a log collector and a time server
  hostprep.runtime_fabric.egress_info:
    endpoints:
      - host: anypoint.mulesoft.com
        port: 443
      - id: logs
        host: logs.example.com
        port: 5044
        protocol: lumberjack
      - id: time
        host: pool.ntp.org
        port: 123
        protocol: ntp
  register: egress

- name: Probe a log collector through the SOCKS5 proxy, and directly for comparison
  hostprep.runtime_fabric.egress_info:
    socks5_proxy: "socks5://{{ proxy_user | urlencode }}:{{ proxy_password | urlencode }}@socks.example.com:1080"
    endpoints:
      - host: logs.example.com
        port: 5044
        protocol: lumberjack
        paths: [socks5, direct]

- name: Report the endpoints that cannot be reached, and why
  ansible.builtin.debug:
    msg: "{{ item.id }}: {{ item.verdict }} ({{ item.detail }})"
  loop: "{{ egress.endpoints | rejectattr('verdict', 'equalto', 'reachable') }}"
  loop_control:
    label: "{{ item.id }}"

- name: Probe a web service from the host, and from a pod that runs on it
  hostprep.runtime_fabric.egress_info:
    endpoints:
      - host: anypoint.mulesoft.com
        port: 443
        paths: [direct, pod]

# From the command line:
# ansible all -m hostprep.runtime_fabric.egress_info -a '{"endpoints": [{"host": "example.com", "port": 443}]}'
"""

RETURN = r"""
endpoints:
  description: One entry for every entry of O(endpoints), in the same order.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The name of the row.
      returned: always
      type: str
      sample: "example.com:443"
    host:
      description: The host as given.
      returned: always
      type: str
      sample: example.com
    port:
      description: The port as given.
      returned: always
      type: int
      sample: 443
    protocol:
      description: The protocol as given.
      returned: always
      type: str
      sample: https
    path:
      description: How the connection left the host, the first of O(endpoints[].paths).
      returned: always
      type: str
      sample: direct
    verdict:
      description:
        - The result of the endpoint.
        - V(reachable) - every layer of the protocol worked.
        - V(unresolved) - the name has no address, or no name server answered in time.
        - V(refused) - the connection was refused, by a host on which the port is closed, or by a firewall.
        - V(rejected) - a firewall or router rejected the connection with an ICMP error, or there is no route.
        - V(dropped) - no answer to the TCP connection, as when a firewall drops packets.
        - V(proxy_unreachable) - the connection to the proxy failed.
        - V(proxy_auth) - the proxy requires authentication, or rejects the user name and password.
        - V(proxy_denied) - the proxy does not allow this endpoint or port.
        - V(proxy_failed) - the proxy reports that it cannot reach the endpoint, or does not answer for it in time.
        - V(proxy_broken) - the answer of the proxy is not valid, or the proxy stops in the middle of it.
        - V(blocked) - a device on the path answers with a page of its own.
        - V(tls_intercepted) - the certificate comes from none of O(endpoints[].issuers); RV(endpoints[].tls.trusted)
          is whether this host trusts it anyway.
        - V(tls_untrusted) - the certificate comes from an authority that this host does not trust.
        - V(tls_name_mismatch) - the certificate is for another name.
        - V(tls_expired) - the certificate has expired, or is not valid yet by the clock of this host.
        - V(certificate_refused) - the endpoint rejects O(endpoints[].client_cert), or requires one that is not set.
        - V(tls_failed) - TCP works but the TLS handshake does not.
        # protocols: failures
        - V(http_failed) - the connection works, but the request gets no HTTP response.
        - V(upgrade_refused) - the response to the opening of a WebSocket does not open one.
        - V(no_reply) - no valid reply from the time server.
        - V(smtp_failed) - the mail server refuses, or the peer is not a mail server.
        - V(starttls_missing) - the mail server does not offer STARTTLS.
        - V(database_failed) - the peer is not a PostgreSQL server, or refuses the connection.
        - V(registry_failed) - the peer is not a registry of container images.
        # end
        - V(idle_cut) - the connection opened, but was cut within O(endpoints[].idle).
        - V(untested) - O(deadline) passed first.
        - V(error) - an unexpected error; see RV(endpoints[].detail).
      returned: always
      type: str
      sample: dropped
    layer:
      description:
        - The last layer that was tried. It failed unless the verdict is V(reachable). Through a proxy, V(dns) and V(tcp) are
          those of the connection to the proxy.
        # protocols: layers
        - One of V(dns), V(tcp), V(proxy), V(tls), V(http), V(websocket), V(ntp), V(smtp), V(postgresql), V(idle).
        # end
        - V(null) when the endpoint was not probed in time.
      returned: always
      type: str
      sample: tcp
    detail:
      description: One sentence on the reason, V(null) when there is nothing to add to the verdict.
      returned: always
      type: str
      sample: "192.0.2.1 port 443: no answer within 5 s"
    cause:
      description:
        - What is known of the reason beyond RV(endpoints[].verdict), V(null) where there is no more. Some of it is asked once all
          endpoints are decided, and left out where O(deadline) passes.
        - V(no_basic) - the proxy offers no Basic authentication.
        - V(proxy_silent) - the proxy accepts the connection, and does not answer the request for the endpoint.
        - V(common_name_only) - the certificate has no subject alternative names, which is all that container runtimes read.
        - V(incomplete_chain) - the server sends its own certificate without that of its issuer.
        - V(lone_certificate) - likewise, but the issuer may as well be a root authority that this host does not trust.
        - V(unknown_issuer) - the chain that the server sends ends with an authority that this host does not trust.
        - V(self_signed) - the certificate is signed by itself.
        - V(expired_intermediate) - the certificate of an authority that the server sends has expired, or is not valid yet.
        - V(expired_root) - likewise a certificate in the trust store of this host.
        - V(weak_certificate) - a certificate is signed with SHA-1 or MD5, or has a short RSA key.
        - V(name_filtered) - a device on the path ends TLS connections that ask for this name.
        - V(no_tls_answer) - nothing answers the start of a TLS handshake.
        - V(sinkhole) - the name resolves to the address of a filter, or of no server.
        - V(refuses_time) - the time server refuses to serve this host.
      returned: always
      type: str
      sample: incomplete_chain
    address:
      description: The address that answered, of the endpoint or else of the proxy. V(null) if none did.
      returned: always
      type: str
      sample: 192.0.2.1
    addresses:
      description: All addresses of the name, in the order in which this host tries them.
      returned: always
      type: list
      elements: str
      sample: ["192.0.2.1", "2001:db8::1"]
    elapsed:
      description: Seconds that the probe took.
      returned: always
      type: float
      sample: 0.131
    layers:
      description: The layers that have ended, in their order.
      returned: always
      type: list
      elements: dict
      contains:
        layer:
          description: The layer's name.
          returned: always
          type: str
          sample: dns
        verdict:
          description: V(ok), or one of the verdicts of the row.
          returned: always
          type: str
          sample: ok
        detail:
          description: One sentence when the layer failed, else V(null).
          returned: always
          type: str
        elapsed:
          description: Seconds that the layer took.
          returned: always
          type: float
          sample: 0.012
    tls:
      description:
        - The certificate of the peer, also when it was not accepted. V(null) when none was received.
      returned: always
      type: dict
      contains:
        version:
          description: The TLS version of the connection.
          returned: always
          type: str
          sample: TLSv1.3
        issuer:
          description: The issuer of the certificate.
          returned: always
          type: str
          sample: "CN=Amazon RSA 2048 M02, O=Amazon, C=US"
        issuer_organisation:
          description: The organisation among RV(endpoints[].tls.issuer), V(null) when it names none.
          returned: always
          type: str
          sample: Amazon
        trusted:
          description: Whether the certificate is valid by the trust store and the clock of this host.
          returned: always
          type: bool
          sample: true
        subject:
          description: The subject of the certificate.
          returned: always
          type: str
          sample: CN=example.com
        not_before:
          description: Start of validity, ISO 8601 in UTC.
          returned: always
          type: str
          sample: "2026-01-01T00:00:00Z"
        not_after:
          description: End of validity, ISO 8601 in UTC.
          returned: always
          type: str
          sample: "2027-01-01T00:00:00Z"
        names:
          description: The DNS names and IP addresses that the certificate is for.
          returned: always
          type: list
          elements: str
          sample: ["example.com", "*.example.com"]
    passthrough:
      description:
        - For O(endpoints[].mutual_tls), V(null) otherwise and when the TLS layer was not reached.
        - V(passthrough) - the peer asks for a client certificate, so it is the endpoint itself.
        - V(intercepted) - the certificate comes from none of O(endpoints[].issuers).
        - V(inconclusive) - the certificate is valid, but the peer does not ask for a client certificate.
      returned: always
      type: str
      sample: passthrough
    # protocols: evidence
    http:
      description: The HTTP response. V(null) for other protocols and without a response.
      returned: always
      type: dict
      contains:
        status:
          description: The status code.
          returned: always
          type: int
          sample: 403
        reason:
          description: The text of the status line.
          returned: always
          type: str
          sample: Forbidden
        headers:
          description: The headers, in lower case, that identify the server or a filter.
          returned: always
          type: dict
          sample: {server: AmazonS3}
        title:
          description: The title of an HTML page, V(null) for any other response.
          returned: always
          type: str
          sample: Access denied
    ntp:
      description: The reply of the time server. V(null) for other protocols and without a reply.
      returned: always
      type: dict
      contains:
        offset:
          description: Seconds that this host's clock is behind the server, V(null) when the server refuses to serve time.
          returned: always
          type: float
          sample: -0.0012
        stratum:
          description: The server's distance from a reference clock.
          returned: always
          type: int
          sample: 2
        kiss:
          description: The code by which the server refuses to serve time, V(null) where it does not.
          returned: always
          type: str
          sample: DENY
        root_distance:
          description:
            - Seconds by which the time may be wrong, by what the server says of its own way to a reference clock. V(null) when the
              server refuses to serve time.
          returned: always
          type: float
          sample: 0.012
    smtp:
      description: The capabilities of the mail server. V(null) for other protocols and without a reply to EHLO.
      returned: always
      type: dict
      contains:
        banner:
          description: Its greeting.
          returned: always
          type: str
          sample: mail.example.com ESMTP
        extensions:
          description: The extensions that it offers, over TLS where TLS was established.
          returned: always
          type: list
          elements: str
          sample: [SIZE, STARTTLS, AUTH]
        auth:
          description: The mechanisms of AUTH that it offers, likewise.
          returned: always
          type: list
          elements: str
          sample: [PLAIN, LOGIN]
    postgresql:
      description: The answer of the database server. V(null) for other protocols and without one.
      returned: always
      type: dict
      contains:
        tls:
          description: Whether it offers TLS.
          returned: always
          type: bool
          sample: true
        in_clear:
          description:
            - Whether it also takes connections without TLS. V(null) where that is not known.
          returned: always
          type: bool
          sample: true
        authentication:
          description: What it asks for, such as V(sasl), V(md5) or V(none). V(null) where it answers with an error.
          returned: always
          type: str
          sample: sasl
        error:
          description: The error that the server sent, or V(null). An error about the user is expected, since it does not exist.
          returned: always
          type: str
          sample: role "hostprep" does not exist
    # end
    attempts:
      description: The number of attempts. V(2) where the first one timed out; the result is that of the second one.
      returned: always
      type: int
      sample: 1
    other_paths:
      description:
        - The results of the further O(endpoints[].paths), in their order. Each entry has RV(endpoints[].path) and
          all fields after it.
        - The entry of V(pod) also has C(over), the path that the connection took from the pod. If this host reaches the
          endpoint and the connection of the pod fails after it was opened, the entry has C(with_small_packets), the
          result with packets of at most 576 bytes.
      returned: always
      type: list
      elements: dict
pod:
  description:
    - The pod from whose network namespace the endpoints were probed. The module finds it among the processes of this
      host, calls no program of a container runtime, and changes nothing.
    - Names are resolved with the settings in the pod's C(/etc/resolv.conf). Its C(/etc/hosts) is not read, and
      certificates are verified against the trust store of this host.
  returned: when an endpoint has the path V(pod)
  type: dict
  contains:
    error:
      description: Why nothing was probed from a pod, often that none runs. Then only the fields of this host are set.
      returned: when nothing was probed from a pod
      type: str
    namespace:
      description: The path of the network namespace.
      returned: otherwise
      type: str
      sample: /proc/4711/ns/net
    source:
      description: How it was found.
      returned: otherwise
      type: str
      sample: process 4711, the first of the control group of pod 0a1b2c3d
    pod:
      description: Namespace and name of the pod, V(null) where its logs do not show them.
      returned: otherwise
      type: str
      sample: kube-system/coredns-5dd5756b68-abcde
    uid:
      description: UID of the pod, V(null) where its control group does not show it.
      returned: otherwise
      type: str
    resolv_conf:
      description: The file with the resolver settings of the pod.
      returned: otherwise
      type: str
      sample: /proc/4711/root/etc/resolv.conf
    name_servers:
      description: The name servers of the pod.
      returned: otherwise
      type: list
      elements: str
      sample: ["10.96.0.10"]
    search:
      description: The domains that the pod appends to names.
      returned: otherwise
      type: list
      elements: str
      sample: [rtf.svc.cluster.local, svc.cluster.local, cluster.local]
    ndots:
      description: How many dots a name needs to be looked up without these domains first.
      returned: otherwise
      type: int
      sample: 5
    interface:
      description: The interface of the pod's default route (IPv4), V(null) without one.
      returned: otherwise
      type: str
      sample: eth0
    address:
      description: Its address.
      returned: otherwise
      type: str
      sample: 10.244.1.2
    gateway:
      description: The gateway of the pod's default route.
      returned: otherwise
      type: str
      sample: 10.244.1.1
    mtu:
      description: The MTU of the pod's interface.
      returned: otherwise
      type: int
      sample: 1500
    node_interface:
      description: The interface of the default route of this host.
      returned: always
      type: str
      sample: eth0
    node_mtu:
      description: Its MTU.
      returned: always
      type: int
      sample: 1500
    traces:
      description:
        - How far the packets of the pod's connection attempts get, for a few endpoints that this host reaches and the
          pod does not.
      returned: always
      type: list
      elements: dict
      contains:
        id:
          description: The endpoint.
          returned: always
          type: str
        address:
          description: The address that was connected to, the endpoint's or the proxy's.
          returned: always
          type: str
        port:
          description: The port.
          returned: always
          type: int
        verdict:
          description: V(reachable), V(dropped), V(refused), V(rejected), V(error) or V(untested).
          returned: always
          type: str
        detail:
          description: One sentence on the reason, else V(null).
          returned: always
          type: str
        entered:
          description: The interfaces of this host by which the packet came in.
          returned: always
          type: list
          elements: str
          sample: [veth1a2b3c4d, cni0]
        left:
          description: The interfaces by which it left this host, each with the source address that it had then.
          returned: always
          type: list
          elements: dict
          sample: [{interface: eth0, source: 192.0.2.21}]
        unseen:
          description: Why packets could not be seen on the interfaces, else V(null).
          returned: always
          type: str
    forwarding:
      description: Whether packets are forwarded - C(ip_forward), and that of each interface in RV(pod.traces[].entered).
      returned: when there are RV(pod.traces)
      type: dict
      sample: {ip_forward: true, cni0: true}
name_servers:
  description: The answers of each name server of this host.
  returned: when O(name_servers) is true
  type: dict
  contains:
    servers:
      description: One entry for each server that C(/etc/resolv.conf) names, and for those behind a server on this host.
      returned: always
      type: list
      elements: dict
      contains:
        address:
          description: Its address.
          returned: always
          type: str
          sample: 192.0.2.53
        source:
          description: The file that names it.
          returned: always
          type: str
          sample: /etc/resolv.conf
        names:
          description: Its answer for each host of O(endpoints) that is a name, in their order.
          returned: always
          type: list
          elements: dict
          contains:
            name:
              description: The name.
              returned: always
              type: str
              sample: example.com
            status:
              description:
                - V(ok) - it has addresses. V(nodata) - the name exists without any. V(nxdomain) - there is no such name.
                - V(servfail), V(refused) or V(rcode N) - the error code of the server.
                - V(no_tcp) - the answer over UDP is truncated, and TCP does not work.
                - V(no_reply), V(rejected) or V(dropped) - no answer was received. V(untested) - O(deadline) passed first.
              returned: always
              type: str
              sample: ok
            addresses:
              description: The addresses, IPv4 or else IPv6.
              returned: always
              type: list
              elements: str
              sample: ["192.0.2.1"]
            verdict:
              description:
                - The result of the endpoint at RV(name_servers.servers[].names[].addresses), where none of them is among those
                  of the first server, as in RV(endpoints[].verdict). V(null) otherwise.
              returned: always
              type: str
              sample: tls_untrusted
            detail:
              description: One sentence on the reason, else V(null).
              returned: always
              type: str
        invented:
          description:
            - Likewise for a random name below C(com) and below each of RV(name_servers.search). A server that returns addresses
              for one returns them for every name there.
          returned: always
          type: list
          elements: dict
    search:
      description: The domains that this host appends to names.
      returned: always
      type: list
      elements: str
      sample: [example.com]
    ndots:
      description: How many dots a name needs to be looked up without these domains first.
      returned: always
      type: int
      sample: 1
"""

import collections

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import (
    deadlines,
    late_imports,
    numeric_arguments,
    thread_pool,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress import endpoint as endpoint_options
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress import prober, tls_layer
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import (
    connection_paths,
    proxy_options,
    tls_handshake,
    verdicts,
)

# Seconds to collect the results when the deadline has passed.
_GRACE = 5


def argument_spec():
    return dict(
        endpoints={"type": "list", "elements": "dict", "required": True, "options": endpoint_options.OPTIONS},
        name_servers={"type": "bool", "default": False},
        pod_namespace={"type": "str", "default": ""},
        timeout={"type": "float", "default": 5.0},
        deadline={"type": "float", "default": 30.0},
        concurrency={"type": "int", "default": 128},
        ca_path={"type": "path"},
        **proxy_options.argument_spec(),
    )


def bad_arguments(params):
    """One sentence for each argument that has the right type but an invalid value."""
    problems = []
    for number, row in enumerate(params["endpoints"]):
        problems += [f"endpoints[{number}].{problem}" for problem in endpoint_options.problems(row)]
        if row["http_proxy"]:
            dummy_known, unread = proxy_options.read({"http_proxy": row["http_proxy"], "socks5_proxy": None})
            problems += [f"endpoints[{number}].{problem}" for problem in unread]
        problems += [
            f"endpoints[{number}].paths: {why}"
            for why in proxy_options.missing(row["paths"], with_own_proxy(row["http_proxy"], params))
        ]
    return problems + numeric_arguments.bad_numbers(
        params, dict.fromkeys(["timeout", "deadline", "concurrency"], 86400)
    )


def with_own_proxy(own_proxy, params):
    """The options for endpoints of which each names the same proxy of its own, or none."""
    return dict(params, http_proxy=own_proxy) if own_proxy else params


def by_own_proxy(endpoints):
    """{the proxy that endpoints name, or None: their places among the endpoints}."""
    places = collections.OrderedDict()
    for place, endpoint in enumerate(endpoints):
        places.setdefault(endpoint.http_proxy, []).append(place)
    return places


def probe_job(endpoints, own_proxy, params, contexts, deadline):
    """A function that probes endpoints over all paths but `pod`, through their own proxy where they name one."""
    known, dummy_problems = proxy_options.read(with_own_proxy(own_proxy, params))
    probes = prober.Prober(params["timeout"], contexts, known)
    from_here = [endpoint._replace(paths=without_pod(endpoint.paths)) for endpoint in endpoints]
    return lambda: probes.probe_all(from_here, params["concurrency"], params["deadline"], deadline)


def without_pod(paths):
    """The paths from this host itself; where a pod's is the only one, what that is compared with."""
    return [path for path in paths if path != endpoint_options.POD] or [endpoint_options.carried_by(paths)]


def probe_of_pod(endpoints, params, contexts):
    """The function `probe` of a pod_namespace_probes.PodView."""

    def job(group, lookup, segment, deadline):
        known, dummy_problems = proxy_options.read(with_own_proxy(endpoints[group[0][0]].http_proxy, params))
        probes = prober.Prober(params["timeout"], contexts, known, lookup, segment)
        chosen = [endpoints[place]._replace(paths=[path], idle=0) for place, path in group]
        return lambda: probes.probe_all(chosen, params["concurrency"], params["deadline"], deadline)

    def probe(groups, lookup, segment, deadline):
        asked = [group for group in groups if group]
        jobs = [job(group, lookup, segment, deadline) for group in asked]
        outcomes = thread_pool.run_all(jobs, len(jobs), deadlines.Deadline(deadline.remaining() + _GRACE))
        return [
            (place, prober.result_of_path(row))
            for group, outcome in zip(asked, outcomes)
            for (place, dummy_path), row in zip(group, _value_of(outcome))
        ]

    return probe


def _value_of(outcome):
    if outcome.error is not None:
        raise outcome.error
    return outcome.value or []


def with_pod(endpoint, row, of_pod):
    """The row of an endpoint with the result of a pod in the place that its path has among those of the endpoint."""
    results = {one["path"]: one for one in [prober.result_of_path(row)] + row["other_paths"]}
    results[endpoint_options.POD] = of_pod
    first, *others = [results[path] for path in endpoint.paths]
    return dict(row, other_paths=others, **first)


def connected_port(endpoint, path, params):
    """The port that a connection over a path is opened to."""
    known, dummy_problems = proxy_options.read(with_own_proxy(endpoint.http_proxy, params))
    return known[path].port if path in known else endpoint.port


def ask_name_servers(endpoints, params, contexts, deadline):
    """The module's result name_servers."""
    with late_imports.LOCK:
        from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress import dns_survey
        from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import resolv_conf

    names = list(
        collections.OrderedDict.fromkeys(
            endpoint.host for endpoint in endpoints if not resolv_conf.is_address(endpoint.host)
        )
    )
    surveyed = dns_survey.survey(resolv_conf.configured(read_or_none), names, params["timeout"], deadline)
    direct = [endpoint for endpoint in endpoints if endpoint.paths[0] == connection_paths.DIRECT]
    dns_survey.probe_differing(
        surveyed, direct, lambda lookup: prober.Prober(params["timeout"], contexts, lookup=lookup), deadline
    )
    return surveyed


def read_or_none(path):
    with late_imports.LOCK:
        from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import host_files

    try:
        return host_files.read_text(path)
    except host_files.Unreadable:
        return None


def probe_from_here(module, endpoints, groups, contexts, deadline):
    """The module's results endpoints and name_servers, without what pods reach."""
    params = module.params
    jobs = [
        probe_job([endpoints[place] for place in places], own_proxy, params, contexts, deadline)
        for own_proxy, places in groups.items()
    ]
    if params["name_servers"]:
        jobs.append(lambda: ask_name_servers(endpoints, params, contexts, deadline))
    # Each ends by itself soon after the deadline.
    outcomes = thread_pool.run_all(jobs, len(jobs), deadlines.Deadline(params["deadline"] + _GRACE))
    for outcome in outcomes:
        if outcome.value is None:
            why = verdicts.unforeseen(outcome.error) if outcome.done else "they did not finish by the deadline"
            module.fail_json(msg=f"The probes failed: {why}")
    rows = {}
    for places, outcome in zip(groups.values(), outcomes):
        rows.update(zip(places, outcome.value))
    found = {"endpoints": [rows[place] for place in range(len(endpoints))]}
    if params["name_servers"]:
        found["name_servers"] = outcomes[-1].value
    return found


def main():
    module = AnsibleModule(argument_spec=argument_spec(), supports_check_mode=True)
    params = module.params
    deadline = deadlines.Deadline(params["deadline"])
    problems = proxy_options.read(params)[1] + bad_arguments(params)
    if problems:
        module.fail_json(msg="; ".join(problems))
    endpoints = [endpoint_options.endpoint_of(row) for row in params["endpoints"]]
    try:
        contexts = tls_layer.Contexts(lambda: tls_handshake.verifying_context(params["ca_path"]))
    except tls_handshake.TrustStoreError as exc:
        module.fail_json(msg=f"ca_path: {exc}")
    try:
        for endpoint in endpoints:
            if endpoint.client_cert:
                contexts.showing(endpoint.client_cert, endpoint.client_key)
    except tls_handshake.TrustStoreError as exc:
        module.fail_json(msg=f"client_cert: {exc}")
    groups = by_own_proxy(endpoints)
    if not any(endpoint_options.POD in endpoint.paths for endpoint in endpoints):
        module.exit_json(changed=False, **probe_from_here(module, endpoints, groups, contexts, deadline))
    with late_imports.LOCK:
        from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress import pod_paths

    paths = pod_paths.PodPaths(
        params["pod_namespace"],
        endpoints,
        list(groups.values()),
        lambda place, path: connected_port(endpoints[place], path, params),
        params["timeout"],
        probe_of_pod(endpoints, params, contexts),
        params["deadline"],
    )
    with paths:
        paths.begin(deadline)
        found = probe_from_here(module, endpoints, groups, contexts, deadline)
        rows = found["endpoints"]
        found["pod"], of_pod = paths.end(dict(enumerate(rows)), deadline)
        found["endpoints"] = [
            with_pod(endpoint, row, of_pod[place]) if place in of_pod else row
            for place, (endpoint, row) in enumerate(zip(endpoints, rows))
        ]
    module.exit_json(changed=False, **found)


if __name__ == "__main__":
    main()
