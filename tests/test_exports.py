"""The public surface: what is exported, what importing costs, who may import whom, and that everything is described."""

from __future__ import annotations

import ast
import dataclasses
import doctest
import inspect
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from graphlib import TopologicalSorter
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

import ctxcore
from ctxcore import errors, types

ROOT = Path(ctxcore.__file__).parents[1]
SOURCES = sorted((ROOT / "ctxcore").rglob("*.py"))
HEAVY = {"torch", "transformers", "gensim", "streamlit", "pandas", "plotly", "sklearn", "scipy", "umap", "kaleido"}

# What others build on (the design's "public names that stay"); trace, next_words and Attend follow with their pages.
STAYING = {
    "": "load_static load_model find Mention Occurrences Encoding Attention Neighbour UnknownWordError",
    "StaticSpace": "vector similarity neighbours analogy nearest",
    "ContextualModel": "vectors occurrences encode attention",
    "Mention": "sentence_index start end",
    "Neighbour": "word similarity",
    "Occurrences": "vectors sentence_index spans words",
    "Encoding": "tokens words hidden",
    "Attention": "weights tokens words",
}


def module_name(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(file: Path) -> set[str]:
    """Full names of all modules that a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file} imports relatively"
            found |= {str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def loaded_after(code: str) -> set[str]:
    """Top-level modules that a fresh Python holds after running some code."""
    tail = "import json, sys; print(json.dumps(sorted({m.partition('.')[0] for m in sys.modules})))"
    done = subprocess.run([sys.executable, "-c", f"{code}\n{tail}"], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


def test_exports_are_sorted_without_case_and_all_there() -> None:
    assert ctxcore.__all__ == sorted(ctxcore.__all__, key=str.casefold)
    assert len(set(ctxcore.__all__)) == len(ctxcore.__all__)
    assert set(dir(ctxcore)) == set(ctxcore.__all__)
    for name in ctxcore.__all__:
        assert getattr(ctxcore, name) is not None


def test_a_name_that_does_not_exist_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'load_everything'"):
        _ = ctxcore.load_everything


def test_every_error_and_every_result_type_is_exported() -> None:
    raised = {n for n, c in vars(errors).items() if inspect.isclass(c) and issubclass(c, errors.CtxError)}
    results = {n for n, c in vars(types).items() if inspect.isclass(c) and dataclasses.is_dataclass(c)}
    assert len(raised) >= 12
    assert len(results) >= 15
    assert raised | results <= set(ctxcore.__all__)


def test_every_result_is_frozen() -> None:
    for value in vars(types).values():
        if inspect.isclass(value) and dataclasses.is_dataclass(value):
            assert value.__dataclass_params__.frozen, value  # type: ignore[attr-defined]


@pytest.mark.parametrize("owner", STAYING)
def test_the_names_that_others_build_on_stay(owner: str) -> None:
    place = getattr(ctxcore, owner) if owner else ctxcore
    fields = {f.name for f in dataclasses.fields(place)} if dataclasses.is_dataclass(place) else set()
    assert [n for n in STAYING[owner].split() if n not in fields and not hasattr(place, n)] == []


@pytest.mark.parametrize("code", ["import ctxcore", "import ctxcore; assert ctxcore.find('ran', ['He ran'])"])
def test_importing_and_finding_are_light(code: str) -> None:
    assert loaded_after(code) & HEAVY == set()


def test_the_static_space_needs_no_transformer() -> None:
    assert "torch" not in loaded_after("import ctxcore; ctxcore.load_static")


def test_nothing_in_the_core_imports_streamlit_or_the_dashboard() -> None:
    for file in SOURCES:
        assert not {name.partition(".")[0] for name in imports(file)} & {"streamlit", "dashboard"}, file


def test_the_dashboard_computes_nothing_by_itself() -> None:
    """Neither torch nor gensim, not even in a function: what needs them is the core's."""
    for file in sorted((ROOT / "dashboard").rglob("*.py")):
        assert not {name.partition(".")[0] for name in imports(file)} & {"torch", "transformers", "gensim"}, file


@pytest.mark.parametrize("folder", ["measures", "figures"])
def test_measures_and_figures_hold_no_model(folder: str) -> None:
    files = [f for f in SOURCES if f.parent.name == folder]
    assert len(files) >= 4
    for file in files:
        assert not [n for n in imports(file) if n.startswith(("ctxcore.models", "torch", "transformers"))], file


ROOMS = [
    "errors",
    "limits",
    "progress",
    "signatures",
    "types",
    "text",
    "codecs",
    "view",
    "reading",
    "data",
    "measures",
    "models",
    "studies",
    "corpus",
    "figures",
]
"""Each imports from itself and from those before it alone; what stands above them all may import any."""


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_from_those_below_it(room: str) -> None:
    below = ROOMS[: ROOMS.index(room) + 1]
    place = ROOT / "ctxcore" / room
    files = sorted(place.glob("*.py")) if place.is_dir() else [place.with_suffix(".py")]
    for file in files:
        ours = {n.split(".")[1] for n in imports(file) if n.startswith("ctxcore.")}
        assert ours <= set(below), file


def test_no_module_imports_itself_through_others() -> None:
    """Neither when it is loaded, nor in a function, nor for the type checker alone."""
    modules = {module_name(f): f for room in ("ctxcore", "dashboard") for f in (ROOT / room).rglob("*.py")}
    graph: dict[str, set[str]] = {}
    for name, file in modules.items():
        tree = list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
        whole = {alias.name for node in tree if isinstance(node, ast.Import) for alias in node.names}
        parts = {(str(n.module), a.name) for n in tree if isinstance(n, ast.ImportFrom) for a in n.names}
        found = whole | {f"{module}.{part}" if f"{module}.{part}" in modules else module for module, part in parts}
        graph[name] = found & modules.keys()
    assert graph["ctxcore.models.contextual"] > {"ctxcore.models.pooling", "ctxcore.text"}
    TopologicalSorter(graph).prepare()  # a CycleError names the modules


def test_every_dependency_is_in_the_one_list() -> None:
    def names(lines: list[str]) -> set[str]:
        return {re.split(r"[<>=!~\[; ]", line.strip())[0].lower() for line in lines if line.strip()[:1].isalpha()}

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    listed = names((ROOT / "requirements.txt").read_text().splitlines())
    assert len(names(project["dependencies"])) > 10
    assert names(project["dependencies"]) - listed == set()


def public(module: ModuleType) -> Iterator[tuple[str, object]]:
    """Functions and classes that a module defines for others, with the methods of the classes."""
    for name, value in vars(module).items():
        if name.startswith("_") or getattr(value, "__module__", None) != module.__name__:
            continue
        if inspect.isfunction(value) or inspect.isclass(value):
            yield f"{module.__name__}.{name}", value
        for method, body in vars(value).items() if inspect.isclass(value) else ():
            if not method.startswith("_") and (inspect.isfunction(body) or isinstance(body, property)):
                yield f"{module.__name__}.{name}.{method}", body


@pytest.mark.parametrize("file", SOURCES, ids=module_name)
def test_everything_public_is_described_and_examples_hold(file: Path) -> None:
    module = import_module(module_name(file))
    assert (module.__doc__ or "").strip()
    for name, value in public(module):
        text = inspect.getdoc(value) or ""  # a method may be described where it is first promised
        assert text.strip(), name
        assert not text.startswith(f"{name.rpartition('.')[2]}("), f"{name}: the text that dataclass makes up"
    assert doctest.testmod(module).failed == 0


def test_there_are_examples_to_hold() -> None:
    assert doctest.testmod(import_module("ctxcore.text.words")).attempted > 0


def test_the_package_says_that_it_is_typed() -> None:
    assert (ROOT / "ctxcore/py.typed").exists()
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"] == ctxcore.__version__


def test_no_file_and_no_function_is_too_long_to_be_read_at_once() -> None:
    long = []
    for file in [*SOURCES, *(ROOT / "dashboard").rglob("*.py")]:
        text = file.read_text(encoding="utf-8")
        if len(text.splitlines()) > 360:
            long.append(str(file.relative_to(ROOT)))
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                said = len((ast.get_docstring(node, clean=False) or "").splitlines())
                if (node.end_lineno or 0) - node.lineno + 1 - said > 50:
                    long.append(f"{file.relative_to(ROOT)}: {node.name}")
    assert long == []
