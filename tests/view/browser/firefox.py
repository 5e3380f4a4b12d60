"""A headless Firefox, driven over Marionette: its own protocol, JSON over a local socket."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ...conftest import HANG_SECONDS

FIREFOX = shutil.which("firefox-esr") or shutil.which("firefox")
SIZE = (1300, 900)


class Firefox:
    """One window. ``evaluate`` runs a function's body in the page and returns what it returns."""

    def __init__(self, connection: socket.socket) -> None:
        self._stream = connection.makefile("rwb")
        self._number = 0
        self._read()  # a greeting
        self.command("WebDriver:NewSession", {})
        self.command("WebDriver:SetTimeouts", {"script": HANG_SECONDS * 1000})
        self.command("WebDriver:SetWindowRect", {"width": SIZE[0], "height": SIZE[1]})

    def command(self, name: str, parameters: Any) -> Any:
        self._number += 1
        message = json.dumps([0, self._number, name, parameters]).encode()
        self._stream.write(str(len(message)).encode() + b":" + message)
        self._stream.flush()
        _, number, error, result = self._read()
        assert number == self._number
        assert error is None, error
        return result.get("value") if isinstance(result, dict) and "value" in result else result

    def open(self, url: str) -> None:
        self.command("WebDriver:Navigate", {"url": url})

    def evaluate(self, body: str, *arguments: Any) -> Any:
        return self.command(
            "WebDriver:ExecuteScript", {"script": body, "args": list(arguments), "sandbox": None}
        )

    def until(self, body: str, seconds: float = HANG_SECONDS) -> Any:
        end = time.monotonic() + seconds
        while not (found := self.evaluate(body)):
            assert time.monotonic() < end, body
            time.sleep(0.05)
        return found

    def pixels(self) -> np.ndarray:
        """Return the window's content, (H, W, 3) uint8."""
        encoded = self.command("WebDriver:TakeScreenshot", {"full": False})
        picture = Image.open(io.BytesIO(base64.b64decode(encoded)))
        return np.asarray(picture.convert("RGB"))

    def centres(self, selector: str, width: int, height: int) -> np.ndarray:
        """Return the colours at the centres of a picture's pixels, (H, W, 3)."""
        area = self.evaluate(
            "const a = document.querySelector(arguments[0]).getBoundingClientRect();"
            "return [a.x, a.y, a.width, a.height];",
            selector,
        )
        x = (area[0] + (np.arange(width) + 0.5) * area[2] / width).astype(int)
        y = (area[1] + (np.arange(height) + 0.5) * area[3] / height).astype(int)
        return self.pixels()[y[:, None], x[None]]

    def _read(self) -> Any:
        digits = b""
        while (byte := self._stream.read(1)) != b":":
            assert byte, "Firefox has closed the connection"
            digits += byte
        return json.loads(self._stream.read(int(digits)))


def _port_of(profile: Path) -> int:
    """The port that Firefox listens at, which it tells once it does."""
    told = profile / "MarionetteActivePort"
    end = time.monotonic() + HANG_SECONDS
    while not (told.exists() and told.read_text()):
        assert time.monotonic() < end, "Firefox does not answer"
        time.sleep(0.2)
    return int(told.read_text())


@contextlib.contextmanager
def running_firefox() -> Iterator[Firefox]:
    """Run a Firefox with a new profile until the block ends."""
    assert FIREFOX is not None
    with tempfile.TemporaryDirectory() as profile:
        Path(profile, "user.js").write_text('user_pref("marionette.port", 0);\n')  # a free one
        process = subprocess.Popen(
            [FIREFOX, "--headless", "--marionette", "--no-remote", "--profile", profile],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            address = ("127.0.0.1", _port_of(Path(profile)))
            with socket.create_connection(address, timeout=HANG_SECONDS) as connection:
                yield Firefox(connection)
        finally:
            process.terminate()
            process.wait(timeout=HANG_SECONDS)
