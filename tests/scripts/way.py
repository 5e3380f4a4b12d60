"""Runs a training script of examples/ in one of two ways, and tells what wandb kept of a run.

python way.py alone SCRIPT        without wandb, and with its import alone changed
python way.py installed SCRIPT    with wandb, after install()
python way.py kept RUN            project, tags, ... and the script's own summary, as JSON
"""

import runpy
import sys
from pathlib import Path

IMPORT = "\nimport wandb\n"


def run_alone(script):
    sys.modules["wandb"] = None
    source = Path(script).read_text(encoding="utf-8")
    assert source.count(IMPORT) == 1
    source = source.replace(IMPORT, "\nimport wbimage_ext as wandb\n")
    exec(compile(source, script, "exec"), {"__name__": "__main__"})


def run_installed(script):
    import wbimage_ext

    wbimage_ext.install()
    runpy.run_path(script, run_name="__main__")


if __name__ == "__main__":
    way, script = sys.argv[1:]
    sys.argv[1:] = []
    {"alone": run_alone, "installed": run_installed}[way](script)
