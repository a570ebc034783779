# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Chromium without a window, which is asked over a pair of pipes: messages of JSON, each with a zero byte at its end."""

import contextlib
import itertools
import json
import os
import select
import subprocess
import time

SECONDS = 60


class Browser:
    """A running Chromium. What it tells without being asked is kept in `events`."""

    def __init__(self, write, read):
        self._write, self._read, self._rest, self._numbers = write, read, b"", itertools.count(1)
        self.events = []

    def ask(self, method, session=None, **parameters):
        """Call a method of the DevTools protocol; return its result."""
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == number:
                assert "error" not in answer, answer
                return answer["result"]
            self.events.append(answer)

    def wait(self, method):
        """Wait until the browser tells of an event."""
        while not any(event.get("method") == method for event in self.events):
            self.events.append(self._next())

    def opened(self, path):
        """Return (session, requests) of a page that is loaded from a file, with the addresses that it asked for."""
        self.events.clear()
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Log", "Accessibility"):
            self.ask(f"{domain}.enable", session)
        self.ask("Page.navigate", session, url=path.as_uri())
        self.wait("Page.loadEventFired")
        sent = [event for event in self.events if event.get("method") == "Network.requestWillBeSent"]
        return session, [event["params"]["request"]["url"] for event in sent]

    def _next(self):
        deadline = time.monotonic() + SECONDS
        while b"\0" not in self._rest:
            assert select.select([self._read], [], [], max(0, deadline - time.monotonic()))[0], (
                "Chromium does not answer"
            )
            found = os.read(self._read, 1 << 20)
            assert found, "Chromium has ended"
            self._rest += found
        line, dummy, self._rest = self._rest.partition(b"\0")
        return json.loads(line)


@contextlib.contextmanager
def running(profile):
    """A Browser with a profile of its own in a directory."""
    theirs, write = os.pipe()
    read, back = os.pipe()
    words = [
        "chromium",
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--force-renderer-accessibility",
        "--remote-debugging-pipe",
        f"--user-data-dir={profile}",
    ]
    # The pipes are its descriptors 3 and 4.
    shell = ["bash", "-c", f'exec "$@" 3<&{theirs} 4>&{back}', "bash", *words]
    process = subprocess.Popen(shell, pass_fds=(theirs, back), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(theirs)
    os.close(back)
    try:
        yield Browser(write, read)
    finally:
        os.close(write)
        os.close(read)
        process.kill()
        process.wait()
