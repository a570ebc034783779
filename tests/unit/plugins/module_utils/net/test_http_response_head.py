# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import http_response_head

HEADS = st.lists(
    st.one_of(
        st.binary(max_size=60),
        st.sampled_from(
            [
                b"HTTP/1.1 200 OK\r\n",
                b"HTTP/1.0 ",
                b"404",
                b" ",
                b"\r\n",
                b"\r\n\r\n",
                b"Server: a\r\n",
                b"\n\n",
                b":",
                b"HTTP/1.1 103 Early\r\n",
            ]
        ),
    ),
    max_size=12,
)


@given(HEADS)
def test_a_head_is_read_the_same_whole_or_in_pieces_or_refused(chunks):
    def read(parts):
        reader = http_response_head.HeadReader()
        for part in parts:
            if reader.feed(part):
                return reader.head
        return None

    data = b"".join(chunks)
    outcomes = []
    for parts in ([data], [data[at : at + 1] for at in range(len(data))]):
        try:
            outcomes.append(read(parts))
        except http_response_head.HttpError as exc:
            outcomes.append("error")
            assert str(exc).isprintable()
    assert outcomes[0] == outcomes[1]
    if outcomes[0] not in (None, "error"):
        assert outcomes[0].status == 101 or 200 <= outcomes[0].status <= 999
        assert all(text.isprintable() for pair in outcomes[0].headers.items() for text in pair)
