"""The server: who gets an answer and who does not, and that it stays up whatever is asked."""

from __future__ import annotations

import concurrent.futures
import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ..conftest import A_PIPE, HANG_SECONDS
from .made_runs import GRAY, RunFolder, framed, history, image_row, wandb_folder
from .serving import Served, serve

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")


def a_run(root: Path, name: str = "a run", steps: int = 3) -> RunFolder:
    run = RunFolder(root, name)
    for step in range(steps):
        run.log(step, p=run.image(GRAY + step, f"media/images/p_{step}.png"), loss=1 / (step + 1))
    run.write()
    return run


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("served")
    (root / "secret.png").write_bytes(b"\x89PNG secret")
    runs = root / "runs"
    a_run(runs / "first")
    a_run(runs / "deep" / "second", "another")
    link_out = a_run(runs / "links", "links")
    link_out.log(
        9,
        out={"_type": "image-file", "path": "media/images/out.png", "width": 1, "height": 1},
        pipe={"_type": "image-file", "path": "media/images/pipe.png", "width": 1, "height": 1},
    )
    link_out.write()
    (runs / "links/media/images/out.png").symlink_to(root / "secret.png")
    if os.name != "nt":
        os.mkfifo(runs / "links/media/images/pipe.png")
    return runs


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Served]:
    with serve(folder) as served:
        yield served


def ids(server: Served) -> dict[str, str]:
    """Name -> id of the runs."""
    return {card["name"]: card["id"] for card in server.changes()["list"]["cards"]}


def part(server: Served, name: str) -> dict[str, object]:
    """All of a run; an answer has what was read in a moment, which may be less."""
    found = {"reading": 0}
    end = time.monotonic() + HANG_SECONDS
    while found["reading"] < 1:
        assert time.monotonic() < end, found
        (found,) = server.changes(f"{ids(server)[name]}:0:0")["runs"]
    return dict(found)


class TestAnswers:
    def test_the_page_and_its_headers(self, server: Served) -> None:
        status, headers, content = server.ask("")
        assert status == 200
        assert headers["content-type"].startswith("text/html")
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; img-src 'self' data:; style-src 'sha256-")
        assert "unsafe" not in policy
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-content-type-options"] == "nosniff"
        assert b'"served":true' in content

    def test_runs_parts_cells_series_axes_files(self, server: Served) -> None:
        listed = server.changes()["list"]
        assert sorted(card["name"] for card in listed["cards"]) == ["a run", "another", "links"]
        assert {card["place"] for card in listed["cards"]} == {"first", "deep/second", "links"}
        run = part(server, "another")
        assert run["entries"] == [0, 0, 0, 1, 0, 2]
        key = f"{run['id']}/{run['epoch']}"
        cells = server.json(f"cells/{key}/0")
        assert [images[0]["u"] for images in cells] == [f"media/images/p_{n}.png" for n in range(3)]
        metric = run["metrics"].index("loss")  # type: ignore[attr-defined]
        series = server.json(f"series/{key}?since=0&metric={metric}")["series"][str(metric)]
        assert series["steps"] == [0, 1, 2]
        assert series["means"] == [1, 0.5, 0.3333333]
        assert server.json(f"axis/{key}/{metric}")["values"] == [1, 0.5, 1 / 3]
        status, headers, content = server.ask(f"files/{run['id']}/media/images/p_1.png")
        assert (status, headers["content-type"]) == (200, "image/png")
        assert content.startswith(b"\x89PNG")
        assert "sandbox" in headers["content-security-policy"]

    def test_what_is_known_is_not_sent_again(self, server: Served) -> None:
        listed: dict[str, Any] = {"cards": [{"reading": 0}]}
        end = time.monotonic() + HANG_SECONDS
        while any(card["reading"] < 1 for card in listed["cards"]):
            assert time.monotonic() < end, listed
            run = part(server, "a run")  # which reads on in the others
            listed = server.changes()["list"]
        again = server.changes(
            f"{run['id']}:{run['epoch']}:{run['version']}", version=listed["version"]
        )
        assert again == {"list": None, "runs": []}

    def test_long_answers_are_compressed_where_that_is_understood(self, tmp_path: Path) -> None:
        run = RunFolder(tmp_path)
        image = run.image(GRAY, "media/images/p.png")
        for step in range(900):
            run.log(step, p=image)
        run.write()
        with serve(tmp_path) as server:
            run_id = ids(server)["a run"]
            path = f"changes?run={run_id}:0:0"
            while server.json(path)["runs"][0]["reading"] < 1:
                pass
            _, headers, packed = server.ask(path, accept_encoding="gzip")
            assert headers["content-encoding"] == "gzip"
            _, headers, plain = server.ask(path)
            assert "content-encoding" not in headers
            assert len(packed) < len(plain) / 2

    def test_the_url_may_lack_the_slash_at_its_end(self, server: Served) -> None:
        status, headers, _ = server.ask(server.root.removesuffix("/"))
        assert (status, headers["location"]) == (307, server.root)

    def test_head_is_answered_without_a_body(self, server: Served) -> None:
        status, headers, content = server.ask("", method="HEAD")
        assert (status, content) == (200, b"")
        assert int(headers["content-length"]) > 10_000


class TestRefusals:
    @pytest.mark.parametrize("path", ["/", "/x/", "/favicon.ico", "/x/changes", "//", "/%00/"])
    def test_a_wrong_token(self, server: Served, path: str) -> None:
        status, headers, content = server.ask(path)
        assert status == 404
        assert b"run" not in content
        assert "sandbox" in headers["content-security-policy"]

    def test_tokens_are_long_and_new_each_time(self, server: Served, folder: Path) -> None:
        token = server.root.strip("/")
        assert len(token) >= 32
        with serve(folder) as other:
            assert other.root.strip("/") != token
            status, _, _ = other.ask(server.root)
            assert status == 404

    @pytest.mark.parametrize(
        "host",
        ["evil.example", "evil.example:80", "localhost.evil.example", "", "127.0.0.1.nip.io"],
    )
    def test_a_host_that_is_not_this_machine(self, server: Served, host: str) -> None:
        status, _, content = server.ask("changes", host=host or "-")
        assert status == 403
        assert b"is not this machine's" in content

    @pytest.mark.parametrize("host", ["localhost:9999", "127.0.0.1", "[::1]:80", "LOCALHOST"])
    def test_this_machine_through_a_tunnel_of_another_port(self, server: Served, host: str) -> None:
        assert server.ask("changes", host=host)[0] == 200

    @pytest.mark.parametrize(
        "headers",
        [
            {"origin": "http://evil.example"},
            {"origin": "null"},
            {"origin": "https://127.0.0.1"},
            {"sec_fetch_site": "cross-site"},
            {"sec_fetch_site": "same-site"},
        ],
    )
    def test_another_sites_page(self, server: Served, headers: dict[str, str]) -> None:
        assert server.ask("changes", **headers)[0] == 403

    def test_a_link_to_the_page_may_stand_on_any_site(self, server: Served) -> None:
        headers = {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate"}
        assert server.ask("", **headers, sec_fetch_dest="document")[0] == 200
        assert server.ask("", **headers, sec_fetch_dest="iframe")[0] == 403
        assert server.ask("", **{**headers, "sec_fetch_mode": "no-cors"})[0] == 403

    def test_its_own_page(self, server: Served) -> None:
        origin = f"http://{server.host}:{server.port}"
        assert server.ask("changes", origin=origin, sec_fetch_site="same-origin")[0] == 200

    @pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
    def test_nothing_can_be_written(self, server: Served, method: str) -> None:
        assert server.ask("", method=method)[0] == 405

    @pytest.mark.parametrize(
        "path",
        [
            "../secret.png",
            "..%2fsecret.png",
            "%2e%2e/secret.png",
            "media/../../secret.png",
            "media/images/../../history.jsonl",
            "history.jsonl",
            "config.json",
            "media/images/",
            "media/images/p_1.png/",
            "media/images/p_1.png%00",
            "/etc/passwd",
            "%2fetc%2fpasswd",
            "file:///etc/passwd",
            "media\\images\\p_1.png",
            "",
        ],
    )
    def test_paths_that_no_run_names(self, server: Served, path: str) -> None:
        for run_id in ids(server).values():
            status, _, content = server.ask(f"files/{run_id}/{path}")
            assert status == 404
            assert b"secret" not in content
            assert b"root:" not in content

    @pytest.mark.parametrize("name", ["out", A_PIPE])
    def test_links_that_lead_out_and_pipes(self, server: Served, name: str) -> None:
        run = part(server, "links")
        assert server.ask(f"files/{run['id']}/media/images/{name}.png")[0] == 404

    @pytest.mark.parametrize(
        "path",
        [
            "nothing",
            "changes?list=x",
            "changes?run=x",
            "changes?run=x:1:2",
            "cells",
            "cells/x/1/2",
            "cells/{id}/0/0",
            "cells/{id}/{epoch}/99999",
            "cells/{id}/{epoch}/x",
            "cells/{id}/{epoch}/0/more",
            "series/{id}/{epoch}?metric=99",
            "series/{id}/{epoch}?metric=x&since=y",
            "axis/{id}/{epoch}/77",
            "axis/{id}/{epoch}",
            "files/{id}",
            "files",
        ],
    )
    def test_requests_that_make_no_sense(self, server: Served, path: str) -> None:
        run = part(server, "a run")
        status, _, _ = server.ask(path.format(id=run["id"], epoch=run["epoch"]))
        assert status in (200, 404)
        assert (status == 200) == (path == "changes?run=x:1:2")

    def test_urls_of_any_length(self, server: Served) -> None:
        assert server.ask("files/x/" + "a/" * 10_000)[0] == 404
        with contextlib.suppress(ConnectionError):  # it is closed before all of it is read
            assert server.ask("a" * 200_000)[0] == 400
        assert server.ask("")[0] == 200

    def test_a_target_without_a_slash(self, server: Served) -> None:
        address = server.host, server.port
        with socket.create_connection(address, timeout=HANG_SECONDS) as connection:
            host = f"{server.host}:{server.port}"
            connection.sendall(f"GET * HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
            assert connection.recv(12) == b"HTTP/1.1 404"

    def test_garbage_and_half_a_request(self, server: Served) -> None:
        for garbage in (
            b"\0" * 100,
            b"GET\r\n\r\n",
            b"\x16\x03\x01\x02\0",
            b"GET / HTTP/9.9\r\n\r\n",
        ):
            with socket.create_connection(
                (server.host, server.port), timeout=HANG_SECONDS
            ) as connection:
                connection.sendall(garbage)
        assert server.ask("")[0] == 200


class TestManyClients:
    def test_fifty_at_once(self, server: Served) -> None:
        run = part(server, "a run")
        paths = [
            "",
            "changes",
            f"changes?run={run['id']}:0:0",
            f"cells/{run['id']}/{run['epoch']}/0",
        ]
        paths += [f"files/{run['id']}/media/images/p_{n}.png" for n in range(3)]
        expected = {path: server.ask(path)[2] for path in paths if not path.startswith("changes")}

        def client(number: int) -> int:
            for turn in range(14):
                path = paths[(number + turn) % len(paths)]
                status, _, content = server.ask(path)
                assert status == 200
                assert content == expected.get(path, content)
            return turn

        with concurrent.futures.ThreadPoolExecutor(50) as pool:
            assert list(pool.map(client, range(50))) == [13] * 50

    def test_the_body_of_an_answer_waits_for_no_confirmation(self, folder: Path) -> None:
        """Linux confirms the head of an answer after 40 ms: what is sent next must not wait."""
        program = (
            "import socket, sys\n"
            "from wbimage_ext.commands import main\n"
            "from wbimage_ext.view.server import _Connection\n"
            "answer = _Connection.data_received\n"
            "def look_and_answer(self, data):\n"
            "    connection = self.transport.get_extra_info('socket')\n"
            "    no_delay = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)\n"
            "    print('no delay:', no_delay != 0, file=sys.stderr)\n"
            "    answer(self, data)\n"
            "_Connection.data_received = look_and_answer\n"
            "sys.exit(main())\n"
        )
        with serve(folder, program=("-c", program)) as served:
            assert served.ask("")[0] == 200
            served.process.send_signal(signal.SIGINT)
            assert "no delay: True" in served.process.communicate(timeout=HANG_SECONDS)[1]

    def test_connections_that_ask_for_nothing(self, server: Served) -> None:
        silent = [socket.create_connection((server.host, server.port)) for _ in range(200)]
        try:
            for connection in silent[:100]:
                connection.sendall(f"GET {server.root} HTTP/1.1\r\nHost: 127".encode())
            assert server.ask("")[0] == 200
            silent[-1].settimeout(HANG_SECONDS)
            assert silent[-1].recv(1) == b""  # it is closed in the end
        finally:
            for connection in silent:
                connection.close()


class TestGrowth:
    def wait(self, server: Served, run_id: str, version: int, epoch: int) -> dict[str, object]:
        end = time.monotonic() + HANG_SECONDS
        while time.monotonic() < end:
            found = server.changes(f"{run_id}:{epoch}:{version}")["runs"]
            if found and found[0]["reading"] == 1:
                return dict(found[0])
            time.sleep(0.1)
        raise AssertionError("nothing new came")

    def test_rows_and_runs_that_come_and_go(self, tmp_path: Path) -> None:
        run = a_run(tmp_path / "first")
        with serve(tmp_path) as server:
            before = part(server, "a run")
            run.log(3, p=run.image(GRAY, "media/images/p_3.png"), q=run.image(GRAY, "media/q.png"))
            run.write()
            after = self.wait(
                server, str(before["id"]), int(str(before["version"])), int(str(before["epoch"]))
            )
            assert after["start"] == 3
            assert after["entries"] == [0, 3, 1, 3]
            assert [panel["key"] for panel in after["panels"]] == ["p", "q"]  # type: ignore[attr-defined]
            a_run(tmp_path / "second", "new")
            end = time.monotonic() + HANG_SECONDS
            while "new" not in ids(server) and time.monotonic() < end:
                time.sleep(0.1)
            assert "new" in ids(server)
            for path in sorted((tmp_path / "first").rglob("*"), reverse=True):
                path.unlink() if path.is_file() else path.rmdir()
            (tmp_path / "first").rmdir()
            while "a run" in ids(server) and time.monotonic() < end:
                time.sleep(0.1)
            assert "a run" not in ids(server)
            assert server.ask(f"files/{before['id']}/media/images/p_1.png")[0] == 404

    def test_a_run_that_is_written_anew(self, tmp_path: Path) -> None:
        a_run(tmp_path / "run", steps=5)
        with serve(tmp_path / "run") as server:
            before = part(server, "a run")
            (tmp_path / "run/history.jsonl").unlink()
            a_run(tmp_path / "run", steps=1)
            after = self.wait(
                server, str(before["id"]), int(str(before["version"])), int(str(before["epoch"]))
            )
            assert after["epoch"] != before["epoch"]
            assert after["entries"] == [0, 0]

    def test_a_half_written_line_is_read_once_it_is_whole(self, tmp_path: Path) -> None:
        run = a_run(tmp_path / "run")
        file = tmp_path / "run/history.jsonl"
        run.log(7, p=run.image(GRAY, "media/images/p_7.png"))
        run.write()
        whole = file.read_bytes()
        cut = whole[: len(whole) - 30]
        file.write_bytes(cut)
        with serve(tmp_path / "run") as server:
            before = part(server, "a run")
            assert before["entries"] == [0, 0, 0, 1, 0, 2]
            assert before["notes"] == ["1 \u00d7 unfinished line at the end skipped"]
            with file.open("ab") as opened:
                opened.write(whole[len(cut) :])
            after = self.wait(
                server, str(before["id"]), int(str(before["version"])), int(str(before["epoch"]))
            )
            assert after["entries"] == [0, 7]
            assert after["notes"] == []

    def test_a_wandb_run_file_that_grows_byte_by_byte(self, tmp_path: Path) -> None:
        rows = [image_row(step, note="x" * 20_000) for step in range(6)]
        content = framed([history(row) for row in rows])
        folder = wandb_folder(tmp_path, b"")
        file = folder / "run-abc.wandb"
        from wbimage_ext.view.catalog import Catalog
        from wbimage_ext.view.readers import open_run

        file.write_bytes(content[:3])
        catalog = Catalog(open_run(folder), "here")
        random = np.random.default_rng(1)
        at = 3
        seen = []
        while at < len(content):
            more = int(random.integers(1, 9000))
            with file.open("ab") as opened:
                opened.write(content[at : at + more])
            at += more
            catalog.read()
            assert not catalog.run.is_replaced()
            seen.append(len(catalog.part(0)["entries"]) // 2)
        assert seen[-1] == 6
        assert seen == sorted(seen)
        assert catalog.part(0)["notes"] == []


class TestCommand:
    def command(self, *arguments: str) -> tuple[int, str, str]:
        done = subprocess.run(
            [sys.executable, "-m", "wbimage_ext", "view", *arguments],
            capture_output=True,
            text=True,
            timeout=HANG_SECONDS,
        )
        return done.returncode, done.stdout, done.stderr

    def test_the_url_and_the_tunnel(self, folder: Path) -> None:
        with serve(folder) as served:
            assert re.fullmatch(r"http://127\.0\.0\.1:\d+/[\w-]{32,}/", served.url)
            assert served.process.stderr is not None
            told = served.process.stderr.readline()
            served.process.send_signal(signal.SIGINT)
            told += served.process.communicate(timeout=HANG_SECONDS)[1]
            assert f"ssh -N -L {served.port}:127.0.0.1:{served.port} " in told
            assert "Traceback" not in told
            assert served.root.strip("/") not in told

    def test_an_interrupt_as_soon_as_the_url_is_told(self, folder: Path) -> None:
        """Making the loop takes long here: an interrupt may not find it half made."""
        program = (
            "import asyncio, sys, time\n"
            "set_up = asyncio.SelectorEventLoop.__init__\n"
            "def slowly(self, *arguments):\n"
            "    time.sleep(1)\n"
            "    set_up(self, *arguments)\n"
            "asyncio.SelectorEventLoop.__init__ = slowly\n"
            "from wbimage_ext.commands import main\n"
            "sys.exit(main())\n"
        )
        with serve(folder, program=("-c", program)) as served:
            served.process.send_signal(signal.SIGINT)
            told = served.process.communicate(timeout=HANG_SECONDS)[1]
            assert served.process.returncode == 0
            assert "Traceback" not in told

    def test_at_every_address(self, folder: Path) -> None:
        with serve(folder, arguments=("--host", "0.0.0.0")) as served:
            name = socket.gethostname()
            assert served.url.startswith(f"http://{name}:")
            served.host = "127.0.0.1"
            for host in (name, f"{name}:{served.port}", "192.0.2.7", socket.getfqdn()):
                assert served.ask("changes", host=host)[0] == 200
            assert served.ask("changes", host="evil.example")[0] == 403

    def test_a_busy_port(self, folder: Path, server: Served) -> None:
        code, out, told = self.command(str(folder), "--serve", "--port", str(server.port))
        assert (code, out) == (1, "")
        assert f"port {server.port} of 127.0.0.1 is in use; give another --port" in told
        assert "Traceback" not in told

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (["--host", "192.0.2.1"], "192.0.2.1 is no address of this machine"),
            (["--host", "no.such.host.invalid"], "--host no.such.host.invalid: "),
            (["--port", "70000"], "--port must be 0 to 65535, not 70000"),
            (["--port", "-1"], "--port must be 0 to 65535, not -1"),
            (["--output", "x"], "--output is for a page on disk; --serve writes none"),
        ],
    )
    def test_addresses_that_cannot_be(self, folder: Path, arguments: list[str], said: str) -> None:
        code, out, told = self.command(str(folder), "--serve", *arguments)
        assert (code, out) == (1, "")
        assert said in told
        assert "Traceback" not in told

    def test_without_the_server_library(self, folder: Path) -> None:
        code = (
            "import sys; sys.modules['uvicorn'] = None; from wbimage_ext.commands import main;"
            f"sys.exit(main(['view', {str(folder)!r}, '--serve']))"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert done.returncode == 1
        assert "view --serve needs uvicorn. To get it, run: pip install" in done.stderr

    def test_an_empty_folder_may_fill_while_it_is_served(self, tmp_path: Path) -> None:
        with serve(tmp_path) as served:
            assert served.changes()["list"] is None
            a_run(tmp_path / "late")
            end = time.monotonic() + HANG_SECONDS
            while not (listed := served.changes()["list"]) and time.monotonic() < end:
                time.sleep(0.1)
            assert json.dumps(listed).count('"a run"') == 1
