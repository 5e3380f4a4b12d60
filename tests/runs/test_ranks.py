"""Several processes of one job log into one run: each has its own history, the page has all."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wbimage_ext import Image, LocalRun, init
from wbimage_ext.export import export_run
from wbimage_ext.files import locks
from wbimage_ext.runs import history
from wbimage_ext.runs.ranks import rank_of
from wbimage_ext.view import write_page
from wbimage_ext.view.library import Library
from wbimage_ext.view.readers import find_runs, open_run

from ..scenario import check_run, rows_of

ROOT = Path(__file__).parents[2]
STEPS, RANKS = 5, 4

# What a rank does under torchrun: it gives no rank, and its environment has it.
SCRIPT = """
import os, sys
import numpy as np
import wbimage_ext
rank = int(os.environ["RANK"])
run = wbimage_ext.init(dir=sys.argv[1], name="job", config={"ranks": 4})
mask = {"truth": {"mask_data": np.eye(4, dtype=np.uint8), "class_labels": {1: f"line {rank}"}}}
for step in range(int(sys.argv[2])):
    pixels = np.full((4, 4), 10 * (step + 1) + rank, np.uint8)
    run.log({"loss": step + rank / 10, "sample": wbimage_ext.Image(pixels, masks=mask)})
    run.log({"val": {"seen": step}}, step=run.step)
    print(step, flush=True)
    if len(sys.argv) > 3:
        sys.stdin.readline()
run.finish()
"""


def start(folder: Path, rank: int, *more: str, steps: int = STEPS) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(folder), str(steps), *more],
        cwd=ROOT,
        env={**os.environ, "RANK": str(rank), "WORLD_SIZE": str(RANKS)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def ended(children: list[subprocess.Popen[str]]) -> list[int]:
    for child in children:
        child.communicate()
    return [child.returncode for child in children]


def picture(value: int) -> Image:
    return Image(np.full((4, 4), value, np.uint8))


def entries(page: str) -> dict[str, Any]:
    """Panels and numbers of entries of a written page, by its part of the run."""
    library = Library([page])
    (catalog,) = library.read_all()
    return catalog.part(0)


def pixels_by_rank(folder: Path) -> dict[str, list[int]]:
    """The gray value of each picture, by key, in the order of steps."""
    found: dict[str, list[int]] = {}
    run = open_run(folder)
    for row in sorted(run.rows(), key=lambda row: row["_step"]):
        for key, value in row.items():
            if key.endswith("sample"):
                data = (folder / value["path"]).read_bytes()
                found.setdefault(key, []).append(int(Image(data).to_data_array()[0][0]))
    assert not run.skipped
    return found


def expected_pixels(steps: int = STEPS) -> dict[str, list[int]]:
    keys = ["sample", *(f"rank {rank}/sample" for rank in range(1, RANKS))]
    return {key: [10 * (step + 1) + rank for step in range(steps)] for rank, key in enumerate(keys)}


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("job") / "run"
    children = [start(folder, rank) for rank in range(RANKS)]
    assert ended(children) == [0] * RANKS
    return folder


def test_each_rank_has_its_own_history(job: Path) -> None:
    for folder, rank in ((job, 0), *((job / f"ranks/{n}", n) for n in range(1, RANKS))):
        rows = rows_of(folder)
        assert [row["loss"] for row in rows if "loss" in row] == [n + rank / 10 for n in range(5)]
        assert json.loads((folder / "config.json").read_text())["ranks"] == 4
        assert (folder / "summary.json").is_file()
    assert sorted(path.name for path in (job / "ranks").iterdir()) == ["1", "2", "3"]
    assert not (job / "ranks/1/index.html").exists()
    check_run(job)


def test_readers_merge_them(job: Path) -> None:
    assert pixels_by_rank(job) == expected_pixels()
    about = open_run(job).about()
    assert about.name == "job"
    labels = about.config["_wandb"]["mask/class_labels"]
    assert labels["sample_wandb_delimeter_truth"]["value"] == {"1": "line 0"}
    assert labels["rank 2/sample_wandb_delimeter_truth"]["value"] == {"1": "line 2"}
    assert find_runs([job.parent]) == [job]


def test_the_page_has_all(job: Path) -> None:
    written = (job / "index.html").read_text()
    assert all(f"rank {rank}/sample" in written for rank in range(1, RANKS))
    part = entries(str(job))
    assert len(part["entries"]) == 2 * RANKS * STEPS
    assert {"loss", "rank 3/loss", "rank 3/val.seen"} <= set(part["metrics"])
    # The last one to end wrote it, after all the others.
    written_again = write_page(job, job.parent / "again").read_text()
    for row in (*rows_of(job), *rows_of(job / "ranks/3")):
        if "sample" in row:
            digest = row["sample"]["sha256"][:20]
            assert digest in written
            assert digest in written_again


def test_an_export_has_all(job: Path, tmp_path: Path) -> None:
    result = export_run(job, "folder", tmp_path / "out")
    assert result.pictures == RANKS * STEPS
    assert result.problems == []
    assert (tmp_path / "out/pictures/rank 2/sample/00000002.png").is_file()
    lines = (tmp_path / "out/scalars.csv").read_text().splitlines()
    assert [line.partition(",")[0] for line in lines[1:]] == [str(n) for n in range(STEPS + 1)]
    assert result.rows == STEPS + 1


def test_a_killed_rank_leaves_its_rows_and_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    children = [start(folder, rank, "wait", steps=3) for rank in range(RANKS)]
    for child in children:
        assert child.stdout is not None
        child.stdout.readline()
    children[2].kill()
    children[0].kill()
    for rank in (1, 3):
        children[rank].communicate("\n" * 3)
    for rank in (0, 2):
        children[rank].communicate()
        assert children[rank].returncode != 0
    found = pixels_by_rank(folder)
    assert {key: len(values) for key, values in found.items()} == {
        "sample": 1,
        "rank 1/sample": 3,
        "rank 2/sample": 1,
        "rank 3/sample": 3,
    }
    again = [start(folder, rank, steps=1) for rank in range(RANKS)]
    assert ended(again) == [0] * RANKS
    found = pixels_by_rank(folder)
    assert [len(values) for values in found.values()] == [2, 4, 2, 4]
    assert "rank 3/sample" in (folder / "index.html").read_text()


def test_a_page_follows_ranks_as_they_come(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with LocalRun(folder, rank=3) as third:
        third.log({"sample": picture(3)})
        library = Library([tmp_path])
        (run_id,) = library.ids()

        def panels() -> list[str]:
            with library.read(run_id) as catalog:
                assert catalog.reading == 1
                return [panel["key"] for panel in catalog.part(0)["panels"]]

        assert panels() == ["sample"], "of one rank alone"
        with LocalRun(folder, rank=1) as first:
            first.log({"sample": picture(1)})
            assert panels() == ["sample", "rank 3/sample"]
            with LocalRun(folder, rank=2) as second:
                second.log({"late": picture(2)})
                assert panels() == ["sample", "rank 3/sample", "rank 2/late"]
                first.log({"sample": picture(4)})
                with library.read(run_id) as catalog:
                    assert catalog.images == 4


def test_a_page_follows_a_run_that_more_ranks_join(tmp_path: Path) -> None:
    with LocalRun(tmp_path, rank=0) as zero:
        zero.log({"sample": picture(0)})
        library = Library([tmp_path])
        (run_id,) = library.ids()
        with library.read(run_id) as catalog:
            assert catalog.images == 1
        with LocalRun(tmp_path, rank=1) as one:
            one.log({"sample": picture(1)})
            with library.read(run_id) as catalog:
                assert catalog.images == 2
            one.log({"sample": picture(2)})
            with library.read(run_id) as catalog:
                assert catalog.images == 3


def test_whoever_ends_last_writes_the_page(tmp_path: Path) -> None:
    zero, one = (LocalRun(tmp_path, rank=rank) for rank in (0, 1))
    zero.log({"a": picture(1)})
    one.log({"b": picture(2)})
    one.finish()
    assert not (tmp_path / "index.html").exists(), "rank 0 will write it"
    zero.finish()
    assert "rank 1/b" in (tmp_path / "index.html").read_text()
    with LocalRun(tmp_path, rank=1) as one:
        one.log({"c": picture(3)})
    assert "rank 1/c" in (tmp_path / "index.html").read_text()


def test_the_page_is_written_where_rank_0_was_killed(tmp_path: Path) -> None:
    zero = start(tmp_path, 0, "wait")
    assert zero.stdout is not None
    zero.stdout.readline()
    with LocalRun(tmp_path, rank=1) as one:
        one.log({"a": picture(1)})
    assert not (tmp_path / "index.html").exists(), "rank 0 will write it"
    zero.kill()
    zero.communicate()
    with LocalRun(tmp_path, rank=2) as two:
        two.log({"b": picture(2)})
    written = (tmp_path / "index.html").read_text()
    assert "sample" in written
    assert "rank 1/a" in written
    assert "rank 2/b" in written


def test_nfs_locks_files_that_are_open_to_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    LocalRun(tmp_path, rank=0).finish()
    path = str(tmp_path / "history.jsonl")
    lock = locks.lock

    def lock_on_nfs(descriptor: int) -> None:
        os.write(descriptor, b"")  # EBADF where it is open to be read alone
        lock(descriptor)

    monkeypatch.setattr(locks, "lock", lock_on_nfs)
    assert not locks.is_locked(path)
    with LocalRun(tmp_path, rank=0):
        assert locks.is_locked(path)


def test_a_look_at_the_lock_of_rank_0_refuses_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    LocalRun(tmp_path, rank=0).finish()
    with open(tmp_path / "history.jsonl", "rb") as looked_at:
        locks.lock(looked_at.fileno())
        monkeypatch.setattr(time, "sleep", lambda seconds: looked_at.close())
        with LocalRun(tmp_path, rank=0) as zero:
            zero.log({"a": 1})


def test_a_rank_logs_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in programs whose last rank logs, or where each has a folder of its own."""
    monkeypatch.setenv("RANK", "3")
    monkeypatch.setenv("WORLD_SIZE", "4")
    with init(dir=tmp_path / "shared", name="the last") as run:
        run.log({"sample": picture(1)})
        assert run.dir == str(tmp_path / "shared")
    assert "the last" in (tmp_path / "shared/index.html").read_text()
    assert list(pixels_by_rank(tmp_path / "shared")) == ["sample"]
    assert find_runs([tmp_path]) == [tmp_path / "shared"]
    with init(dir=tmp_path / "shared", resume="must") as run:
        assert run.step == 1
    with pytest.raises(FileExistsError, match="never"):
        init(dir=tmp_path / "shared", resume="never")
    monkeypatch.chdir(tmp_path)
    with init() as run:
        run.log({"sample": picture(1)})
    assert (Path(run.dir) / "history.jsonl").is_file(), "nobody else can name its folder"
    with init(dir=tmp_path / "own", rank=0) as run:
        run.log({"sample": picture(1)})
    assert len(rows_of(tmp_path / "own")) == 1


@pytest.mark.parametrize(
    ("codes", "code"), [((0, 0), 0), ((0, 3), 3), ((3, 0), 3), ((3, 4), 3), ((0, None), None)]
)
def test_a_job_fails_where_a_rank_does(
    codes: tuple[int, int | None], code: int | None, tmp_path: Path
) -> None:
    runs = [LocalRun(tmp_path, rank=rank) for rank in range(2)]
    for run, ended_with in zip(runs, codes, strict=True):
        run.log({"a": 1})
        if ended_with is not None:
            run.finish(ended_with)
    (catalog,) = Library([tmp_path]).read_all()
    assert catalog.card()["exit"] == open_run(tmp_path).details().exit_code == code
    for run in runs:
        run.finish()


def test_a_rank_that_begins_first_is_no_run_for_rank_0(tmp_path: Path) -> None:
    with LocalRun(tmp_path, rank=2, resume="never") as two:
        two.log({"sample": picture(2)})
        with LocalRun(tmp_path, rank=0, resume="never") as zero:
            zero.log({"sample": picture(0)})
    assert list(pixels_by_rank(tmp_path)) == ["sample", "rank 2/sample"]


def test_the_files_that_another_rank_is_writing_stay(tmp_path: Path) -> None:
    part = tmp_path / f".{'0' * 24}.part"
    part.write_bytes(b"of another rank")
    with LocalRun(tmp_path, rank=0), LocalRun(tmp_path, rank=1):
        assert part.exists()
    with LocalRun(tmp_path):
        assert not part.exists(), "nobody else writes beside a run that logs alone"


def test_the_same_rank_twice_is_refused(tmp_path: Path) -> None:
    child = start(tmp_path, 1, "wait")
    assert child.stdout is not None
    child.stdout.readline()
    with pytest.raises(RuntimeError, match=r"another process is writing to .*ranks.1"):
        LocalRun(tmp_path, rank=1)
    child.kill()
    child.communicate()


def test_a_file_system_has_no_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(descriptor: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(history, "lock", refuse)
    monkeypatch.setattr(locks, "lock", refuse)
    with LocalRun(tmp_path, rank=0) as zero, LocalRun(tmp_path, rank=1) as one:
        zero.log({"sample": picture(3)})
        one.log({"sample": picture(4)})
    assert list(pixels_by_rank(tmp_path)) == ["sample", "rank 1/sample"]
    assert "rank 1/sample" in (tmp_path / "index.html").read_text()


def test_a_link_out_of_the_run_is_no_rank(tmp_path: Path) -> None:
    with LocalRun(tmp_path / "other") as run:
        run.log({"secret": 1})
    with LocalRun(tmp_path / "run") as run:
        run.log({"sample": picture(1)})
    (tmp_path / "run/ranks").mkdir()
    (tmp_path / "run/ranks/1").symlink_to(tmp_path / "other")
    assert [next(iter(row)) for row in open_run(tmp_path / "run").rows()] == ["sample"]


@pytest.mark.parametrize(
    ("environment", "rank"),
    [
        ({}, None),
        ({"RANK": "1"}, None),
        ({"RANK": "0", "WORLD_SIZE": "1"}, None),
        ({"RANK": "0", "WORLD_SIZE": "2"}, 0),
        ({"RANK": "5", "LOCAL_RANK": "1", "WORLD_SIZE": "8"}, 5),
        ({"LOCAL_RANK": "1", "WORLD_SIZE": "8", "NODE_RANK": "0"}, 1),
        ({"LOCAL_RANK": "1", "WORLD_SIZE": "8", "NODE_RANK": "2"}, None),
        ({"RANK": "x", "WORLD_SIZE": "2"}, None),
    ],
)
def test_the_rank_of_an_environment(environment: dict[str, str], rank: int | None) -> None:
    assert rank_of(None, is_shared=True, environment=environment) == rank
    assert rank_of(None, is_shared=False, environment=environment) is None
    assert rank_of(np.int64(2), is_shared=True, environment=environment) == 2


@pytest.mark.parametrize(
    ("rank", "kind", "said"),
    [
        (-1, ValueError, "rank must be 0 or more, not -1"),
        ("1", TypeError, "rank must be an integer, not '1'"),
        (3, ValueError, "rank=3 needs dir or id"),
    ],
)
def test_refusals(rank: Any, kind: type[Exception], said: str, tmp_path: Path) -> None:
    where = {} if rank == 3 else {"dir": tmp_path / "run"}
    with pytest.raises(kind, match=said):
        LocalRun(rank=rank, **where)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_torchrun(tmp_path: Path) -> None:
    pytest.importorskip("torch.distributed.run", reason="pip install torch")
    (tmp_path / "script.py").write_text(SCRIPT)
    began = time.monotonic()
    subprocess.run(
        [
            *(sys.executable, "-m", "torch.distributed.run", "--standalone"),
            *(f"--nproc-per-node={RANKS}", str(tmp_path / "script.py")),
            *(str(tmp_path / "run"), str(STEPS)),
        ],
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    print(f"torchrun with {RANKS} processes: {time.monotonic() - began:.1f} s")
    assert pixels_by_rank(tmp_path / "run") == expected_pixels()
    assert "rank 3/sample" in (tmp_path / "run/index.html").read_text()
