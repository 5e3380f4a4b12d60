"""Serves the page of runs that may still be growing: read-only, to whoever has the token.

In: a Library and an address. Out: HTTP. Every URL begins with a random token. The Host must name
this machine, so that no other site's name can be made to lead here, and a request that comes from
a page must come from this one. Only GET and HEAD are answered, and only files that a run names as
its pictures are given out, from inside the run's folder.

URLs below `/TOKEN/`; the JSON is that of catalog.py::

    (nothing)                                  the page
    changes?list=VERSION&run=ID:EPOCH:VERSION  {"list": what changed or null, "runs": [part, ...]}
    cells/ID/EPOCH/BLOCK                       a block of cells
    series/ID/EPOCH?since=VERSION&metric=N     {N: series, ...}; metric may come again
    axis/ID/EPOCH/METRIC                       an axis
    files/ID/URL                               a file of the run
"""

from __future__ import annotations

import contextlib
import errno
import getpass
import gzip
import hmac
import ipaddress
import json
import secrets
import socket
from collections.abc import Callable, Iterator
from typing import Any

from .catalog import Catalog
from .library import Library
from .page import served_page
from .safe import image_type

try:
    import uvicorn
    from starlette.requests import Request
    from starlette.responses import RedirectResponse, Response
    from uvicorn.protocols.http.h11_impl import H11Protocol
except ImportError as missing:
    raise ImportError(
        f"view --serve needs {missing.name}. To get it, run: pip install starlette uvicorn. "
        "Without it, view writes a page that needs no server"
    ) from missing

FIRST_REQUEST_SECONDS = 10  # a connection that has asked for nothing by then is closed
READ_SECONDS = 0.1  # the first picture of a long run does not wait for its last row
READ_OTHERS_SECONDS = 0.3
MOST_RUNS_ASKED = 32
MOST_METRICS_ASKED = 256
MOST_FILE_BYTES = 512 * 1024 * 1024
GZIP_BYTES = 4096  # a shorter answer gains nothing

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}
EVERY_ADDRESS = ("0.0.0.0", "::", "")
NOTHING_RUNS = "default-src 'none'; sandbox"


class RefusedError(Exception):
    """A request that is not answered, with its HTTP status."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class ViewServer:
    """The server of a library at an address; the socket is open once this is made.

    Attributes:
        url: what to open.
        port: the one that was asked for, or the one that was free.

    Raises:
        OSError: the address cannot be used; the message says what would help.
    """

    def __init__(self, library: Library, host: str = "127.0.0.1", port: int = 0) -> None:
        self._library = library
        self._host = host
        self._socket = _listen(host, port)
        self.port = self._socket.getsockname()[1]
        self._token = secrets.token_urlsafe(24)
        shown = f"[{host}]" if ":" in host else host
        if host in EVERY_ADDRESS:
            shown = socket.gethostname()
        self.url = f"http://{shown}:{self.port}/{self._token}/"
        self._names = {"localhost", host.lower(), socket.gethostname().lower()}
        if host in EVERY_ADDRESS:
            self._names.add(socket.getfqdn().lower())
        self._page, self._policy = served_page()

    @property
    def tunnel(self) -> str:
        """The command that brings the server to another machine, where the same URL opens it."""
        try:
            user = getpass.getuser()
        except (KeyError, OSError, ImportError):  # a container's user without a name
            user = "USER"
        target = "127.0.0.1" if self._host in EVERY_ADDRESS else self._host
        if ":" in target:
            target = f"[{target}]"
        return f"ssh -N -L {self.port}:{target}:{self.port} {user}@{socket.gethostname()}"

    def run(self, ready: Callable[[], None]) -> None:
        """Serve until the process is interrupted; `ready` is called once it can be."""
        config = uvicorn.Config(
            self.answer,
            interface="asgi3",
            http=_Connection,
            log_config=None,  # the log would hold the token
            access_log=False,
            lifespan="off",
            ws="none",
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=30,
            timeout_graceful_shutdown=1,
        )
        _Server(config, ready).run(sockets=[self._socket])

    async def answer(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request; an ASGI application."""
        from starlette.concurrency import run_in_threadpool

        request = Request(scope, receive)
        try:
            response = await run_in_threadpool(self._answer, request)
        except RefusedError as refused:
            response = Response(f"{refused}\n", refused.status, media_type="text/plain")
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Content-Security-Policy", NOTHING_RUNS)
        await response(scope, receive, send)

    def _answer(self, request: Request) -> Response:
        self._check_source(request)
        if request.method not in ("GET", "HEAD"):
            raise RefusedError(405, "only GET and HEAD are answered")
        # The path as it came: what is percent-encoded in it stays one segment.
        raw = request.scope.get("raw_path") or b""
        # What comes before the first slash is nothing, but for targets such as `*`.
        _, _, path = raw.decode("latin-1").partition("?")[0].partition("/")
        token, *segments = path.split("/")
        if not hmac.compare_digest(token.encode("latin-1"), self._token.encode()):
            raise RefusedError(404, "no such page; is this the URL that the command printed?")
        if not segments:
            # The addresses in the page are relative: they need the slash at the end.
            return RedirectResponse(f"/{self._token}/")
        name, *rest = segments
        answers: dict[str, Callable[..., Response]] = {
            "": self._give_page,
            "changes": self._give_changes,
            "cells": self._give_cells,
            "series": self._give_series,
            "axis": self._give_axis,
            "files": self._give_file,
        }
        try:
            return answers[name](request, *rest)
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise RefusedError(404, "there is nothing here") from error

    def _check_source(self, request: Request) -> None:
        """Refuse what another site's page, or another site's name for this machine, asks for."""
        host = request.headers.get("host", "")
        name = _name_of(host)
        if name not in self._names and not _is_address(name):
            raise RefusedError(403, f"the Host {name!r} is not this machine's")
        origin = request.headers.get("origin")
        if origin is not None and origin != f"http://{host}":
            raise RefusedError(403, "the request comes from another site")
        if request.headers.get("sec-fetch-site", "none") in ("none", "same-origin"):
            return
        # A link to the page may stand anywhere, a terminal in the browser for instance.
        if request.headers.get("sec-fetch-mode") != "navigate":
            raise RefusedError(403, "the request comes from another site")
        if request.headers.get("sec-fetch-dest") != "document":
            raise RefusedError(403, "the page is not for frames of other sites")

    def _give_page(self, request: Request) -> Response:
        response = Response(self._page, media_type="text/html")
        response.headers["Content-Security-Policy"] = self._policy
        return response

    def _give_changes(self, request: Request) -> Response:
        self._library.scan()
        parts = []
        asked = request.query_params.getlist("run")[:MOST_RUNS_ASKED]
        for run_id, epoch, version in (each.split(":") for each in asked):
            # It has vanished, or can no longer be read: the list says so.
            with (
                contextlib.suppress(KeyError, OSError, ValueError),
                self._library.read(run_id, READ_SECONDS / len(asked)) as catalog,
            ):
                known = int(version) if int(epoch) == catalog.epoch else 0
                if known != catalog.version or catalog.reading < 1:
                    parts.append(catalog.part(known))
        if asked and all(part["reading"] == 1 for part in parts):
            self._library.read_unread(READ_OTHERS_SECONDS)
        listed = self._library.listed(int(request.query_params.get("list", 0)))
        return _json(request, json.dumps({"list": listed, "runs": parts}, allow_nan=False))

    def _give_cells(self, request: Request, run_id: str, epoch: str, block: str) -> Response:
        with self._catalog(run_id, epoch) as catalog:
            cells = catalog.cells(int(block))
        return _json(request, cells)

    def _give_series(self, request: Request, run_id: str, epoch: str) -> Response:
        since = int(request.query_params.get("since", 0))
        metrics = request.query_params.getlist("metric")[:MOST_METRICS_ASKED]
        with self._catalog(run_id, epoch) as catalog:
            series = {metric: catalog.series(int(metric), since) for metric in metrics}
            answer = {"version": catalog.version, "series": series}
        return _json(request, json.dumps(answer, allow_nan=False))

    def _give_axis(self, request: Request, run_id: str, epoch: str, metric: str) -> Response:
        with self._catalog(run_id, epoch) as catalog:
            axis = catalog.axis(int(metric))
        return _json(request, json.dumps(axis, allow_nan=False))

    def _give_file(self, request: Request, run_id: str, *segments: str) -> Response:
        file = self._library.file(run_id, "/".join(segments))
        try:
            content = file.read(MOST_FILE_BYTES)
        except (OSError, ValueError, RuntimeError) as error:  # or a loop of links
            raise RefusedError(404, "the file is not there, or is no regular file") from error
        kind = image_type(content)
        response = Response(content, media_type=kind or "application/octet-stream")
        # A picture's name has its digest; a file that is written anew has another one.
        response.headers["Cache-Control"] = "private, max-age=3600"
        if kind is None:
            response.headers["Content-Disposition"] = "attachment"
        return response

    @contextlib.contextmanager
    def _catalog(self, run_id: str, epoch: str) -> Iterator[Catalog]:
        with self._library.opened(run_id) as catalog:
            if catalog.epoch != int(epoch):
                raise KeyError(epoch)
            yield catalog


class _Server(uvicorn.Server):
    """A server that tells when an interrupt ends it in order.

    Before that, one could come while asyncio sets up its loop, which would leave a traceback.
    """

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()


class _Connection(H11Protocol):
    """A connection that answers at once, and is closed if it asks for nothing."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        # The head and the body of an answer are two writes. Without this the body waits until the
        # browser has confirmed the head, which takes up to 40 ms. asyncio leaves it out for sockets
        # that were made without naming the protocol.
        connection = transport.get_extra_info("socket")
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
        self.loop.call_later(FIRST_REQUEST_SECONDS, self._close_if_silent)

    def _close_if_silent(self) -> None:
        if self.cycle is None and not self.transport.is_closing():
            self.transport.close()


def _listen(host: str, port: int) -> socket.socket:
    if not 0 <= port <= 65535:
        raise ValueError(f"--port must be 0 to 65535, not {port}")
    try:
        family = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=128)
    except socket.gaierror as error:
        raise OSError(error.errno, f"--host {host}: {error.strerror}") from error
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            reason = f"port {port} of {host} is in use; give another --port, or 0 for a free one"
        elif error.errno == errno.EACCES:
            reason = f"port {port} of {host} is not yours to use; give one from 1024 on"
        elif error.errno == errno.EADDRNOTAVAIL:
            reason = f"{host} is no address of this machine; give --host 127.0.0.1 or 0.0.0.0"
        else:
            reason = f"cannot listen at {host}, port {port}: {error.strerror}"
        raise OSError(error.errno, reason) from error


def _name_of(host: str) -> str:
    """A Host header without its port and brackets, in small letters."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].lower()


def _is_address(name: str) -> bool:
    """Whether a name is an IP address: no site can make one lead elsewhere."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _json(request: Request, text: str) -> Response:
    content = text.encode()
    response = Response(media_type="application/json")
    if len(content) >= GZIP_BYTES and "gzip" in request.headers.get("accept-encoding", ""):
        content = gzip.compress(content, 1)
        response.headers["Content-Encoding"] = "gzip"
        response.headers["Vary"] = "Accept-Encoding"
    response.body = content
    response.headers["Content-Length"] = str(len(content))
    return response
