"""A real browser without a window: Chromium, spoken to over its debugging pipe (Chrome DevTools Protocol)."""

from __future__ import annotations

import json
import os
import subprocess
import time
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from programs import program

PATIENCE_SECONDS = 60
_FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run", "--no-default-browser-check", "--mute-audio",
    "--remote-debugging-pipe",
)  # fmt: skip


class Browser:
    """Chromium with a profile of its own."""

    def __init__(self, folder: Path) -> None:
        bash, chromium = program("bash"), program("chromium")
        commands, self._commands = os.pipe()
        self._answers, answers = os.pipe()
        # The browser reads commands from descriptor 3 and writes answers to 4.
        line = f'exec "$@" 3<&{commands} 4>&{answers}'
        self._process = subprocess.Popen(
            [bash, "-c", line, "bash", chromium, *_FLAGS, f"--user-data-dir={folder / 'profile'}", "about:blank"],
            pass_fds=(commands, answers), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(commands)
        os.close(answers)
        self._number = 0
        self._rest = b""
        self.requests: list[str] = []
        self.complaints: list[str] = []

    def open(self, url: str, *, width: int = 1100, height: int = 800, mobile: bool = False) -> Page:
        """A page of its own that shows ``url``."""
        target = self.send("Target.createTarget", {"url": "about:blank"})["targetId"]
        session = self.send("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        page = Page(self, session)
        for domain in ("Page", "Network", "Log", "Runtime"):
            page.send(f"{domain}.enable")
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile}
        page.send("Emulation.setDeviceMetricsOverride", size)
        page.send("Emulation.setFocusEmulationEnabled", {"enabled": True})
        page.send("Page.navigate", {"url": url})
        return page

    def send(self, method: str, parameters: dict[str, Any] | None = None, session: str | None = None) -> dict[str, Any]:
        """Sends one command and returns its answer; what happens meanwhile is noted."""
        self._number += 1
        command = {"id": self._number, "method": method, "params": parameters or {}}
        if session is not None:
            command["sessionId"] = session
        os.write(self._commands, json.dumps(command).encode() + b"\0")
        while (message := self._receive()).get("id") != self._number:
            self._note(message)
        assert "error" not in message, f"{method}: {message['error']}"
        return message["result"]

    def close(self) -> None:
        """Ends the browser."""
        os.close(self._commands)
        try:
            self._process.wait(PATIENCE_SECONDS)
        finally:
            self._process.kill()
            self._process.wait()
            os.close(self._answers)

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            read = os.read(self._answers, 1 << 16)
            assert read, "the browser ended"
            self._rest += read
        message, _, self._rest = self._rest.partition(b"\0")
        return json.loads(message)

    def _note(self, message: dict[str, Any]) -> None:
        if message.get("method") == "Network.requestWillBeSent":
            self.requests.append(message["params"]["request"]["url"])
        elif message.get("method") == "Log.entryAdded":
            self.complaints.append(message["params"]["entry"]["text"])
        elif message.get("method") == "Runtime.exceptionThrown":
            self.complaints.append(str(message["params"]["exceptionDetails"]))


class Page:
    """One page of a browser."""

    def __init__(self, browser: Browser, session: str) -> None:
        self._browser = browser
        self._session = session

    def send(self, method: str, parameters: dict[str, Any] | None = None) -> dict[str, Any]:
        """Sends one command about this page."""
        return self._browser.send(method, parameters, self._session)

    def evaluate(self, script: str) -> Any:
        """What a JavaScript expression comes to."""
        answer = self.send("Runtime.evaluate", {"expression": script, "returnByValue": True, "awaitPromise": True})
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def text(self, selector: str) -> str | None:
        """The text of the first element that fits, if there is one."""
        return self.evaluate(f"document.querySelector({json.dumps(selector)})?.textContent")

    def wait_until(self, script: str) -> Any:
        """Waits until a JavaScript expression is true; returns it."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not (value := self.evaluate(script)):
            assert time.monotonic() < deadline, f"never: {script}"
            time.sleep(0.05)
        return value

    def screenshot(self, path: Path) -> None:
        """Writes what is seen as PNG."""
        path.write_bytes(b64decode(self.send("Page.captureScreenshot", {"format": "png"})["data"]))


@contextmanager
def running_browser(folder: Path) -> Iterator[Browser]:
    """A browser that runs in the block."""
    browser = Browser(folder)
    try:
        yield browser
    finally:
        browser.close()
