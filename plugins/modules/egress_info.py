#!/usr/bin/python
# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: egress_info
short_description: Probe which endpoints a host can reach, layer by layer
version_added: 1.0.0
description:
  - Connects from the managed host to all endpoints in O(endpoints) at the same time, and reports for each of them which
    layer was reached - name resolution, TCP, the proxy, TLS, or the protocol of the endpoint.
  - An endpoint can be probed over several paths, directly and through proxies. The first entry of O(endpoints[].paths)
    determines the result of the endpoint. The other paths are probed afterwards, for comparison.
  - At most four attempts run through a proxy at the same time, so that probes do not fail because of the load that they
    cause. If an attempt over the first path times out, it is repeated once if O(deadline) permits, through a proxy only
    while no other probe uses that proxy. DNS and NTP queries and direct TCP connections are not repeated in this way,
    because lost packets are already sent again within the same attempt.
  - The module returns one result for each endpoint, in the order given. If an endpoint cannot be reached, the module
    reports that as a result, and the task does not fail. The task fails only if the module could not probe, for example
    because of an invalid argument.
  - The managed host needs only Python 3.6 or newer. The module sends the negotiation with a proxy, the TLS handshake,
    and one harmless request, for example a GET, a WebSocket upgrade, an EHLO, or an NTP query.
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
          - A name for the endpoint. It is returned as given.
          - By default, the host and the port, such as V(example.com:443).
        type: str
      host:
        description:
          - The host name or IP address, without a scheme, port or path.
        type: str
        required: true
      port:
        description:
          - The TCP port, or the UDP port for O(endpoints[].protocol=ntp).
        type: int
        required: true
      protocol:
        description:
          - The protocol of the endpoint. It determines how far the probe goes.
          # protocols: outcomes
          - V(https) ends with the head of the response to a GET.
          - V(http) ends with the head of the response to a GET without TLS. O(http_proxy) receives the request
            itself, without CONNECT.
          - V(amqp_wss) ends with the response to a WebSocket upgrade request with the subprotocol AMQP.
          - V(wss) ends with the response to a WebSocket upgrade request.
          - V(lumberjack) ends with a verified TLS handshake. No log entry is sent.
          - V(tls) ends with a verified TLS handshake.
          - V(tcp) ends with the TCP connection.
          - V(ntp) ends with the reply to an NTP query.
          - V(smtp) ends with the extensions that the mail server offers, see RV(endpoints[].smtp). No mail is sent.
          - V(smtps) ends with the extensions that the mail server offers over implicit TLS. No mail is sent.
          - V(postgresql) ends with the authentication that the server asks for. No password is sent, and the
            certificate is not verified.
          - V(registry) ends with the answer of the registry to a GET of C(/v2/), with the trust store of this host's
            container runtimes.
          # end
        type: str
        # protocols: choices
        choices: [https, http, amqp_wss, wss, lumberjack, tls, tcp, ntp, smtp, smtps, postgresql, registry]
        # end
        default: https
      server_name:
        description:
          - The server name to send in the TLS handshake and to expect in the certificate. By default,
            O(endpoints[].host).
        type: str
      url_path:
        description:
          - The path to request over HTTP.
        type: str
        default: /
      mutual_tls:
        description:
          - Whether the endpoint asks every client for a certificate. Without O(endpoints[].client_cert), the probe ends
            when the endpoint has asked for one, which a proxy that intercepts TLS cannot do. See
            RV(endpoints[].passthrough).
        type: bool
        default: false
      starttls:
        description:
          - Whether to require STARTTLS. Used with O(endpoints[].protocol=smtp) only.
        type: bool
        default: true
      idle:
        description:
          - How many seconds to keep the connection open without traffic, to find out whether a device on the path cuts
            it. This time counts towards O(deadline). With V(0), the connection is closed at once.
          - This option is ignored for protocols that end with the reply to a request, such as V(https), V(smtp) and
            V(ntp).
          - It applies to the first of O(endpoints[].paths) only.
        type: float
        default: 0
      client_cert:
        description:
          - A PEM file on the managed host with the client certificate to send if the endpoint asks for one.
        type: path
      client_key:
        description:
          - A PEM file on the managed host with the private key of O(endpoints[].client_cert). Not needed if the key is
            in the same file as the certificate.
        type: path
      issuers:
        description:
          - The organisations (C(O) in the name of the issuer) that may sign the certificate of the endpoint. If another
            organisation signed it, the verdict is V(tls_intercepted), even if this host trusts the certificate. If the
            list is empty, every trusted authority may sign it.
        type: list
        elements: str
        default: []
      origin:
        description:
          - Headers that identify an HTTP response as the endpoint's own, such as V(x-amz-request-id), or V(server)
            followed by a colon and a part of its value. One of them is enough, whatever the status code is. If a
            response has none of them, the verdict is V(blocked), unless the certificate proves that the endpoint itself
            sent it. If the list is empty, the headers are not examined.
        type: list
        elements: str
        default: []
      paths:
        description:
          - How to connect. The first path determines the result of the endpoint. The results of the others are in
            RV(endpoints[].other_paths).
          - V(direct) connects without a proxy, regardless of the environment. V(http_proxy) sends a CONNECT request to
            O(http_proxy), and V(socks5) connects through O(socks5_proxy). In both cases the proxy resolves the name.
          - V(pod) connects from the network namespace of a pod on this host, over the first of the other paths, or with
            V(direct) if O(endpoints[].paths) names no other path. See RV(pod).
          - O(endpoints[].protocol=ntp) uses UDP and supports V(direct) only.
        type: list
        elements: str
        choices: [direct, http_proxy, socks5, pod]
        default: [direct]
      http_proxy:
        description:
          - The proxy for the path V(http_proxy) of this endpoint. By default, O(http_proxy).
        type: str
  name_servers:
    description:
      - Whether to also query each name server of this host, both for the hosts of O(endpoints) and for random names
        that cannot exist. See RV(name_servers).
      - If the servers return different addresses for an endpoint whose first path is V(direct), each address is probed.
    type: bool
    default: false
  pod_namespace:
    description:
      - The network namespace for the path V(pod) in O(endpoints[].paths), given as a path, or as a name in
        C(/run/netns).
      - If empty, the module uses the network namespace of a pod that runs on this host and does not use the network of
        the host. If there are several, it prefers pods that use the name servers of the cluster, and among these the
        oldest.
    type: str
    default: ""
  timeout:
    description:
      - How many seconds each layer of each endpoint may take on each path.
    type: float
    default: 5.0
  deadline:
    description:
      - How many seconds the whole call may take. Endpoints that are not finished by then have the verdict V(untested).
    type: float
    default: 30.0
  concurrency:
    description:
      - How many probes may run at the same time.
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
  description: One entry for each entry of O(endpoints), in the same order.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The name of the endpoint.
      returned: always
      type: str
      sample: "example.com:443"
    host:
      description: The host, as given.
      returned: always
      type: str
      sample: example.com
    port:
      description: The port, as given.
      returned: always
      type: int
      sample: 443
    protocol:
      description: The protocol, as given.
      returned: always
      type: str
      sample: https
    path:
      description: The path of the connection, which is the first of O(endpoints[].paths).
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
        - V(dropped) - the TCP connection got no answer, as happens if a firewall drops packets.
        - V(proxy_unreachable) - the connection to the proxy failed.
        - V(proxy_auth) - the proxy requires authentication, or rejects the user name and the password.
        - V(proxy_denied) - the proxy does not allow this endpoint or port.
        - V(proxy_failed) - the proxy reports that it cannot reach the endpoint, or does not answer the request for it
          in time.
        - V(proxy_broken) - the answer of the proxy is invalid or incomplete.
        - V(blocked) - a device on the path answers with a page of its own.
        - V(tls_intercepted) - none of O(endpoints[].issuers) signed the certificate. RV(endpoints[].tls.trusted) is
          whether this host trusts it anyway.
        - V(tls_untrusted) - the certificate is signed by an authority that this host does not trust.
        - V(tls_name_mismatch) - the certificate is for another name.
        - V(tls_expired) - according to the clock of this host, the certificate has expired or is not valid yet.
        - V(certificate_refused) - the endpoint rejects O(endpoints[].client_cert), or requires one that is not set.
        - V(tls_failed) - TCP works but the TLS handshake does not.
        # protocols: failures
        - V(http_failed) - the connection works, but the request gets no HTTP response.
        - V(upgrade_refused) - the endpoint does not accept the WebSocket upgrade.
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
        - The last layer that was tried. It failed unless the verdict is V(reachable). On a path through a proxy, V(dns)
          and V(tcp) refer to the connection to the proxy.
        # protocols: layers
        - One of V(dns), V(tcp), V(proxy), V(tls), V(http), V(websocket), V(ntp), V(smtp), V(postgresql), V(idle).
        # end
        - V(null) if the endpoint was not probed in time.
      returned: always
      type: str
      sample: tcp
    detail:
      description: One sentence that gives the reason. V(null) if there is nothing to add to the verdict.
      returned: always
      type: str
      sample: "192.0.2.1 port 443: no answer within 5 s"
    cause:
      description:
        - What is known about the reason beyond RV(endpoints[].verdict). V(null) if nothing more is known. Some causes
          are investigated only after all endpoints have been probed, and are missing if O(deadline) passes first.
        - V(no_basic) - the proxy offers no Basic authentication.
        - V(proxy_silent) - the proxy accepts the connection, but does not answer the request for the endpoint.
        - V(common_name_only) - the certificate has no subject alternative names. Container runtimes ignore the common
          name.
        - V(incomplete_chain) - the server sends its own certificate without the certificate of its issuer.
        - V(lone_certificate) - the server sends only its own certificate, but the issuer may also be a root authority
          that this host does not trust.
        - V(unknown_issuer) - the chain that the server sends ends with an authority that this host does not trust.
        - V(self_signed) - the certificate is self-signed.
        - V(expired_intermediate) - an intermediate certificate that the server sends has expired, or is not valid yet.
        - V(expired_root) - a certificate in the trust store of this host has expired, or is not valid yet.
        - V(weak_certificate) - a certificate is signed with SHA-1 or MD5, or has a short RSA key.
        - V(name_filtered) - a device on the path cuts TLS connections that ask for this server name.
        - V(no_tls_answer) - nothing answers the start of a TLS handshake.
        - V(sinkhole) - the name resolves to the address of a filter, or to an address that no server can have.
        - V(refuses_time) - the time server refuses to serve this host.
      returned: always
      type: str
      sample: incomplete_chain
    address:
      description: The address that answered, either of the endpoint or of the proxy. V(null) if none answered.
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
      description: How many seconds the probe took.
      returned: always
      type: float
      sample: 0.131
    layers:
      description: The layers that were completed or failed, in order.
      returned: always
      type: list
      elements: dict
      contains:
        layer:
          description: The name of the layer.
          returned: always
          type: str
          sample: dns
        verdict:
          description: V(ok), or one of the verdicts of the endpoint.
          returned: always
          type: str
          sample: ok
        detail:
          description: One sentence that gives the reason if the layer failed, otherwise V(null).
          returned: always
          type: str
        elapsed:
          description: How many seconds the layer took.
          returned: always
          type: float
          sample: 0.012
    tls:
      description:
        - The certificate of the peer, even if it was not accepted. V(null) if no certificate was received.
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
          description: The organisation in RV(endpoints[].tls.issuer). V(null) if it has none.
          returned: always
          type: str
          sample: Amazon
        trusted:
          description: Whether the certificate is valid according to the trust store and the clock of this host.
          returned: always
          type: bool
          sample: true
        subject:
          description: The subject of the certificate.
          returned: always
          type: str
          sample: CN=example.com
        not_before:
          description: The start of the validity period, in UTC, in ISO 8601 format.
          returned: always
          type: str
          sample: "2026-01-01T00:00:00Z"
        not_after:
          description: The end of the validity period, in UTC, in ISO 8601 format.
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
        - Whether TLS is passed through to the endpoint. V(null) without O(endpoints[].mutual_tls), and if the TLS layer
          was not reached.
        - V(passthrough) - the peer asks for a client certificate, so it is the endpoint itself.
        - V(intercepted) - none of O(endpoints[].issuers) signed the certificate.
        - V(inconclusive) - the certificate is valid, but the peer does not ask for a client certificate.
      returned: always
      type: str
      sample: passthrough
    # protocols: evidence
    http:
      description: The HTTP response. V(null) for other protocols, and if there was no response.
      returned: always
      type: dict
      contains:
        status:
          description: The status code.
          returned: always
          type: int
          sample: 403
        reason:
          description: The reason phrase of the status line.
          returned: always
          type: str
          sample: Forbidden
        headers:
          description: The headers that identify the server or a filter, with names in lower case.
          returned: always
          type: dict
          sample: {server: AmazonS3}
        title:
          description: The title of the HTML page. V(null) for any other response.
          returned: always
          type: str
          sample: Access denied
    ntp:
      description: The reply of the time server. V(null) for other protocols, and if there was no reply.
      returned: always
      type: dict
      contains:
        offset:
          description: How many seconds this host's clock is behind the server. V(null) if the server refuses
            to serve time.
          returned: always
          type: float
          sample: -0.0012
        stratum:
          description: The server's distance from a reference clock.
          returned: always
          type: int
          sample: 2
        kiss:
          description: The kiss code with which the server refuses to serve time. V(null) if it does not
            refuse.
          returned: always
          type: str
          sample: DENY
        root_distance:
          description:
            - The root distance of the server, that is, by how many seconds its time may be wrong according to
              the server itself. V(null) if the server refuses to serve time.
          returned: always
          type: float
          sample: 0.012
    smtp:
      description: The capabilities of the mail server. V(null) for other protocols, and if there was no reply
        to EHLO.
      returned: always
      type: dict
      contains:
        banner:
          description: The greeting of the server.
          returned: always
          type: str
          sample: mail.example.com ESMTP
        extensions:
          description: The extensions that the server offers. If TLS was established, these are the extensions
            that it offers over TLS.
          returned: always
          type: list
          elements: str
          sample: [SIZE, STARTTLS, AUTH]
        auth:
          description: The AUTH mechanisms that the server offers, over TLS if TLS was established.
          returned: always
          type: list
          elements: str
          sample: [PLAIN, LOGIN]
    postgresql:
      description: The answer of the database server. V(null) for other protocols, and if there was no answer.
      returned: always
      type: dict
      contains:
        tls:
          description: Whether the server offers TLS.
          returned: always
          type: bool
          sample: true
        in_clear:
          description:
            - Whether the server also accepts connections without TLS. V(null) if that is not known.
          returned: always
          type: bool
          sample: true
        authentication:
          description: The authentication that the server asks for, such as V(sasl), V(md5) or V(none).
            V(null) if it answers with an error.
          returned: always
          type: str
          sample: sasl
        error:
          description: The error that the server sent, or V(null). An error about the user is expected,
            because the user does not exist.
          returned: always
          type: str
          sample: role "hostprep" does not exist
    # end
    attempts:
      description: The number of attempts. V(2) if the first attempt timed out. The result is then the result of the
        second attempt.
      returned: always
      type: int
      sample: 1
    other_paths:
      description:
        - The results of the other O(endpoints[].paths), in the same order. Each entry has RV(endpoints[].path) and all
          fields after it.
        - The entry for V(pod) also has C(over), the path that the connection took from the pod. If this host reaches
          the endpoint, but the connection of the pod fails after it was opened, the entry also has
          C(with_small_packets), the result with packets of at most 576 bytes.
      returned: always
      type: list
      elements: dict
pod:
  description:
    - The pod from whose network namespace the endpoints were probed. The module finds the pod by the processes of this
      host. It does not run any program of a container runtime, and changes nothing.
    - Names are resolved with the settings in the pod's C(/etc/resolv.conf). The pod's C(/etc/hosts) is not read.
      Certificates are verified against the trust store of this host.
  returned: if an endpoint has the path V(pod)
  type: dict
  contains:
    error:
      description: Why nothing was probed from a pod, often because no pod runs. Only the fields about this host are
        then set.
      returned: when nothing was probed from a pod
      type: str
    namespace:
      description: The path of the network namespace.
      returned: otherwise
      type: str
      sample: /proc/4711/ns/net
    source:
      description: How the network namespace was found.
      returned: otherwise
      type: str
      sample: process 4711, the first of the control group of pod 0a1b2c3d
    pod:
      description: The Kubernetes namespace and the name of the pod. V(null) if the log files of the pod do not show
        them.
      returned: otherwise
      type: str
      sample: kube-system/coredns-5dd5756b68-abcde
    uid:
      description: The UID of the pod. V(null) if its control group does not show it.
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
      description: How many dots a name must have to be looked up as it is before these domains are appended.
      returned: otherwise
      type: int
      sample: 5
    interface:
      description: The interface of the pod's IPv4 default route. V(null) if there is no default route.
      returned: otherwise
      type: str
      sample: eth0
    address:
      description: The address.
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
      description: The interface of this host's default route.
      returned: always
      type: str
      sample: eth0
    node_mtu:
      description: The MTU of that interface.
      returned: always
      type: int
      sample: 1500
    traces:
      description:
        - How far the packets of the pod's connection attempts get, for a few endpoints that this host can reach and the
          pod cannot.
      returned: always
      type: list
      elements: dict
      contains:
        id:
          description: The name of the endpoint.
          returned: always
          type: str
        address:
          description: The address of the endpoint or of the proxy to which a connection was attempted.
          returned: always
          type: str
        port:
          description: The port at that address.
          returned: always
          type: int
        verdict:
          description: The result, V(reachable), V(dropped), V(refused), V(rejected), V(error) or V(untested).
          returned: always
          type: str
        detail:
          description: One sentence that gives the reason, or V(null).
          returned: always
          type: str
        entered:
          description: The interfaces through which the packet entered this host.
          returned: always
          type: list
          elements: str
          sample: [veth1a2b3c4d, cni0]
        left:
          description: The interfaces through which the packet left this host, each with the source address that the
            packet then had.
          returned: always
          type: list
          elements: dict
          sample: [{interface: eth0, source: 192.0.2.21}]
        unseen:
          description: Why packets could not be captured on the interfaces, or V(null).
          returned: always
          type: str
    forwarding:
      description: Whether packets are forwarded - C(ip_forward) for the host, and one entry for each interface in
        RV(pod.traces[].entered).
      returned: if RV(pod.traces) is not empty
      type: dict
      sample: {ip_forward: true, cni0: true}
name_servers:
  description: The answers of each name server of this host.
  returned: if O(name_servers) is true
  type: dict
  contains:
    servers:
      description: One entry for each server in C(/etc/resolv.conf), and for each server that a local resolver on this
        host forwards to.
      returned: always
      type: list
      elements: dict
      contains:
        address:
          description: The address.
          returned: always
          type: str
          sample: 192.0.2.53
        source:
          description: The file that lists the server.
          returned: always
          type: str
          sample: /etc/resolv.conf
        names:
          description: The answer of the server for each host in O(endpoints) that is a name, in the same order.
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
                - V(ok) - the name has addresses. V(nodata) - the name exists, but has no addresses. V(nxdomain) - the
                  name does not exist.
                - V(servfail), V(refused) or V(rcode N) - the server answered with this error code.
                - V(no_tcp) - the answer over UDP is truncated, and a query over TCP does not work.
                - V(no_reply), V(rejected) or V(dropped) - no answer was received. V(untested) - O(deadline) passed first.
              returned: always
              type: str
              sample: ok
            addresses:
              description: The IPv4 addresses, or the IPv6 addresses if there are none.
              returned: always
              type: list
              elements: str
              sample: ["192.0.2.1"]
            verdict:
              description:
                - The result of probing the endpoint at RV(name_servers.servers[].names[].addresses), with the values of
                  RV(endpoints[].verdict). It is set only if the first server returned none of these addresses,
                  otherwise it is V(null).
              returned: always
              type: str
              sample: tls_untrusted
            detail:
              description: One sentence that gives the reason, or V(null).
              returned: always
              type: str
        invented:
          description:
            - The answers for a random name below C(com) and below each domain in RV(name_servers.search), with the same
              fields as RV(name_servers.servers[].names). A server that returns addresses for such a name invents them
              for every name in that domain.
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
      description: How many dots a name must have to be looked up as it is before these domains are appended.
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
