"""Who may import whom, by room: ground ← analysis ← {engine | drawing} ← files ← commands, pages.

A room is a folder of ``viz``, or the ground, the files without a folder. The faces are the few modules that hand names
on to notebooks.
"""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

FACES = {"viz.masks", "viz.models", "viz.batching", "viz.forward", "viz.saved", "viz.notebook"}

VIZ = {"ground", "analysis", "engine", "cluster", "drawing", "files", "packs", "commands"}
MAY_IMPORT = {
    "ground": {"ground"},
    "analysis": {"ground", "analysis"},
    "engine": {"ground", "analysis", "engine"},
    "cluster": {"ground", "analysis", "engine", "cluster"},
    "drawing": {"ground", "analysis", "drawing"},
    "files": {"ground", "analysis", "drawing", "files"},
    "packs": {"ground", "analysis", "engine", "drawing", "files", "packs"},
    "commands": VIZ,
    "faces": VIZ - {"commands"},
    "pages": {"ground", "analysis", "engine", "drawing", "files", "packs", "pages"},
}
# Of the engine a page knows what can be asked and whom to ask; torch comes with neither.
ENGINE_FOR_PAGES = {"viz.engine.requests", "viz.engine.reasons.requests", "viz.engine.local", "viz.engine.kept"}

THEIRS = {
    "engine": {"torch", "transformers", "huggingface_hub", "httpx2", "safetensors", "captum", "prometheus_client"},
    "cluster": {"ray"},
    "drawing": {"plotly", "pandas", "PIL", "fpdf"},
    "ground": {"babel", "pydantic", "pydantic_settings"},
    "packs": {"yaml", "pydantic", "pydantic_core"},
    "pages": {"streamlit"},
}
ANYWHERE = {"numpy"}

FILES = sorted([REPOSITORY / "app.py", *(REPOSITORY / "viz").rglob("*.py"), *(REPOSITORY / "pages").rglob("*.py")])


def module_name(file: Path) -> str:
    parts = file.relative_to(REPOSITORY).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(file): ast.parse(file.read_text()) for file in FILES}


def room(module: str) -> str:
    """Name the room of a module of ours."""
    parts = module.split(".")
    if parts[0] in ("pages", "app"):
        return "pages"
    if module in FACES:
        return "faces"
    if module == "viz.__main__":
        return "commands"
    return parts[1] if len(parts) > 1 and parts[1] in VIZ else "ground"


def imported(tree: ast.AST) -> list[str]:
    """List the modules a syntax tree imports, ``from viz import text`` as ``viz.text``."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"a relative import in line {node.lineno}"
            is_package = (REPOSITORY / node.module.replace(".", "/")).is_dir()
            found += [f"{node.module}.{alias.name}" for alias in node.names] if is_package else [node.module]
    return found


def outside_of_functions(tree: ast.Module) -> ast.Module:
    """Keep what runs when the module is imported."""
    kept = [node for node in tree.body if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))]
    return ast.Module(body=kept, type_ignores=[])


def is_ours(name: str) -> bool:
    return name.split(".", maxsplit=1)[0] in {"viz", "pages", "app"}


def subject(module: str) -> str:
    """Name a page's folder: ``pages.claim.form`` → ``claim``."""
    return module.split(".")[1]


def complaint(module: str, name: str) -> str | None:
    """Say why a module may not import a name; None if it may."""
    here = room(module)
    if not is_ours(name):
        package = name.split(".", maxsplit=1)[0]
        fine = package in sys.stdlib_module_names or package in ANYWHERE | THEIRS.get(here, set())
        return None if fine else f"{module} may not import {name}"
    if room(name) not in MAY_IMPORT[here]:
        return f"{module} may not import {name}"
    if here in ("pages", "packs") and room(name) == "engine" and name not in ENGINE_FOR_PAGES:
        return f"{module} may not import {name}: ask viz.engine.local"
    if name.startswith("pages.") and subject(name) not in ("ui", subject(module) if module != "app" else ""):
        return f"{module} may not import {name}: it belongs to another page"
    return None


def complaints(module: str, tree: ast.AST) -> list[str]:
    return [said for name in imported(tree) if (said := complaint(module, name))]


def test_a_module_imports_only_what_its_room_allows():
    assert [said for module, tree in MODULES.items() for said in complaints(module, tree)] == []


@pytest.mark.parametrize(
    "module, line",
    [
        ("viz.brand_new", "from viz.analysis import words"),
        ("viz.brand_new", "import torch"),
        ("viz.analysis.words", "from viz.drawing import heatmap"),
        ("viz.analysis.words", "from viz.engine.models import load_model"),
        ("viz.analysis.words", "import streamlit as st"),
        ("viz.engine.forward", "from viz.drawing import heatmap"),
        ("viz.engine.forward", "from viz.files import saved"),
        ("viz.engine.hub", "import requests"),
        ("viz.drawing.heatmap", "from viz.engine import models"),
        ("viz.drawing.heatmap", "import streamlit"),
        ("viz.files.saved", "import torch"),
        ("viz.files.saved", "from viz.engine.forward import run"),
        ("viz.text", "def late():\n    import torch"),
        ("pages.claim.form", "import torch"),
        ("pages.claim.form", "from viz.engine.models import load_model"),
        ("pages.claim.form", "from pages.board.form import ask"),
        ("pages.ui.markdown", "from pages.board.form import ask"),
        ("viz.files.saved", "from pages.ui import markdown"),
    ],
)
def test_the_rules_refuse_what_they_should(module, line):
    assert complaints(module, ast.parse(line))


def test_a_relative_import_is_refused():
    with pytest.raises(AssertionError, match="relative"):
        complaints("viz.masks", ast.parse("from .records import Run"))


def test_a_face_only_hands_names_on():
    for module in sorted(FACES):
        docstring, *rest = MODULES[module].body
        assert isinstance(docstring, ast.Expr)
        *imports, names = rest
        assert {type(node) for node in imports} == {ast.ImportFrom} and isinstance(names, ast.Assign), module


def test_what_pages_share_is_used_by_at_least_two_of_them():
    users: dict[str, set[str]] = {module: set() for module in MODULES if module.startswith("pages.ui.")}
    for module, tree in MODULES.items():
        for name in imported(tree):
            if name in users and module != name:
                users[name].add(module)

    def pages_of(name: str, seen: frozenset[str] = frozenset()) -> set[str]:
        """Follow who uses a shared module up to the pages, over other shared modules."""
        found = set()
        for user in users.get(name, ()):
            if user == "app":
                found |= {"app", "every page"}
            elif not user.startswith("pages.ui."):
                found.add(subject(user))
            elif user not in seen:
                found |= pages_of(user, seen | {user})
        return found

    assert {name: pages_of(name) for name in users if len(pages_of(name)) < 2} == {}


def test_one_module_shows_charts_so_that_none_lacks_its_text_and_its_marks():
    calls = {module for module, tree in MODULES.items() for node in ast.walk(tree) if plots(node)}
    assert calls == {"pages.ui.chart"}


def plots(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "plotly_chart"


def test_no_two_modules_import_each_other():
    graph = {module: {name for name in imported(tree) if name in MODULES} for module, tree in MODULES.items()}
    done: set[str] = set()

    def walk(module: str, way: tuple[str, ...]) -> None:
        assert module not in way, f"a circle: {' → '.join((*way, module))}"
        if module not in done:
            for name in sorted(graph[module]):
                walk(name, (*way, module))
            done.add(module)

    for module in graph:
        walk(module, ())


def loaded_after_importing(*modules: str) -> set[str]:
    program = "\n".join([f"import {name}" for name in modules] + ["import sys", "print(*sys.modules)"])
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=REPOSITORY)
    return set(done.stdout.split())


def test_drawing_and_opening_imports_neither_torch_nor_streamlit():
    modules = [module for module in MODULES if room(module) in ("drawing", "files")]
    loaded = loaded_after_importing(*modules, "viz.saved", *sorted(ENGINE_FOR_PAGES & set(MODULES)))
    assert not loaded & {"torch", "transformers", "tokenizers", "huggingface_hub", "streamlit"}


def test_ground_and_analysis_import_without_torch_plotly_and_pillow():
    modules = [module for module in MODULES if room(module) in ("ground", "analysis")]
    assert not loaded_after_importing(*modules, "viz.masks") & {"torch", "transformers", "plotly", "PIL", "streamlit"}
