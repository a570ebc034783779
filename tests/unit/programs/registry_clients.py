# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Let skopeo, and so the library with which CRI-O pulls images, ask registries through a proxy and directly.

Standard input is `{"lists": [NO_PROXY], "hosts": [host]}`, the output a list of [NO_PROXY, host, whether directly] as JSON. It
runs in a network of its own, `unshare --net --mount`: every host is this one, and nothing leaves it.
"""

import http.server
import json
import os
import re
import subprocess
import sys
import tempfile
import threading

PORT, PROXY_PORT, NAMED = 5000, 3128, "192.0.2.1"


class Handler(http.server.BaseHTTPRequestHandler):
    """Refuses everything, and notes which port was asked."""

    asked: set[int] = set()

    def answer(self):
        self.asked.add(self.server.server_address[1])
        self.send_response(403)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_CONNECT = do_HEAD = answer

    def log_message(self, *_arguments):
        pass


def is_direct(value, host):
    """Whether skopeo asked the registry itself, and not the proxy."""
    Handler.asked.clear()
    subprocess.run(
        ["skopeo", "inspect", "--no-creds", "--tls-verify=false", f"docker://{host}:{PORT}/x:1"],
        env={"PATH": os.environ["PATH"], "HOME": tempfile.gettempdir(), "no_proxy": value, **PROXIES},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=60,
        check=False,
    )
    if Handler.asked not in ({PORT}, {PROXY_PORT}):
        raise OSError(f"skopeo asked {Handler.asked or 'nothing'} for {host}")
    return Handler.asked == {PORT}


PROXIES = dict.fromkeys(("http_proxy", "https_proxy"), f"http://127.0.0.1:{PROXY_PORT}")
question = json.load(sys.stdin)
addresses = {host for host in question["hosts"] if re.match(r"[0-9.]+\Z", host)}
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
for address in {NAMED, *addresses} - {"127.0.0.1"}:
    subprocess.run(["ip", "address", "add", f"{address}/32", "dev", "lo"], check=True)
with tempfile.NamedTemporaryFile("w") as hosts:
    hosts.write(
        "127.0.0.1 localhost\n" + "".join(f"{NAMED} {name}\n" for name in question["hosts"] if name not in addresses)
    )
    hosts.flush()
    subprocess.run(["mount", "--bind", hosts.name, "/etc/hosts"], check=True)
    for port in (PORT, PROXY_PORT):
        server = http.server.ThreadingHTTPServer(("0.0.0.0", port), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
    print(
        json.dumps([(value, host, is_direct(value, host)) for value in question["lists"] for host in question["hosts"]])
    )
