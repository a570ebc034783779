# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Let clients of nodes ask servers through a proxy and directly: skopeo, with the library by which CRI-O pulls images; containerd's
ctr, with that of containerd; kubectl, with that by which a kubelet asks the API server.

Standard input is `{"lists": [NO_PROXY], "hosts": [host], "socket": of containerd}`, the output
`{client: [[NO_PROXY, host, whether directly]]}` as JSON. It runs in a network of its own, `unshare --net --mount`: every host
is this one, and nothing leaves it.
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
PROXIES = dict.fromkeys(("http_proxy", "https_proxy"), f"http://127.0.0.1:{PROXY_PORT}")


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


def is_direct(words, value, host):
    """Whether a client asked the host itself, and not the proxy."""
    Handler.asked.clear()
    subprocess.run(
        words,
        env={"PATH": os.environ["PATH"], "HOME": tempfile.gettempdir(), "no_proxy": value, **PROXIES},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=60,
        check=False,
    )
    if Handler.asked not in ({PORT}, {PROXY_PORT}):
        raise OSError(f"{words[0]} asked {Handler.asked or 'nothing'} for {host}")
    return Handler.asked == {PORT}


def clients(socket, host):
    """{client: the command by which it asks a host}."""
    return {
        "skopeo": ["skopeo", "inspect", "--no-creds", "--tls-verify=false", f"docker://{host}:{PORT}/x:1"],
        "ctr": ["ctr", "--address", socket, "content", "fetch", "--plain-http", f"{host}:{PORT}/x:1"],
        "kubectl": ["kubectl", f"--server=http://{host}:{PORT}", "get", "--raw", "/x"],
    }


def answers(lists, hosts, socket):
    """What the clients do with each list and host."""
    found = {}
    for value in lists:
        for host in hosts:
            for client, words in clients(socket, host).items():
                found.setdefault(client, []).append([value, host, is_direct(words, value, host)])
    return found


question = json.load(sys.stdin)
addresses = {host for host in question["hosts"] if re.match(r"[0-9.]+\Z", host)}
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
for address in {NAMED, *addresses} - {"127.0.0.1"}:
    subprocess.run(["ip", "address", "add", f"{address}/32", "dev", "lo"], check=True)
with tempfile.NamedTemporaryFile("w") as names:
    names.write(
        "127.0.0.1 localhost\n" + "".join(f"{NAMED} {name}\n" for name in question["hosts"] if name not in addresses)
    )
    names.flush()
    subprocess.run(["mount", "--bind", names.name, "/etc/hosts"], check=True)
    for port in (PORT, PROXY_PORT):
        server = http.server.ThreadingHTTPServer(("0.0.0.0", port), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
    print(json.dumps(answers(question["lists"], question["hosts"], question["socket"])))
