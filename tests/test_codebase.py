"""The codebase itself: who may include or import whom, no circles, files of a readable length.

Each list of what is "still to move" names the exceptions of today. The lists only become shorter.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "wbimage_ext"
CORE = PACKAGE / "core"
BINDING = PACKAGE / "binding"

C_FILES = sorted([*CORE.rglob("*.[ch]"), *BINDING.rglob("*.[ch]"), *ROOT.glob("tests/c/*.[ch]")])
PYTHON_FILES = sorted(
    [*PACKAGE.rglob("*.py"), *ROOT.glob("tests/**/*.py"), *ROOT.glob("benchmarks/**/*.py")]
)
WEB_FILES = sorted(path for path in PACKAGE.rglob("web/*") if path.suffix in {".js", ".css"})

MAX_LINES = 600
MAX_COLUMNS = 100

pytestmark = pytest.mark.source_tree

Graph = Mapping[str, Iterable[str]]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def in_circles(graph: Graph) -> set[str]:
    """The nodes that reach themselves."""
    return {node for node in graph if node in set(_reachable(graph, node))}


def _reachable(graph: Graph, start: str) -> Iterator[str]:
    seen: set[str] = set()
    waiting = list(graph[start])
    while waiting:
        node = waiting.pop()
        if node not in seen:
            seen.add(node)
            yield node
            waiting += graph.get(node, ())


# ---- C: directions of includes ------------------------------------------------------------------

# A folder of the core -> the folders that its files may include besides their own.
MAY_INCLUDE = {
    "base": set[str](),
    "pixels": {"base"},
    "convert": {"base", "pixels"},
    "deflate": {"base"},
    "png": {"base", "pixels", "deflate"},
    "jpeg": {"base", "pixels"},
    "bmp": {"base", "pixels"},
    "probe": {"base", "bmp"},
}

# Only the image knows all stages.
AT_THE_ROOT = {"image.c", "image.h"}


def included(path: Path) -> list[str]:
    """What the file includes by quotes: files of this project, by their path from the core."""
    return re.findall(r'^\s*#\s*include\s+"([^"]+)"', path.read_text("utf-8"), re.MULTILINE)


def core_files() -> list[str]:
    return [path.relative_to(CORE).as_posix() for path in C_FILES if path.is_relative_to(CORE)]


def folder_of(name: str) -> str:
    """The stage: the first folder; none for a file at the core's root."""
    return PurePosixPath(name).parts[0] if "/" in name else ""


def test_core_folders_are_known() -> None:
    assert {folder_of(name) for name in core_files()} == {"", *MAY_INCLUDE}
    at_the_root = {name for name in core_files() if folder_of(name) == ""}
    assert at_the_root == AT_THE_ROOT


def test_core_includes_point_one_way() -> None:
    wrong = {
        (name, target)
        for name in core_files()
        if folder_of(name) != ""
        for target in included(CORE / name)
        if folder_of(target) not in MAY_INCLUDE[folder_of(name)] | {folder_of(name)}
    }
    assert not wrong


def test_core_includes_name_files_of_the_core_by_their_folder() -> None:
    missing = [
        (name, target)
        for name in core_files()
        for target in included(CORE / name)
        if not (CORE / target).is_file()
    ]
    assert missing == []


@pytest.mark.parametrize("path", C_FILES, ids=name_of)
def test_the_core_knows_neither_python_nor_numpy(path: Path) -> None:
    names = re.findall(r"#\s*include\s*[<\"]([^>\"]+)", path.read_text("utf-8"))
    foreign = [name for name in names if name == "Python.h" or name.startswith("numpy/")]
    assert foreign == [] or path.is_relative_to(BINDING)


def test_one_file_includes_numpys_c_api() -> None:
    including = [path.name for path in C_FILES if "#include <numpy/" in path.read_text("utf-8")]
    assert including == ["array_view.c"]


# ---- C: kernels, see base/kernel.h --------------------------------------------------------------

ARCHITECTURES = {"x86": {"sse2", "avx2", "avx512", "impl"}, "arm": {"neon", "impl"}}


def test_kernels_are_named_by_their_instruction_set() -> None:
    for name in core_files():
        path = PurePosixPath(name)
        if path.parent.name in ARCHITECTURES:
            kernel, _, instruction_set = path.stem.rpartition("_")
            assert instruction_set in ARCHITECTURES[path.parent.name], name
            assert path.suffix == ".h", name
            assert (CORE / path.parent.parent / f"{kernel}.c").is_file(), name


def test_only_kernels_know_instruction_sets() -> None:
    foreign = re.compile(r"\b(__x86_64__|__aarch64__|_M_X64|_M_ARM64|_mm\w+|v\w+q_[su]\d+)\b")
    knowing = {
        name
        for name in core_files()
        if foreign.search(without_comments_and_strings((CORE / name).read_text("utf-8")))
        and folder_of(name) != "base"
        and PurePosixPath(name).parent.name not in ARCHITECTURES
    }
    assert knowing == set()


# ---- C: circles ---------------------------------------------------------------------------------


def unit_of(name: str) -> str:
    """deflate/emit for emit.c, emit.h and their kernels: x86/emit_avx2.h, emit_impl.h."""
    path = PurePosixPath(name)
    if path.parent.name in ARCHITECTURES:
        path = path.parent.parent / path.name
    return (path.parent / re.sub(r"_(impl|sse2|avx2|avx512|neon)$", "", path.stem)).as_posix()


def without_comments_and_strings(text: str) -> str:
    return re.sub(r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"', " ", text, flags=re.DOTALL)


DEFINITION = re.compile(
    r"^(?!static\b|typedef\b|extern\b|#)[a-z_][\w \t*\n]*?\b(wb_\w+)\s*"
    r"(?:\([^;{}]*\)\s*\{|(?:\[\w*\])?\s*=)",
    re.MULTILINE,
)


def definitions(code: str) -> set[str]:
    """Functions and objects with external linkage that a .c file defines."""
    return set(DEFINITION.findall(code))


def unit_graph() -> dict[str, set[str]]:
    """Unit -> the units whose headers it includes, or whose functions it uses."""
    codes = {name: without_comments_and_strings((CORE / name).read_text()) for name in core_files()}
    home = {
        symbol: unit_of(name)
        for name, code in codes.items()
        if name.endswith(".c")
        for symbol in definitions(code)
    }
    graph: dict[str, set[str]] = {unit_of(name): set() for name in codes}
    for name, code in codes.items():
        unit = unit_of(name)
        graph[unit] |= {unit_of(target) for target in included(CORE / name)}
        if not name.endswith(".h"):  # a header's declarations use nothing
            graph[unit] |= {home[word] for word in re.findall(r"\bwb_\w+", code) if word in home}
        graph[unit].discard(unit)
    return graph


def test_definitions_are_seen() -> None:
    code = without_comments_and_strings((CORE / "base/bytes.c").read_text("utf-8"))
    assert {"wb_allocate", "wb_bytes_reserve", "wb_bytes_free"} <= definitions(code)
    code = without_comments_and_strings((CORE / "probe/gif.c").read_text("utf-8"))
    assert "wb_probe_format_gif" in definitions(code)


def test_circles_are_seen() -> None:
    graph = {"a": ["b"], "b": ["c"], "c": ["b", "d"], "d": []}
    assert in_circles(graph) == {"b", "c"}


def test_no_two_files_of_the_core_need_each_other() -> None:
    assert not in_circles(unit_graph())


# ---- Python -------------------------------------------------------------------------------------

WITH_WANDB = PACKAGE / "with_wandb"


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> Iterator[tuple[str, list[str]]]:
    """Every import outside `if TYPE_CHECKING`: a module, and the names that are taken from it."""
    package = module_of(path) if path.name == "__init__.py" else module_of(path).rpartition(".")[0]
    waiting: list[ast.AST] = [ast.parse(path.read_text("utf-8"))]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            waiting += node.orelse
            continue
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, []
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1]
            base = ".".join([*above, *filter(None, [node.module])]) if node.level else node.module
            yield base or "", [alias.name for alias in node.names]
        waiting += ast.iter_child_nodes(node)


def import_graph() -> dict[str, set[str]]:
    """Module -> modules of the package that it imports anywhere, in functions too."""
    modules = {module_of(path): path for path in PACKAGE.rglob("*.py")}
    graph: dict[str, set[str]] = {}
    for module, path in modules.items():
        targets: set[str] = set()
        for base, names in imports(path):
            inner = {f"{base}.{name}" for name in names} & modules.keys()
            targets |= inner
            if len(inner) < len(names) or not names:
                targets |= {base} & modules.keys()
        graph[module] = targets - {module}
    return graph


def test_no_two_python_modules_import_each_other() -> None:
    assert not in_circles(import_graph())


def test_files_know_nothing_of_images() -> None:
    """What writes files takes bytes and names; images, runs and inputs build on it."""
    helpers = ("wbimage_ext.imported", "wbimage_ext.threads", "wbimage_ext.wording")
    allowed = ("wbimage_ext.files", *helpers)
    graph = import_graph()
    for module in graph:
        if module.startswith("wbimage_ext.files"):
            assert all(target.startswith(allowed) for target in graph[module]), module


def test_one_folder_imports_wandb() -> None:
    importing = {
        name_of(path)
        for path in PACKAGE.rglob("*.py")
        if not path.is_relative_to(WITH_WANDB)
        and any(base.partition(".")[0] == "wandb" for base, _ in imports(path))
    }
    assert not importing


# ---- every file ---------------------------------------------------------------------------------


def test_files_stay_readable() -> None:
    long = {
        name_of(path)
        for path in [*C_FILES, *PYTHON_FILES, *WEB_FILES]
        if len(path.read_text("utf-8").splitlines()) > MAX_LINES
    }
    assert not long


def test_lines_of_c_fit_the_page() -> None:
    wide = {
        name_of(path)
        for path in C_FILES
        if any(len(line) > MAX_COLUMNS for line in path.read_text("utf-8").splitlines())
    }
    assert not wide


@pytest.mark.parametrize("path", C_FILES, ids=name_of)
def test_c_files_open_with_their_purpose(path: Path) -> None:
    assert path.read_text("utf-8").startswith("/* "), "the first line says what the file is for"


def test_nothing_is_left_to_do() -> None:
    mark = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b")
    marked = [
        name_of(path)
        for path in [*C_FILES, *PYTHON_FILES, *WEB_FILES]
        if mark.search(path.read_text("utf-8"))
    ]
    assert marked == []
