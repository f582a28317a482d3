"""Measure writing all diagrams of a text against the straightforward way: a rectangle a cell, a large image a label.

Both write the 144 PNGs of a 12x12 model and 10 tokens into a temporary folder, in turns, so that what else the
computer does touches both. Run from the repository's root: ``python -m benchmarks.diagrams``.
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from tests import hand_made
from viz.drawing import diagrams
from viz.drawing.fonts import font_for
from viz.names import diagram_name
from viz.records import Run

N_LAYERS, N_HEADS = 12, 12
TOKENS = ("[CLS]", "the", "turtle", "moves", "slow", "across", "the", "[MASK]", ".", "[SEP]")
ROUNDS = 7
TARGET = 20

CELL, FONT_PX = 40, 28


def main() -> None:
    """Measure in turns and print seconds and their ratio."""
    run = random_run()
    ways = {"headlight": diagrams.write_all, "straightforward": straightforward}
    for write in ways.values():
        seconds(write, run)  # fonts are read once, files are opened once
    taken = {name: [] for name in ways}
    for _round in range(ROUNDS):
        for name, write in ways.items():
            taken[name].append(seconds(write, run))
    for name, values in taken.items():
        print(f"{name:16} median {statistics.median(values):.4f} s   {min(values):.4f}-{max(values):.4f} s")
    ratios = [slow / fast for fast, slow in zip(taken["headlight"], taken["straightforward"])]
    print(
        f"ratio            median {statistics.median(ratios):.1f}   {min(ratios):.1f}-{max(ratios):.1f}   target "
        f"{TARGET}"
    )


def seconds(write: Callable[[Run, int, Path], object], run: Run) -> float:
    """Time one way of writing every head of the run, into a fresh folder."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        write(run, 0, Path(folder))
        taken = time.perf_counter() - started
        assert len(list(Path(folder).iterdir())) == N_LAYERS * N_HEADS
    return taken


def random_run() -> Run:
    """Build a run whose attentions are random rows that sum to 1."""
    n_tokens = len(TOKENS)
    exponentials = np.exp(2 * np.random.default_rng(0).standard_normal((1, N_LAYERS, N_HEADS, n_tokens, n_tokens)))
    maps = (exponentials / exponentials.sum(axis=-1, keepdims=True)).astype(np.float32)
    model = hand_made.model_info(N_LAYERS, N_HEADS)
    return hand_made.run([[1] * n_tokens], model=model, batch_fields={"tokens": (TOKENS,)}, attentions=maps)


def straightforward(run: Run, row: int, folder: Path) -> None:
    """Draw every head on its own, as a first program does."""
    for layer in range(N_LAYERS):
        for head in range(N_HEADS):
            picture = one_picture(run.batch.tokens[row], run.attentions[row, layer, head])
            picture.save(folder / diagram_name(layer, head))


def one_picture(tokens: tuple[str, ...], weights: np.ndarray) -> Image.Image:
    """Draw one head: labels around a grid, one rectangle a cell."""
    font = font_for("".join(tokens), FONT_PX)
    margin = int(max(font.getlength(token) for token in tokens)) + 10
    side = margin + CELL * len(tokens)
    picture = Image.new("RGBA", (side, side), "black")
    pen = ImageDraw.Draw(picture)
    for i, token in enumerate(tokens):
        draw_column_label(picture, token, margin + CELL * i, margin, font)
        pen.text((margin - font.getlength(token) - 5, margin + CELL * i + 4), token, fill="white", font=font)
    for q, row in enumerate(weights):
        for k, weight in enumerate(row):
            grey = round(255 * float(weight))
            corner = (margin + CELL * k, margin + CELL * q)
            pen.rectangle((*corner, corner[0] + CELL, corner[1] + CELL), fill=(grey, grey, grey))
    return picture


def draw_column_label(picture: Image.Image, token: str, left: int, margin: int, font) -> None:
    """Draw a label on an image as large as the whole picture, turn that and paste it."""
    label = Image.new("RGBA", picture.size, (0, 0, 0, 0))
    start = picture.width - margin + 5
    ImageDraw.Draw(label).text((start, left + 4), token, fill="white", font=font)
    turned = label.rotate(90, expand=True)
    picture.paste(turned, (0, 0), turned)


if __name__ == "__main__":
    main()
