# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The outcome of a connection, layer by layer, as a result row reports it."""

import contextlib
import threading
import time

REACHABLE = "reachable"
UNRESOLVED = "unresolved"
REFUSED = "refused"
REJECTED = "rejected"
DROPPED = "dropped"
PROXY_UNREACHABLE = "proxy_unreachable"
PROXY_AUTH = "proxy_auth"
PROXY_DENIED = "proxy_denied"
PROXY_FAILED = "proxy_failed"
PROXY_BROKEN = "proxy_broken"
BLOCKED = "blocked"
TLS_UNTRUSTED = "tls_untrusted"
TLS_NAME_MISMATCH = "tls_name_mismatch"
TLS_EXPIRED = "tls_expired"
TLS_FAILED = "tls_failed"
TLS_INTERCEPTED = "tls_intercepted"
CERTIFICATE_REFUSED = "certificate_refused"
HTTP_FAILED = "http_failed"
UPGRADE_REFUSED = "upgrade_refused"
SMTP_FAILED = "smtp_failed"
STARTTLS_MISSING = "starttls_missing"
DATABASE_FAILED = "database_failed"
REGISTRY_FAILED = "registry_failed"
IDLE_CUT = "idle_cut"
NO_REPLY = "no_reply"
UNTESTED = "untested"
ERROR = "error"

# The verdict of one layer that worked; that of a row whose layers all worked is REACHABLE.
OK = "ok"


class LayerFailed(Exception):
    """A layer failed: `verdict` is one of the constants above or a protocol's own, `detail` is one sentence.

    cause: one of those in verdict_causes.py, None where no more is known. heard: the first bytes that the peer of a TLS handshake
    sent.
    """

    heard = b""

    def __init__(self, verdict, detail, cause=None):
        super().__init__(detail)
        self.verdict = verdict
        self.detail = detail
        self.cause = cause


class Trace:
    """The layers that one row has passed so far.

    The thread that probes the row writes it; the thread that waits for the overall deadline may read it at any moment, to
    report the layer in which the row hangs.

    on_layer: a function that is called with the name of each layer when it begins.
    """

    def __init__(self, on_layer=None):
        self._lock = threading.Lock()
        self._on_layer = on_layer
        self._started = None
        self._layer = None
        self._layer_started = None
        self._layers = []
        self._evidence = {}

    def start(self):
        """Start the row's clock: the wait for a free thread does not count."""
        with self._lock:
            self._started = time.monotonic()

    def note(self, **evidence):
        """Record fields of the result row."""
        with self._lock:
            self._evidence.update(evidence)

    def amend(self, field, **changes):
        """Change parts of a recorded field that is a dict."""
        with self._lock:
            self._evidence[field] = dict(self._evidence[field], **changes)

    @contextlib.contextmanager
    def layer(self, name):
        """Time one layer. A LayerFailed is recorded and passed on."""
        if self._on_layer is not None:
            self._on_layer(name)
        with self._lock:
            self._layer = name
            self._layer_started = time.monotonic()
        try:
            yield
        except LayerFailed as failure:
            self._close(name, failure.verdict, failure.detail)
            raise
        except Exception as exc:
            self._close(name, ERROR, unforeseen(exc))
            raise
        self._close(name, OK, None)

    def _close(self, name, verdict, detail):
        with self._lock:
            elapsed = round(time.monotonic() - self._layer_started, 3)
            self._layers.append({"layer": name, "verdict": verdict, "detail": detail, "elapsed": elapsed})

    def result(self, verdict, detail, cause=None):
        """The row's evidence with its verdict, the layer reached and the seconds it took."""
        with self._lock:
            row = dict(self._evidence)
            elapsed = 0.0 if self._started is None else round(time.monotonic() - self._started, 3)
            row.update(
                verdict=verdict,
                detail=detail,
                cause=cause,
                layer=self._layer,
                layers=list(self._layers),
                elapsed=elapsed,
            )
            return row

    def unfinished(self, seconds):
        """The row when the overall deadline of `seconds` has passed."""
        with self._lock:
            layer = self._layer
        reached = (
            "before this endpoint was probed" if layer is None else f"while this endpoint was in the layer {layer}"
        )
        return self.result(UNTESTED, f"the deadline of {seconds:g} s for the whole call passed {reached}")


def unforeseen(exc):
    """One sentence for an exception that nothing more specific explains."""
    return f"{type(exc).__name__}: {exc}"
