# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Texts of daemon.json, and which proxies dockerd 26.1.5 of Debian 13 reports on its socket after it started with them.

dockerd 20.10.24 of Debian 12 starts with none of these. People were led to names at the top by the draft in moby/moby#42647,
to the shape of the client's file by a page that docker/docs#18703 corrects.
"""

from typing import NamedTuple


class Case(NamedTuple):
    """reported: the proxy of HTTP, that of HTTPS, and what is reached without; None where the daemon does not start."""

    text: str
    environment: dict
    reported: tuple | None


CASES = {
    "proxies": Case(
        '{"proxies": {"http-proxy": "http://a:1", "https-proxy": "http://b:1", "no-proxy": "x,y"}}',
        {},
        ("http://a:1", "http://b:1", "x,y"),
    ),
    "over the environment": Case(
        '{"proxies": {"http-proxy": "http://a:1"}}',
        {"HTTP_PROXY": "http://e:1", "https_proxy": "http://e:2", "no_proxy": "e"},
        ("http://a:1", "http://e:2", "e"),
    ),
    "over the environment in small letters": Case(
        '{"proxies": {"http-proxy": "http://a:1"}}', {"http_proxy": "http://e:1"}, ("http://a:1", "", "")
    ),
    "empty values": Case('{"proxies": {"http-proxy": ""}}', {"HTTP_PROXY": "http://e:1"}, ("http://e:1", "", "")),
    "top level": Case('{"http-proxy": "http://a:1"}', {}, ("", "", "")),
    "capitals": Case('{"proxies": {"HTTP-Proxy": "http://a:1"}}', {}, None),
    "capital section": Case('{"Proxies": {"http-proxy": "http://a:1"}}', {}, ("http://a:1", "", "")),
    "other names": Case('{"proxies": {"httpProxy": "http://a:1"}}', {}, None),
    "client's shape": Case('{"proxies": {"default": {"httpProxy": "http://a:1"}}}', {}, None),
    "no string": Case('{"proxies": {"http-proxy": 1}}', {}, None),
    "a list": Case('{"proxies": {"no-proxy": ["a","b"]}}', {}, None),
    "proxies a string": Case('{"proxies": "http://a:1"}', {}, None),
    "null": Case('{"proxies": null}', {"HTTP_PROXY": "http://e:1"}, None),
    "value null": Case('{"proxies": {"http-proxy": null}}', {"HTTP_PROXY": "http://e:1"}, ("http://e:1", "", "")),
    "twice": Case(
        '{"proxies": {"http-proxy": "http://a:1"}, "proxies": {"https-proxy": "http://b:1"}}',
        {},
        ("http://a:1", "http://b:1", ""),
    ),
    "empty file": Case("", {"HTTP_PROXY": "http://e:1"}, ("http://e:1", "", "")),
    "blank file": Case(" \n", {"HTTP_PROXY": "http://e:1"}, ("http://e:1", "", "")),
    "a comment": Case('{"proxies": {"http-proxy": "http://a:1"} // x\n}', {}, None),
    "trailing comma": Case('{"proxies": {"http-proxy": "http://a:1"},}', {}, None),
    "a list of all": Case("[]", {}, None),
    "BOM": Case('\ufeff{"proxies": {"http-proxy": "http://a:1"}}', {}, ("http://a:1", "", "")),
    "unknown option": Case(
        '{"proxies": {"http-proxy": "http://a:1"}, "registry-mirror": ["https://m"]}', {}, ("http://a:1", "", "")
    ),
    "something behind": Case('{"proxies": {"http-proxy": "http://a:1"}} x', {}, None),
    "no such URL": Case('{"proxies": {"http-proxy": "a:b:c"}}', {}, ("a:b:c", "", "")),
    "blanks": Case('{"proxies": {"http-proxy": " http://a:1 ", "no-proxy": "a, b"}}', {}, (" http://a:1 ", "", "a, b")),
}
