"""A server of `view --serve` in a process of its own, and plain HTTP requests to it."""

from __future__ import annotations

import contextlib
import http.client
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ..conftest import HANG_SECONDS


class Served:
    """A running server: its URL, its process, and what it answers."""

    def __init__(self, process: subprocess.Popen[str], url: str) -> None:
        self.process = process
        self.url = url
        parts = urlsplit(url)
        self.host, self.port, self.root = parts.hostname or "", parts.port or 0, parts.path

    def ask(
        self, path: str, method: str = "GET", host: str | None = None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        """Send one request for a path below the token, or for a whole one with a slash first."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=HANG_SECONDS)
        with contextlib.closing(connection):
            whole = path if path.startswith("/") else self.root + path
            connection.putrequest(method, whole, skip_host=True, skip_accept_encoding=True)
            connection.putheader("Host", host or f"{self.host}:{self.port}")
            for name, value in headers.items():
                connection.putheader(name.replace("_", "-"), value)
            connection.endheaders()
            response = connection.getresponse()
            content = response.read()
            return response.status, {k.lower(): v for k, v in response.getheaders()}, content

    def json(self, path: str) -> Any:
        status, _, content = self.ask(path)
        assert status == 200, content
        return json.loads(content)

    def changes(self, *runs: str, version: int = 0) -> Any:
        """Ask for what is new; a run is ``ID:EPOCH:VERSION``."""
        asked = "".join(f"&run={run}" for run in runs)
        return self.json(f"changes?list={version}{asked}")


@contextlib.contextmanager
def serve(
    *paths: Path, arguments: tuple[str, ...] = (), program: tuple[str, str] = ("-m", "wbimage_ext")
) -> Iterator[Served]:
    """Serve these paths until the block ends; the server must then end by itself."""
    command = [sys.executable, *program, "view", *map(str, paths), "--serve", *arguments]
    # A shell lets the commands that it starts in the background ignore interrupts, theirs too.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    )
    signal.signal(signal.SIGINT, before)
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        if not url.startswith("http://"):
            raise AssertionError(process.communicate(timeout=HANG_SECONDS))
        yield Served(process, url)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.communicate(timeout=HANG_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise
