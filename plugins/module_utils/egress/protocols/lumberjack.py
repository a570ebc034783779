# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lumberjack, the protocol of log shippers: its clients speak first, with data, so the probe ends with TLS."""

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress.protocols.tls import Tls


class Lumberjack(Tls):
    name = "lumberjack"
    title = "Lumberjack"
    outcome = "a verified TLS handshake. No log entry is sent"
