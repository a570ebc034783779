# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The headers of an HTTP response that identify the server or a filter: these are recorded."""

# Others, such as cookies, are not recorded.
IDENTIFYING = (
    "server",
    "via",
    "location",
    "content-type",
    "www-authenticate",
    "x-squid-error",
    "upgrade",
    "sec-websocket-accept",
    "sec-websocket-protocol",
)


def recorded(head, signs):
    """`{name: value}` of the headers to record. signs: those of the endpoint, such as `server: AmazonS3`."""
    wanted = set(IDENTIFYING) | {name_of(sign) for sign in signs}
    return {name: value for name, value in head.headers.items() if name in wanted}


def name_of(sign):
    """The header's name in a sign such as `x-amz-request-id` or `server: AmazonS3`."""
    return sign.partition(":")[0].strip().lower()


def shows(head, sign):
    """Whether a response has a sign: the header, with the text behind the colon, if any."""
    wanted = sign.partition(":")[2].strip().lower()
    return any(wanted in value.lower() for value in head.repeated.get(name_of(sign), ()))
