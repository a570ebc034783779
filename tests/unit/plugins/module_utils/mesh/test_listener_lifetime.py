# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.mesh import listener_lifetime


def test_silence_ends_it_and_signs_do_not_let_it(clock):
    lease = listener_lifetime.Lease(60, clock)
    for _dummy in range(5):
        clock.now += 59
        assert not lease.over()
        lease.sign()
    clock.now += 59
    assert (lease.silent_for(), lease.remaining()) == (59, 1)
    clock.now += 1
    assert lease.over()


def test_after_a_hangup_the_rest_is_short(clock):
    lease = listener_lifetime.Lease(600, clock)
    lease.hangup()
    assert lease.remaining() == listener_lifetime.AFTER_HANGUP
    clock.now += 1
    lease.sign()  # of a module on another host, which has not noticed yet
    clock.now += listener_lifetime.AFTER_HANGUP - 1
    assert lease.over()


def test_a_run_that_goes_on_after_a_hangup_keeps_it(clock):
    lease = listener_lifetime.Lease(600, clock)
    lease.hangup()
    clock.now += listener_lifetime.AFTER_HANGUP - 1
    lease.sign()
    assert lease.remaining() == 600


def test_a_hangup_prolongs_nothing(clock):
    lease = listener_lifetime.Lease(5, clock)
    lease.hangup()
    assert lease.remaining() == 5


def test_without_a_limit_only_a_hangup_ends_it(clock):
    lease = listener_lifetime.Lease(None, clock)
    clock.now += 1e6
    assert lease.remaining() is None and not lease.over()
    lease.hangup()
    clock.now += listener_lifetime.AFTER_HANGUP
    assert lease.over()
