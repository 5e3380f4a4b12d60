"""A program that takes images through everything of wandb's that touches them.

    python program.py {wandb,ours,installed} RESULT.json

The same calls with wandb's class, with ours, or with wandb's after install(). All pixels are uint8
with values over 1, which every version leaves as they are. What came of it goes to RESULT.json.
"""

import copy
import json
import os
import pickle
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
import read_run
from PIL import Image as PILImage

_LABELS = {0: "sky", 1: "tree", 2: "cat"}
_CLASSES = [{"id": number, "name": name} for number, name in _LABELS.items()]


def pixels(height=12, width=10, channels=3, seed=0):
    shape = (height, width, channels) if channels else (height, width)
    array = np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)
    array.flat[0] = 200
    return array


def boxes(labels=True):
    box_data = [
        {
            "position": {"minX": 0.1, "maxX": 0.5, "minY": 0.2, "maxY": 0.6},
            "class_id": 1,
            "box_caption": "a tree",
            "scores": {"acc": 0.5, "loss": 2},
        },
        {
            "position": {"middle": [3, 4], "width": 2, "height": 2},
            "domain": "pixel",
            "class_id": 2,
        },
    ]
    return {"box_data": box_data, **({"class_labels": _LABELS} if labels else {})}


def mask(labels=True, seed=0):
    data = np.random.default_rng(seed).integers(0, 3, (12, 10), dtype=np.uint8)
    return {"mask_data": data, **({"class_labels": _LABELS} if labels else {})}


class Program:
    def __init__(self, wandb, image_class, directory: Path) -> None:
        self.wandb = wandb
        self.Image = image_class
        self.directory = directory
        self.said: dict = {}

    def overlaid(self, seed=0, labels=True, **more):
        return self.Image(
            pixels(seed=seed),
            masks={"truth": mask(labels, seed), "guess": mask(labels, seed + 1)},
            boxes={"found": boxes(labels)},
            **more,
        )

    # What is logged.

    def log_images(self, run) -> None:
        image = self.Image
        run.log({"alone": image(pixels())})
        run.log({"described": image(pixels(seed=1), caption="a cat", grouping=3)})
        run.log(
            {"empty caption": image(pixels(), caption=""), "group 0": image(pixels(), grouping=0)}
        )
        run.log({f"mode {c}": image(pixels(channels=c, seed=c)) for c in (0, 3, 4)})
        run.log({"L": image(pixels(channels=1))})
        for file_type in ("png", "jpg", "jpeg", "bmp"):
            run.log({file_type: image(pixels(), file_type=file_type)})
        run.log({"list": [image(pixels(seed=n), caption=f"n{n}") for n in range(3)]})
        run.log({"tuple": tuple(image(pixels(seed=n)) for n in range(3))})
        run.log({"captions in part": [image(pixels(), caption="first"), image(pixels(seed=1))]})
        run.log({"one of a list": [image(pixels())]})
        run.log({"sizes": [image(pixels(8, 9)), image(pixels(9, 8))]})
        run.log({"nested": {"deep": {"er": image(pixels(seed=4))}, "list": [image(pixels())]}})
        run.log({"with/slash/es": image(pixels()), "with/slash/list": [image(pixels())]})
        run.log({"glob [*]?": [image(pixels()), image(pixels(seed=1))], "[x]": image(pixels())})
        run.log({"many": [image(pixels(4, 4, seed=n)) for n in range(111)]})
        run.log({"number": 1.5})

    def log_other_sources(self, run) -> None:
        image = self.Image
        run.log({"pillow": image(PILImage.fromarray(pixels()))})
        run.log({"pillow modes": image(PILImage.fromarray(pixels()).convert("P"))})
        path = self.directory / "source.png"
        PILImage.fromarray(pixels(seed=9)).save(path)
        from_path = image(str(path), caption="from a path")
        run.log({"path": from_path, "paths": [image(str(path)), image(pixels())]})
        run.log({"of another": image(image(pixels(), caption="kept"), grouping=2)})
        again = image(pixels(seed=5))
        run.log({"again": again})
        run.log({"again": again})
        run.log({"again in a list": [again]})
        self.said["path is left"] = path.exists()

    def log_mixed(self, run) -> None:
        ours, theirs = self.Image, self.wandb.Image
        run.log({"ours first": [ours(pixels()), theirs(pixels(seed=1)), ours(pixels(seed=2))]})
        run.log({"theirs first": [theirs(pixels()), ours(pixels(seed=1))]})

    def log_overlays(self, run) -> None:
        image, wandb = self.Image, self.wandb
        run.log({"overlaid": self.overlaid(caption="all")})
        run.log({"labels made up": self.overlaid(labels=False)})
        run.log({"overlaid list": [self.overlaid(1), image(pixels()), self.overlaid(2)]})
        run.log({"classes": image(pixels(), classes=_CLASSES)})
        run.log({"class object": self.overlaid(classes=wandb.Classes(_CLASSES))})
        made = {
            "boxes": {"b": wandb.data_types.BoundingBoxes2D(boxes(), "b")},
            "masks": {"m": wandb.data_types.ImageMask(mask(), "m")},
        }
        run.log({"parts of wandb": image(pixels(), **made)})

    def log_steps(self, run) -> None:
        image = self.Image
        start = run.step
        run.log({"open": image(pixels())}, commit=False)
        run.log({"open too": image(pixels(seed=1))})
        run.log({"at": image(pixels())}, step=start + 10)
        run.log({"at too": [image(pixels(seed=1))]}, step=start + 10)
        run.log({"committed": image(pixels(seed=2))}, step=start + 12, commit=True)
        run.summary["in summary"] = image(pixels(seed=3))
        run.summary.update({"updated": image(pixels(seed=4))})

    def log_tables(self, run) -> None:
        image, wandb = self.Image, self.wandb
        table = wandb.Table(columns=["id", "image"])
        for n in range(3):
            table.add_data(n, image(pixels(seed=n), caption=f"row {n}"))
        table.add_data(3, wandb.Image(pixels(seed=33)))
        table.add_data(4, self.overlaid(4))
        table.add_column("more", [image(pixels(seed=n)) for n in range(5)])
        self.said["column types"] = str(table._column_types)
        self.said["column"] = np.asarray(table.get_column("more", "numpy")).tolist()
        self.said["column of images"] = all(
            isinstance(item, wandb.Image) for item in table.get_column("image")
        )
        run.log({"table": table})
        typed = wandb.Table(columns=["image", "n"], dtype=[type(image(pixels())), int])
        typed.add_data(image(pixels()), 1)
        typed.add_data(wandb.Image(pixels(seed=34)), 1)
        with_error = None
        try:
            typed.add_data("no image", 1)
        except TypeError as error:
            with_error = type(error).__name__
        self.said["typed column refuses"] = with_error
        run.log({"typed": typed})
        for mode in ("IMMUTABLE", "MUTABLE", "INCREMENTAL"):
            self._log_growing_table(run, mode)
        left = wandb.Table(columns=["id", "a"], data=[[1, image(pixels())]])
        right = wandb.Table(columns=["id", "b"], data=[[1, image(pixels(seed=1))]])
        # Older versions log joined tables by way of a server only.
        self.said["joined"] = self._error_of(
            lambda: run.log({"joined": wandb.JoinedTable(left, right, "id")})
        )
        artifact = wandb.Artifact("joined", "dataset")
        artifact.add(wandb.JoinedTable(left, right, "id"), "joined")
        run.log_artifact(artifact)

    def _log_growing_table(self, run, mode: str) -> None:
        try:
            table = self.wandb.Table(columns=["image"], log_mode=mode)
        except TypeError:  # before log modes
            return
        for n in range(2):
            table.add_data(self.Image(pixels(seed=n)))
            run.log({f"growing {mode}": table})

    def log_artifacts(self, run) -> None:
        wandb, image = self.wandb, self.Image
        artifact = wandb.Artifact("pictures", "dataset")
        artifact.add(image(pixels(), caption="in an artifact", grouping=1), "plain")
        shown = self.overlaid(3)
        artifact.add(shown, "overlaid")
        path = self.directory / "kept.png"
        PILImage.fromarray(pixels(seed=9)).save(path)
        artifact.add(image(str(path)), "path")
        table = wandb.Table(columns=["image"], data=[[image(pixels(seed=n))] for n in range(2)])
        table.add_data(image("https://example.com/far/away.png"))
        artifact.add(table, "table")
        artifact.add(image("https://example.com/away.png"), "reference")
        run.log_artifact(artifact)
        run.log({"after the artifact": shown})
        self.said["bound reference"] = self._error_of(
            lambda: run.log({"reference": image("gs://bucket/away.png")})
        )
        self.said["from_json"] = self._read_back(artifact)
        draft = wandb.Artifact("draft", "dataset")
        draft.add(image(pixels()), "added")
        for name, kept in (("a draft", draft), ("an offline artifact", artifact)):
            # Some versions have it at hand, others want it from a server.
            got: list = []
            self.said[f"get from {name}"] = self._error_of(
                lambda kept=kept, got=got: got.append(
                    kept.get("added" if kept is draft else "plain")
                )
            ) or [isinstance(got[0], wandb.Image), np.asarray(got[0].image).tolist()]

    def _read_back(self, artifact):
        """from_json of what the artifact holds, without a server."""
        wandb, image = self.wandb, self.Image
        entries = artifact.manifest.entries

        class Source:
            def get_entry(self, name):
                class Entry:
                    def download(self) -> str:
                        return entries[name].local_path

                return Entry()

            def get(self, name):
                described = json.loads(Path(entries[f"{name}"].local_path).read_text())
                return wandb.Classes.from_json(described, self)

        said = {}
        for name in ("plain", "path"):
            described = json.loads(Path(entries[f"{name}.image-file.json"].local_path).read_text())
            read = image.from_json(described, Source())
            said[name] = [
                isinstance(read, wandb.Image),
                isinstance(read, image),
                read._caption,
                read._grouping,
                np.asarray(read.image).tolist(),
            ]
        return said

    def _error_of(self, call):
        try:
            call()
        except Exception as error:
            # Our texts may add what would be right.
            return [type(error).__name__, str(error).partition("]")[0]]
        return None

    # What images are good for without a run.

    def use_images(self) -> None:
        image, wandb = self.Image, self.wandb
        one = image(pixels(), caption="c", classes=_CLASSES)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self.said["equal"] = [
                one == image(pixels(), caption="c", classes=_CLASSES),
                one == image(pixels(), caption="d", classes=_CLASSES),
                one == image(pixels(seed=1), caption="c", classes=_CLASSES),
                one == wandb.Image(pixels(), caption="c", classes=_CLASSES),
                wandb.Image(pixels(), caption="c", classes=_CLASSES) == one,
                one == image(pixels(), caption="c", classes=wandb.Classes(_CLASSES)),
                one != image(pixels()),
                one == 3,
            ]
            self.said["to_data_array"] = [
                image(pixels(channels=c)).to_data_array() for c in (0, 3, 4)
            ]
        self.said["image"] = [one.image.mode, list(one.image.size), np.asarray(one.image).tolist()]
        copied = copy.copy(one)
        self.said["copy"] = [copied is not one, copied._caption, copied._sha256 == one._sha256]
        pickled = pickle.loads(pickle.dumps(one))
        self.said["pickle"] = [pickled._caption, np.asarray(pickled.image).tolist()]
        self.said["captions"] = [
            image.all_captions([one, image(pixels())]),
            image.all_captions([image(pixels()), one]),
        ]
        self.said["subdir"] = [
            image.get_media_subdir(),
            image.with_suffix("x"),
            image.MAX_ITEMS,
            image._log_type,
        ]
        self.said["errors"] = [
            self._error_of(lambda: image(pixels(), boxes=[1])),
            self._error_of(lambda: image(pixels(), masks=[1])),
            self._error_of(lambda: image(pixels(4, 4, 2))),
        ]
        self.said["type map"] = wandb.sdk.data_types.base_types.wb_value.WBValue.type_mapping()[
            "image-file"
        ].__module__

    def run(self) -> dict:
        wandb = self.wandb
        directories = []
        self.use_images()
        parts = (
            self.log_images,
            self.log_other_sources,
            self.log_mixed,
            self.log_overlays,
            self.log_steps,
            self.log_tables,
            self.log_artifacts,
        )
        # Two runs, one after the other.
        for some in (parts[:4], parts[4:]):
            run = wandb.init(project="compared", mode="offline")
            for part in some:
                part(run)
            directories.append(Path(run.dir).parent)
            finished = run
            run.finish()
        error = self._error_of(lambda: finished.log({"late": self.Image(pixels())}))
        self.said["finished run"] = error and error[0]
        if hasattr(wandb.Settings(), "allow_media_symlink"):
            directories.append(self._linked())
        wandb.teardown()  # which writes what is not written yet
        return {
            "said": self.said,
            "runs": [read_run.describe(directory) for directory in directories],
        }

    def _linked(self) -> Path:
        wandb = self.wandb
        path = self.directory / "linked.png"
        PILImage.fromarray(pixels(seed=9)).save(path)
        run = wandb.init(mode="offline", settings=wandb.Settings(allow_media_symlink=True))
        run.log({"linked": self.Image(str(path)), "made": self.Image(pixels())})
        run.finish()
        return Path(run.dir).parent


def main() -> None:
    which, result = sys.argv[1:]
    directory = Path(tempfile.mkdtemp())
    os.chdir(directory)
    if which == "ours":
        import wbimage_ext

        image_class = wbimage_ext.Image
    import wandb

    if which == "installed":
        import wbimage_ext

        wbimage_ext.install()
    if which != "ours":
        image_class = wandb.Image
    # Nothing here asks a network.
    add_reference = wandb.Artifact.add_reference
    wandb.Artifact.add_reference = lambda self, uri, name=None, **more: add_reference(
        self, uri, name=name, **{**more, "checksum": False}
    )
    said = Program(wandb, image_class, directory).run()
    Path(result).write_text(json.dumps(said))


if __name__ == "__main__":
    main()
