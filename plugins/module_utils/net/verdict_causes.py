# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of the reason of a verdict beyond the verdict itself: who has to act depends on it."""

NO_BASIC = "no_basic"
PROXY_SILENT = "proxy_silent"
COMMON_NAME_ONLY = "common_name_only"
INCOMPLETE_CHAIN = "incomplete_chain"
LONE_CERTIFICATE = "lone_certificate"
UNKNOWN_ISSUER = "unknown_issuer"
SELF_SIGNED = "self_signed"
EXPIRED_INTERMEDIATE = "expired_intermediate"
EXPIRED_ROOT = "expired_root"
WEAK_CERTIFICATE = "weak_certificate"
NAME_FILTERED = "name_filtered"
NO_TLS_ANSWER = "no_tls_answer"
SINKHOLE = "sinkhole"
REFUSES_TIME = "refuses_time"
