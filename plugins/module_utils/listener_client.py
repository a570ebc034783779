# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules that ask listeners of port_listener have in common."""

import time

KEY = dict(type="str", required=True, no_log=True)


def peers_option(**more):
    """The option `peers`; more: options that a peer has besides its name and address."""
    options = dict(name=dict(type="str", required=True), address=dict(type="str", required=True), **more)
    return dict(type="list", elements="dict", required=True, options=options)


def run(module, bad_arguments, ask):
    """Fail with the sentences of bad_arguments(params), or end with what ask(key as bytes, params) returns."""
    problems = bad_arguments(module.params)
    if problems:
        module.fail_json(msg="; ".join(problems))
    begun = time.monotonic()
    found = ask(module.params["key"].encode("utf-8"), module.params)
    module.exit_json(changed=False, elapsed=round(time.monotonic() - begun, 3), **found)
