# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP requests to an endpoint, and whether the answer comes from the endpoint itself or from a filter in between."""

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress.protocol import Evidence
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import (
    http_exchange,
    http_identifying_headers,
    verdicts,
)

EVIDENCE = Evidence(
    "http",
    """
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
""",
)


def ask(attempt, stream, question):
    """(Head, Page) of the response to a request, noted in the attempt's trace. Raises LayerFailed."""
    head, page = http_exchange.ask(stream, question, attempt.seconds)
    attempt.trace.note(http=http_exchange.described(head, page, attempt.endpoint.origin))
    return head, page


def get(attempt, stream, genuine=False):
    """GET the endpoint's path. Returns a remark or None; raises LayerFailed(blocked, http_failed or certificate_refused).

    genuine: whether the certificate's issuer was checked, so that only the endpoint itself can have answered.
    """
    endpoint = attempt.endpoint
    head, page = ask(attempt, stream, http_exchange.request(endpoint.host, endpoint.port, endpoint.url_path))
    return remark(endpoint, head, page, genuine)


def remark(endpoint, head, page, genuine=False):
    """A remark on a response, or None. Raises LayerFailed(blocked) where a filter sent it."""
    mark = http_exchange.block_mark(head)
    signs = endpoint.origin
    if not mark and signs and not any(http_identifying_headers.shows(head, sign) for sign in signs):
        mark = f"the response {head.status} {head.reason} has none of the endpoint's headers ({', '.join(signs)})"
    elif not mark and not signs:
        mark = http_exchange.page_mark(head, page)
    if not mark:
        return f"HTTP {head.status} {head.reason}" if head.status >= 500 else None
    if genuine:
        return mark
    raise blocked(mark, page)


def blocked(mark, page):
    """The LayerFailed of a response that a filter sent; mark: the sentence on how that shows."""
    return verdicts.LayerFailed(verdicts.BLOCKED, f'{mark}, with the page "{page.title}"' if page.title else mark)
