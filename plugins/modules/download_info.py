#!/usr/bin/python
# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: download_info
short_description: Measure the download speed of a host
version_added: 1.0.0
description:
  - Downloads from O(url) over several connections at once, directly or through a proxy, and discards the data. The
    download stops after O(seconds) or O(max_bytes), whichever comes first. If the file ends before that, it is
    downloaded again.
  - If the server cannot be reached, the module reports that as a result, and the task does not fail.
  - The managed host needs only Python 3.6 or newer.
author:
  - hostprep.runtime_fabric contributors (!UNKNOWN)
extends_documentation_fragment:
  - hostprep.runtime_fabric.attributes
  - hostprep.runtime_fabric.attributes.info
  - hostprep.runtime_fabric.outside
options:
  url:
    description:
      - The URL to download from, V(http://host[:port]/path) or V(https://host[:port]/path). Redirects are not followed.
    type: str
    required: true
  path:
    description:
      - How to connect to the server, with the same meaning as in
        O(hostprep.runtime_fabric.egress_info#module:endpoints[].paths).
    type: str
    choices: [direct, http_proxy, socks5]
    default: direct
  streams:
    description:
      - How many connections download at the same time. A single connection seldom saturates a link with a long
        round-trip time.
    type: int
    default: 4
  seconds:
    description:
      - After how many seconds to stop.
    type: float
    default: 5.0
  max_bytes:
    description:
      - After how many bytes to stop.
    type: int
    default: 500000000
  timeout:
    description:
      - How many seconds each layer of a connection may take.
    type: float
    default: 5.0
seealso:
  - module: hostprep.runtime_fabric.egress_info
  - module: ansible.builtin.get_url
"""

EXAMPLES = r"""
- name: Measure the bandwidth to the Internet, one host after another
  hostprep.runtime_fabric.download_info:
    url: https://downloads.example.com/large-file
  register: download
  throttle: 1
"""

RETURN = r"""
download:
  description: The result of the measurement.
  returned: success
  type: dict
  contains:
    path:
      description: How the connections left the host.
      returned: always
      type: str
      sample: direct
    verdict:
      description:
        - V(reachable), or why the download failed, as one of the verdicts of
          RV(hostprep.runtime_fabric.egress_info#module:endpoints[].verdict).
      returned: always
      type: str
      sample: reachable
    detail:
      description: One sentence that gives the reason, or V(null) if the verdict is V(reachable).
      returned: always
      type: str
    bytes:
      description: How many bytes were received during the measurement.
      returned: always
      type: int
      sample: 62500000
    seconds:
      description: How many seconds passed from the first byte to the last.
      returned: always
      type: float
      sample: 5.0
    mean_mbit:
      description: The mean throughput of all connections together, in megabits (1000000 bits) per second. V(null) if
        too little was received.
      returned: always
      type: float
      sample: 100.0
    peak_mbit:
      description: The throughput of the best second, in megabits per second.
      returned: always
      type: float
      sample: 118.3
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import numeric_arguments
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress import download
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import (
    connection_paths,
    proxy_options,
    resolver,
    tls_handshake,
    verdicts,
)

LIMITS = {"streams": 64, "seconds": 600, "max_bytes": 10**12, "timeout": 600}


def argument_spec():
    return dict(
        url={"type": "str", "required": True, "no_log": True},  # its query may be a signature
        path={"type": "str", "choices": connection_paths.PATHS, "default": connection_paths.DIRECT},
        streams={"type": "int", "default": 4},
        seconds={"type": "float", "default": 5.0},
        max_bytes={"type": "int", "default": 500000000},
        timeout={"type": "float", "default": 5.0},
        ca_path={"type": "path"},
        **proxy_options.argument_spec(),
    )


def read(params):
    """(Source, {path: Proxy}); raises ValueError with a sentence that begins with the option."""
    try:
        source = download.source_of(params["url"])
    except download.UrlError as problem:
        raise ValueError(f"url: {problem}") from problem
    known, problems = proxy_options.read(params)
    problems += numeric_arguments.bad_numbers(params, LIMITS)
    problems += [f"path: {problem}" for problem in proxy_options.missing([params["path"]], params)]
    if problems:
        raise ValueError("; ".join(problems))
    return source, known


def main():
    module = AnsibleModule(argument_spec=argument_spec(), supports_check_mode=True)
    params = module.params
    try:
        source, known = read(params)
        context = tls_handshake.verifying_context(params["ca_path"])
    except tls_handshake.TrustStoreError as problem:
        module.fail_json(msg=f"ca_path: {problem}")
    except ValueError as problem:
        module.fail_json(msg=str(problem))
    routes = connection_paths.Routes(params["timeout"], resolver.Resolver(), known)

    def open_wire():
        return routes.open(params["path"], source.host, source.port, verdicts.Trace())

    result = download.download(
        source, open_wire, context, params["streams"], params["seconds"], params["max_bytes"], params["timeout"]
    )
    module.exit_json(changed=False, download=dict(result, path=params["path"]))


if __name__ == "__main__":
    main()
