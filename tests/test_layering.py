"""Who may import whom: an allow-list per module, so that opening a run never pays for torch.

A new module of ``viz`` fails until it stands in the list below. ``viz/figures``, ``viz/commands`` and ``pages`` are listed by folder.
"""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

GROUND = {"viz.errors", "viz.names", "viz.text", "viz.theme", "viz.labels", "viz.shipped", "viz.prompts"}
RECORDS = GROUND | {"viz.records"}
READERS = RECORDS | {"viz.masks", "viz.predictions", "viz.changes", "viz.words", "viz.measures", "viz.patterns", "viz.boards", "viz.claims", "viz.claim_text", "viz.claim_report", "viz.checks", "viz.steps", "viz.losses", "viz.stages", "viz.mask_layers", "viz.mask_choice", "viz.mask_stations", "viz.ablation"}
MODELS = {"viz.hub", "viz.capture", "viz.models"}
PASSES = MODELS | {"viz.batching", "viz.forward"}
RUNNERS = PASSES | {"viz.edits", "viz.generation", "viz.many_texts", "viz.same_alone", "viz.batch_speed", "viz.training", "viz.fills", "viz.mask_life", "viz.switch_off"}
DRAWERS = {"viz.figures", "viz.fonts", "viz.diagrams", "viz.svg", "viz.strips", "viz.tensors", "viz.tables", "viz.saved", "viz.claim_files"}
EVERYTHING = READERS | RUNNERS | DRAWERS

OURS = {
    "viz": set(),
    "viz.errors": set(),
    "viz.theme": set(),
    "viz.labels": set(),
    "viz.shipped": set(),
    "viz.names": {"viz.errors"},
    "viz.prompts": {"viz.errors"},
    "viz.text": {"viz.errors"},
    "viz.records": {"viz.errors"},
    "viz.masks": RECORDS,
    "viz.stages": RECORDS | {"viz.masks"},
    "viz.mask_layers": RECORDS,
    "viz.mask_choice": RECORDS | {"viz.mask_layers"},
    "viz.mask_stations": RECORDS,
    "viz.changes": RECORDS,
    "viz.predictions": RECORDS,
    "viz.words": RECORDS,
    "viz.measures": GROUND,
    "viz.patterns": RECORDS | {"viz.masks", "viz.words", "viz.measures"},
    "viz.boards": RECORDS | {"viz.masks", "viz.words", "viz.measures", "viz.patterns"},
    "viz.claim_text": GROUND,
    "viz.claims": RECORDS | {"viz.words", "viz.claim_text"},
    "viz.claim_report": RECORDS | {"viz.claim_text", "viz.claims"},
    "viz.checks": RECORDS,
    "viz.steps": RECORDS,
    "viz.losses": RECORDS,
    "viz.ablation": RECORDS | {"viz.masks", "viz.predictions", "viz.words"},
    "viz.hub": RECORDS,
    "viz.capture": RECORDS | {"viz.masks"},
    "viz.models": READERS | {"viz.capture", "viz.hub"},
    "viz.batching": READERS | {"viz.models"},
    "viz.edits": READERS | {"viz.models", "viz.batching"},
    "viz.forward": READERS | {"viz.capture", "viz.models"},
    "viz.generation": READERS | PASSES,
    "viz.many_texts": READERS | PASSES,
    "viz.same_alone": READERS | PASSES | {"viz.generation"},
    "viz.batch_speed": READERS | PASSES,
    "viz.fills": READERS | {"viz.capture"},
    "viz.mask_life": READERS | PASSES,
    "viz.switch_off": READERS | PASSES,
    "viz.training": READERS | PASSES,
    "viz.figures": READERS | {"viz.figures"},
    "viz.fonts": GROUND,
    "viz.diagrams": READERS | {"viz.fonts"},
    "viz.svg": READERS,
    "viz.strips": READERS,
    "viz.tensors": RECORDS,
    "viz.tables": READERS,
    "viz.claim_files": READERS | {"viz.fonts", "viz.diagrams"},
    "viz.saved": READERS,
    "viz.commands": EVERYTHING | {"viz.commands"},
    "viz.__main__": EVERYTHING | {"viz.commands"},
    "pages.ui": EVERYTHING | {"pages.ui"},
    "pages": EVERYTHING | {"pages.ui"},
    "app": EVERYTHING | {"pages.ui"},
}

# Third-party packages; numpy may be used anywhere, the standard library too.
THEIRS = {name: {"torch", "transformers", "huggingface_hub", "httpx2", "safetensors"} for name in RUNNERS}
THEIRS |= {"viz.figures": {"plotly", "pandas"}, "viz.diagrams": {"PIL"}, "viz.fonts": {"PIL"}}
THEIRS |= {"app": {"streamlit"}, "pages": {"streamlit"}, "pages.ui": {"streamlit"}}
ANYWHERE = {"numpy"}

FILES = sorted([REPOSITORY / "app.py", *(REPOSITORY / "viz").rglob("*.py"), *(REPOSITORY / "pages").rglob("*.py")])

LIGHT = [file for file in FILES if file.parent != REPOSITORY / "viz"]  # app, pages, figures


def module_name(file: Path) -> str:
    parts = file.relative_to(REPOSITORY).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def listed_as(module: str) -> str:
    """Give the entry of the list that a module falls under: its own, or its folder's."""
    for folder in ("viz.figures", "viz.commands", "pages.ui", "pages"):
        if module == folder or module.startswith(f"{folder}."):
            return folder
    return module


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
    return name.split(".")[0] in {"viz", "pages", "app"}


def complaints(module: str, tree: ast.AST) -> list[str]:
    """Say which imports of a module its entry does not allow."""
    entry = listed_as(module)
    if entry not in OURS:
        return [f"{module} is not in the list of tests/test_layering.py: say whom it may import"]
    wrong = []
    for name in imported(tree):
        package = name.split(".")[0]
        if is_ours(name):
            allowed = listed_as(name) in OURS[entry]
        else:
            allowed = package in sys.stdlib_module_names or package in ANYWHERE | THEIRS.get(entry, set())
        if not allowed:
            wrong.append(f"{module} may not import {name}")
    return wrong


@pytest.mark.parametrize("file", FILES, ids=module_name)
def test_a_module_imports_only_what_its_place_allows(file):
    assert complaints(module_name(file), ast.parse(file.read_text())) == []


@pytest.mark.parametrize(
    "module, line",
    [
        ("viz.brand_new", "import os"),
        ("viz.saved", "import torch"),
        ("viz.saved", "from viz.forward import run"),
        ("viz.figures.heatmap", "from viz import models"),
        ("viz.figures.heatmap", "from PIL import Image"),
        ("viz.forward", "from viz.figures import heatmap"),
        ("viz.forward", "from viz import saved"),
        ("viz.records", "from viz.masks import softmax"),
        ("viz.diagrams", "import plotly.graph_objects as go"),
        ("viz.predictions", "import streamlit as st"),
        ("viz.errors", "from viz.text import _"),
        ("viz.models", "import requests"),
        ("pages.ui.cache", "import torch"),
        ("pages.ui.cache", "from pages.look import masked_word"),
        ("viz.text", "def late():\n    import torch"),
    ],
)
def test_the_list_itself_refuses_what_it_should(module, line):
    assert complaints(module, ast.parse(line))


def test_a_relative_import_is_refused():
    with pytest.raises(AssertionError, match="relative"):
        complaints("viz.masks", ast.parse("from .records import Run"))


@pytest.mark.parametrize("file", LIGHT, ids=module_name)
def test_pages_and_figures_import_what_is_heavy_only_inside_functions(file):
    names = imported(outside_of_functions(ast.parse(file.read_text())))
    assert not [name for name in names if listed_as(name) in RUNNERS]


def test_drawing_and_opening_imports_neither_torch_nor_streamlit():
    modules = [module_name(file) for file in FILES if listed_as(module_name(file)) in DRAWERS]
    assert {"viz.saved", "viz.figures"} <= set(modules)
    program = "\n".join([f"import {name}" for name in modules] + ["import sys", "print(*sys.modules)"])
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=REPOSITORY)
    loaded = set(done.stdout.split())
    assert not loaded & {"torch", "transformers", "tokenizers", "huggingface_hub", "streamlit"}


def test_the_core_imports_without_torch_plotly_and_pillow():
    modules = sorted(name for name in READERS if (REPOSITORY / f"{name.replace('.', '/')}.py").exists())
    program = "\n".join([f"import {name}" for name in modules] + ["import sys", "print(*sys.modules)"])
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=REPOSITORY)
    assert not set(done.stdout.split()) & {"torch", "transformers", "plotly", "PIL", "streamlit"}
