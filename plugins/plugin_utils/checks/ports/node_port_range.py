# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ports that Kubernetes forwards to services of the type NodePort, whether or not a socket of the node shows them."""

from __future__ import annotations

# The default of the option --service-node-port-range of the API server.
NODE_PORTS = range(30000, 32768)
