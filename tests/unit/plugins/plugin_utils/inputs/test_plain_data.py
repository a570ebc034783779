# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values of Ansible become plain data, encrypted ones among them."""

import json

import pytest
from ansible.parsing import vault
from ansible.parsing.dataloader import DataLoader

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.plain_data import plain


@pytest.fixture
def encrypted(monkeypatch):
    """The value of a variable that is encrypted by itself in a file of variables, as Ansible reads it."""
    secrets = [("default", vault.VaultSecret(b"key"))]
    loader = DataLoader()
    loader.set_vault_secrets(secrets)
    if hasattr(vault, "VaultSecretsContext"):  # from ansible-core 2.19 on
        monkeypatch.setattr(vault.VaultSecretsContext, "_current", vault.VaultSecretsContext(secrets))
    lines = vault.VaultLib(secrets).encrypt("p@ss: w0rd", secrets[0][1]).decode().splitlines()
    text = "password: !vault |\n" + "".join(f"  {line}\n" for line in lines)
    return loader.load(text)["password"]


def test_an_encrypted_value_is_a_text(encrypted):
    assert plain({"password": encrypted}) == {"password": "p@ss: w0rd"}


def test_what_is_plain_stays_as_it_is():
    value = {"a": [1, 2.5, True, None, "x", {"b": ("c",)}], "d": b"e"}
    assert json.loads(json.dumps(plain(value))) == {"a": [1, 2.5, True, None, "x", {"b": ["c"]}], "d": "e"}
