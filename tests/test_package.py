"""The package as a whole: what an import costs, and what the build says."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import wbimage_ext

ROOT = Path(__file__).parent.parent


def run_python(code: str, **environment: str) -> str:
    finished = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env={**os.environ, **environment},
    )
    return finished.stdout.strip()


def test_import_brings_neither_wandb_nor_pillow() -> None:
    imported = run_python("import sys, wbimage_ext; print(*sys.modules)").split()
    assert not {"wandb", "PIL", "torch", "matplotlib", "multiprocessing"} & set(imported)


def test_making_and_logging_images_imports_nothing(tmp_path: Path) -> None:
    """A process that is forked while one of its threads imports would wait for that for ever."""
    code = """if True:
        import sys
        import numpy as np
        from wbimage_ext import Image, LocalRun

        before = set(sys.modules)
        pixels = np.zeros((9, 9, 3), np.uint8)
        masks = {"m": {"mask_data": pixels[..., 0]}}
        with LocalRun(sys.argv[1]) as run:
            run.log({"one": Image(pixels, masks=masks), "two": Image.from_batch(pixels[None])})
            print(*sorted(set(sys.modules) - before))
    """
    run = [sys.executable, "-c", code, str(tmp_path)]
    finished = subprocess.run(run, capture_output=True, text=True, check=True, cwd=ROOT)
    assert finished.stdout.strip() == ""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a forked child stages files anew")
def test_modules_that_another_thread_is_importing(tmp_path: Path) -> None:
    """They are in sys.modules from their first line on, with nothing in them."""
    code = """if True:
        import os, sys, types
        import numpy as np
        import wbimage_ext
        from wbimage_ext import image
        from wbimage_ext.files import memory
        from wbimage_ext.runs import script

        others = "PIL", "PIL.Image", "torch", "matplotlib", "multiprocessing.util", "IPython"
        for name in others:
            sys.modules[name] = types.ModuleType(name)
        memory.LIMIT_BYTES = memory._room = 0  # so that files are staged

        def use():
            made = image.Image(np.eye(9), masks={"m": {"mask_data": np.eye(9)}})
            assert made.to_data_array()[0][:2] == [255, 0]
            return made

        with wbimage_ext.init(dir=sys.argv[1]) as run:
            run.log({"k": use()})
            assert not script._is_notebook()
        child = os.fork()
        if child == 0:
            use()
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
    """
    run = [sys.executable, "-c", code, str(tmp_path)]
    finished = subprocess.run(run, capture_output=True, text=True, cwd=ROOT)
    assert (finished.returncode, finished.stderr) == (0, "")


def test_public_names_exist() -> None:
    for name in wbimage_ext.__all__:
        assert getattr(wbimage_ext, name) is not None


@pytest.mark.parametrize("disabled", ["avx512", "avx2", "sse2", "neon"])
def test_each_cpu_set_can_be_turned_off(disabled: str) -> None:
    code = "import wbimage_ext; print(wbimage_ext.build_info()['cpu'])"
    assert disabled not in run_python(code, WBIMAGE_CPU_DISABLE=disabled).split()


def test_an_unknown_cpu_set_is_named() -> None:
    code = "import warnings; warnings.simplefilter('error'); from wbimage_ext import _core"
    with pytest.raises(subprocess.CalledProcessError) as refused:
        run_python(code, WBIMAGE_CPU_DISABLE="avx2,foo")
    told = "WBIMAGE_CPU_DISABLE=avx2,foo names a set that is unknown; known are sse2 avx2"
    assert told in refused.value.stderr
    for known in ("", ",", "avx2, avx512", "neon"):
        run_python(code, WBIMAGE_CPU_DISABLE=known)


DIGEST_OF_FILES = """
import hashlib, numpy as np, wbimage_ext
from skimage import data
digest = hashlib.sha256()
random = np.random.default_rng(0)
for array in (data.astronaut(), data.camera(), data.astronaut()[..., :1].repeat(4, 2),
              data.camera() / 255, data.camera().astype('f4') - 99,
              random.integers(0, 256, (64, 65, 3), np.uint8), np.eye(300), data.camera() > 90,
              random.integers(0, 999, (99, 77))):
    digest.update(wbimage_ext.encode(array))
print(digest.hexdigest())
"""


def test_every_cpu_set_gives_the_same_bytes() -> None:
    disabled = ["", "avx512", "avx2", "sse2"]
    digests = {run_python(DIGEST_OF_FILES, WBIMAGE_CPU_DISABLE=names) for names in disabled}
    assert len(digests) == 1


def test_bytes_do_not_depend_on_what_memory_held() -> None:
    # glibc fills what it allocates with the complement of this byte.
    fillings = ["0", "85", "255"]
    digests = {run_python(DIGEST_OF_FILES, MALLOC_PERTURB_=filling) for filling in fillings}
    assert len(digests) == 1


@pytest.mark.source_tree
@pytest.mark.parametrize("library", ["LIBPNG", "LIBJPEG", "ZLIB"])
def test_a_missing_library_ends_the_build_with_one_line(library: str, tmp_path: Path) -> None:
    script = tmp_path / "pkg-config"
    script.write_text(
        f'#!/bin/sh\ncase "$*" in *{library.lower()}) exit 1;; esac\nexec pkg-config "$@"\n'
    )
    script.chmod(0o755)
    run = subprocess.run(
        [sys.executable, "setup.py", "--version"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PKG_CONFIG": str(script)},
    )
    assert run.returncode != 0
    (line,) = run.stderr.strip().splitlines()
    for word in (library.lower(), "Debian", "Fedora", "macOS", "conda", f"{library}_LIBS"):
        assert word in line
