"""Names of wandb that this package lacks, and what to do instead.

In: a name that somebody asked for. Out: the text of the AttributeError. The names are those of
wandb 0.16.3 and 0.31.0.
"""

from __future__ import annotations

from ..wording import shown

_FILES = "save(path) copies files into the run's folder"
_LOGGING = "the logging module writes messages"
_SERVER = "it needs wandb's server"
_PYTHON = "the history is history.jsonl in the run's folder, one JSON object a line"
_IMAGE = "draw it with matplotlib and log Image(figure), or log its numbers"
_RESULTS = "numbers, lists and dicts of them can be logged as they are"
_CALLBACK = "log() can be called from a callback of the library"

# Of both the module and its runs.
_COMMON = {
    "alert": _LOGGING,
    "link_model": _SERVER,
    "log_artifact": _FILES,
    "log_model": _FILES,
    "mark_preempting": _SERVER,
    "pin_config_keys": _SERVER,
    "plot_table": _IMAGE,
    "restore": "the files of an earlier run are in its folder",
    "unwatch": "watch() watches nothing, so nothing has to be undone",
    "use_artifact": "open the files by their paths",
    "use_model": "open the files by their paths",
}

_OF_MODULE = {
    **_COMMON,
    "AlertLevel": _LOGGING,
    "Api": _PYTHON,
    "Artifact": _FILES,
    "ArtifactTTL": _FILES,
    "Audio": _FILES,
    "CommError": _SERVER,
    "Config": "init(config=...) takes a dict",
    "Error": "RuntimeError, TypeError, ValueError and OSError are raised",
    "EvalTable": _RESULTS,
    "Graph": _IMAGE,
    "Histogram": "log np.histogram(values)[0], a list of counts",
    "Html": _FILES,
    "JoinedTable": _RESULTS,
    "Molecule": _FILES,
    "Object3D": _FILES,
    "Plotly": _IMAGE,
    "PublicApi": _PYTHON,
    "Run": "LocalRun is the class of runs",
    "Table": "log a list of images with captions, or numbers, lists and dicts of them",
    "UsageError": "RuntimeError, TypeError, ValueError and OSError are raised",
    "Video": "log its frames, as a list of images",
    "agent": _SERVER,
    "api": _PYTHON,
    "apis": _PYTHON,
    "attach": "init(dir=...) goes on with the run of a folder",
    "box3d": _FILES,
    "catboost": _CALLBACK,
    "controller": _SERVER,
    "data_types": "Image, BoundingBoxes2D, ImageMask and Classes are in wbimage_ext itself",
    "env": _SERVER,
    "errors": "RuntimeError, TypeError, ValueError and OSError are raised",
    "gym": _CALLBACK,
    "helper": "init(config=...) takes a dict",
    "integration": _CALLBACK,
    "join": "finish() ends the run",
    "jupyter": "a run that is the last value of a cell shows its page",
    "keras": _CALLBACK,
    "lightgbm": _CALLBACK,
    "plot": _IMAGE,
    "require": "nothing has to be required",
    "sacred": _CALLBACK,
    "sagemaker_auth": _SERVER,
    "sdk": "Image, BoundingBoxes2D, ImageMask and Classes are in wbimage_ext itself",
    "setup": "init() needs no setup",
    "sklearn": _IMAGE,
    "sweep": _SERVER,
    "teardown": "finish() ends the run",
    "tensorboard": _CALLBACK,
    "tensorflow": _CALLBACK,
    "termerror": _LOGGING,
    "termlog": _LOGGING,
    "termsetup": _LOGGING,
    "termwarn": _LOGGING,
    "util": "it has nothing that a run needs; uuid.uuid4().hex makes an id",
    "visualize": _IMAGE,
    "wandb_sdk": "Image, BoundingBoxes2D, ImageMask and Classes are in wbimage_ext itself",
    "xgboost": _CALLBACK,
}

_OF_RUN = {
    **_COMMON,
    "config_static": "config is a dict",
    "detach": "a run belongs to its process",
    "display": "a run that is the last value of a cell shows its page",
    "finish_artifact": _FILES,
    "get_project_url": "url is the address of the run's page",
    "get_sweep_url": _SERVER,
    "get_url": "url is the address of the run's page",
    "join": "finish() ends the run",
    "link_artifact": _FILES,
    "log_code": _FILES,
    "mode": "a LocalRun never talks to a server",
    "path": "dir is the run's folder",
    "project_name": "project is an attribute",
    "project_url": "url is the address of the run's page",
    "settings": "the arguments of init() are in run.json in the run's folder",
    "status": _SERVER,
    "sweep_id": _SERVER,
    "sweep_url": _SERVER,
    "sync_dir": "dir is the run's folder",
    "to_html": "finish() writes the page index.html",
    "upsert_artifact": _FILES,
    "write_logs": _LOGGING,
}

_REST = "; `pip install wandb`, `import wandb` and wbimage_ext.install() give all of wandb"


def is_of_wandb(name: str) -> bool:
    """Whether the wandb package has a name that this one lacks."""
    return name in _OF_MODULE


def missing_of_module(name: str) -> str:
    """Why the package has no such name."""
    return _missing("module 'wbimage_ext'", name, _OF_MODULE)


def missing_of_run(name: str) -> str:
    """Why a LocalRun has no such name."""
    return _missing("'LocalRun' object", name, _OF_RUN)


def _missing(owner: str, name: str, instead: dict[str, str]) -> str:
    text = f"{owner} has no attribute {shown(name)}"
    return f"{text}, which wandb has: {instead[name]}{_REST}" if name in instead else text
