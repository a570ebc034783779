# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The User-Agent of all HTTP requests."""

# Proxies and filters decide by it, so it begins as that of the clients it stands for: container runtimes are written in Go.
# What follows tells a proxy's team who asked.
NAME = "Go-http-client/1.1 (hostprep.runtime_fabric egress_info)"
