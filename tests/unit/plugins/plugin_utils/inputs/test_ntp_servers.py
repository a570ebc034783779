# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What rtf_ntp_servers and rtf_ntp_keys may hold, and that no message repeats a secret."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import credentials, ntp_servers

SECRET = "HEX:9F1C0A5E6B7D4821"
KEY = {"id": 7, "type": "SHA256", "secret": SECRET}


@pytest.mark.parametrize(
    "value",
    [
        [],
        ["ntp.example.com", "192.0.2.123", "2001:db8::123"],
        [{"host": "ntp.example.com"}],
        [{"host": "pool.example.com", "pool": True, "maxsources": 3, "iburst": False}],
        [{"host": "ntp.example.com", "nts": True, "prefer": True, "trust": True}],
        ["ntp.example.com", {"host": "ntp2.example.com", "key": 7, "minpoll": 4, "maxpoll": 4, "nts": False}],
    ],
)
def test_servers_that_are_fine(value):
    ntp_servers.check_servers(value)


@pytest.mark.parametrize(
    "value, message",
    [
        (5, "must be a list of host names or addresses, not a number"),
        (["ntp.example.com:123"], "'ntp.example.com:123' is not a valid host name or address"),
        ([{"pool": True}], "None is not a valid host name"),
        ([7], "7 is not a valid host name"),
        ([{"host": "ntp lab"}], "a string (not shown, it may hold a secret) is not a valid host name"),
        ([{"host": "n", "nst": True}], "n: nst is unknown; valid besides host: pool, nts, key, iburst"),
        ([{"host": "n", "nts": "maybe"}], "n: nts must be true or false, not 'maybe'"),
        ([{"host": "n", "key": 0}], "n: key must be a number from 1 to"),
        ([{"host": "n", "key": "seven"}], "n: key must be a number from 1 to"),
        ([{"host": "n", "key": True}], "n: key must be a number from 1 to"),
        ([{"host": "n", "key": 7, "nts": True}], "n: has both nts and key"),
        ([{"host": "n", "minpoll": 25}], "n: minpoll must be a number from -7 to 24, not 25"),
        ([{"host": "n", "minpoll": 8, "maxpoll": 6}], "n: minpoll 8 is above maxpoll 6"),
        ([{"host": "n", "maxpoll": 4}], "n: minpoll 6 is above maxpoll 4; set both"),
        ([{"host": "n", "maxsources": 2}], "n: maxsources is for a pool"),
        (["n", {"host": "n", "nts": True}], "n is listed more than once"),
    ],
)
def test_servers_that_are_not_valid(value, message):
    with pytest.raises(ValueError) as caught:
        ntp_servers.check_servers(value)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "value",
    [
        [],
        [KEY, {"id": 8, "type": "MD5", "secret": "correct-horse"}],
        [{"id": 1, "type": "AES128", "secret": "HEX:00112233445566778899aabbccddeeff"}],
        [{"id": 1, "type": "AES128", "secret": "sixteen-letters!"}],
        [{"id": 1, "type": "SHA1", "secret": "ASCII:x"}],
    ],
)
def test_keys_that_are_fine(value):
    ntp_servers.check_keys(value)


@pytest.mark.parametrize(
    "value, message",
    [
        ({"id": 7}, "must be a list of keys {id, type, secret}, not a dictionary"),
        ([{"id": 7, "secret": SECRET}], "entry 1 must have exactly id, type and secret"),
        ([SECRET], "entry 1 must have exactly"),
        ([{**KEY, "note": "x"}], "entry 1 must have exactly"),
        ([{**KEY, "id": "seven"}], "entry 1: id must be a number"),
        ([{**KEY, "type": "sha256"}], "key 7: the type 'sha256' is unknown; valid: MD5, SHA1"),
        ([{**KEY, "secret": ""}], "key 7: the secret must be a string in quotes, and not empty"),
        ([{**KEY, "secret": 12345}], "key 7: the secret must be a string in quotes"),
        ([{**KEY, "secret": "two words"}], "key 7: the secret must consist of visible ASCII characters"),
        ([{**KEY, "secret": SECRET + "\n8 MD5 x"}], "must consist of visible ASCII characters"),
        ([{**KEY, "secret": "HEX:123"}], "an even number of hexadecimal digits"),
        ([{**KEY, "secret": "HEX:"}], "an even number"),
        ([{**KEY, "secret": "ASCII:"}], "key 7: the secret must not be empty"),
        ([{**KEY, "type": "AES256"}], "key 7: a key of AES256 has 32 bytes, and the secret has 8"),
        ([KEY, {**KEY, "type": "SHA1"}], "key 7 is listed more than once"),
    ],
)
def test_keys_that_are_not_valid_and_stay_secret(value, message):
    with pytest.raises(ValueError) as caught:
        ntp_servers.check_keys(value)
    assert message in str(caught.value)
    for secret in (SECRET, "12345", "two words", "9F1C"):
        assert secret not in str(caught.value)


def test_a_key_that_is_not_there_is_named_for_the_whole_inventory():
    variables = {"rtf_ntp_servers": [{"host": "ntp.example.com", "key": 9}]}
    sentence = "rtf_ntp_servers: ntp.example.com uses key 9, which rtf_ntp_keys does not contain"
    assert credentials.disagreements({"rtf_ntp_keys": [], **variables}) == [sentence]
    assert credentials.disagreements({**variables, "rtf_ntp_keys": [KEY]}) == [sentence]
    assert credentials.disagreements({**variables, "rtf_ntp_keys": [{**KEY, "id": 9}]}) == []
    # A role that takes the servers alone cannot know the keys.
    assert credentials.disagreements(variables) == []


def test_hosts_of_all_forms_and_those_that_are_asked_over_nts():
    servers = ["a.example", {"host": "b.example", "nts": True}, {"host": "c.example", "nts": False}]
    assert ntp_servers.hosts(servers) == ["a.example", "b.example", "c.example"]
    assert ntp_servers.nts_hosts(servers) == ["b.example"]
