# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules that send requests to listeners of port_listener have in common.

While such a module runs, it reports to the listener on the same host that the run is alive. An interrupted run closes the
connections to its modules, which a module that writes nothing does not notice by itself. These modules watch for that: they
end, and report it to the listener.
"""

import os
import select
import signal
import time

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import thread_pool
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.mesh import listener_commands

_STDOUT = 1

KEY = {"type": "str", "required": True, "no_log": True}


def peers_option(**more):
    """The option `peers`; more: options that a peer has besides its name and address."""
    options = dict(name={"type": "str", "required": True}, address={"type": "str", "required": True}, **more)
    return {"type": "list", "elements": "dict", "required": True, "options": options}


def run(module, bad_arguments, ask):
    """Fail with the sentences of bad_arguments(params), or exit with the result of ask(key as bytes, params)."""
    problems = bad_arguments(module.params)
    if problems:
        module.fail_json(msg="; ".join(problems))
    begun = time.monotonic()
    key = module.params["key"].encode("utf-8")
    own = listener_commands.address_of(key)
    listener_commands.ask(own, listener_commands.SIGN)
    _end_without_controller(own)
    found = ask(key, module.params)
    listener_commands.ask(own, listener_commands.SIGN)
    module.exit_json(changed=False, elapsed=round(time.monotonic() - begun, 3), **found)


def _end_without_controller(own):
    """Watch for both signs of a closed connection: a signal where there is a terminal, the end of a pipe elsewhere."""

    def end(dummy_signal=None, dummy_frame=None):
        listener_commands.ask(own, listener_commands.HANGUP)
        os._exit(1)

    def watch():
        if _wait_for_hangup(_STDOUT):
            end()

    for number in (signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, end)
    thread_pool.start_daemon(watch)


def _wait_for_hangup(number):
    """Wait until the reading end of a file is closed; return False where that cannot be detected."""
    poll = select.poll()
    poll.register(number, 0)  # errors and hangups are reported in any case
    return not any(events & select.POLLNVAL for dummy, events in poll.poll())
