"""`make shots`: one page in one language, at every width, light and dark, to its end."""

import subprocess
import sys
from pathlib import Path

from PIL import Image

from tests.conftest import REPOSITORY

NAMES = {f"glossary_ru_{theme}_{width}": width for theme in ("light", "dark") for width in (390, 820, 1440)}


def shots(*words: str) -> subprocess.CompletedProcess[str]:
    """Run the tool as `make shots` does."""
    command = [sys.executable, "-m", "tools.shots", *words]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)


def brightness(file: Path) -> int:
    """Give how bright the ground of a picture is, 0 to 255: in its lower right corner nothing stands."""
    with Image.open(file) as image:
        return image.convert("L").getpixel((image.width - 20, image.height - 3))


def test_a_page_is_photographed_at_every_width_light_and_dark_to_its_end(tmp_path):
    done = shots("--pages", "glossary", "--languages", "ru", "--out", str(tmp_path))
    assert (done.returncode, done.stdout) == (0, "glossary ru: 6 pictures\n"), done.stderr
    assert {file.stem for file in tmp_path.glob("*.png")} == set(NAMES)
    for name, width in NAMES.items():
        file = tmp_path / f"{name}.png"
        with Image.open(file) as image:
            assert image.width == width
            assert image.height > 2000, "no higher than a window"
        assert (brightness(file) < 128) == ("dark" in name)
    with Image.open(tmp_path / "sheets" / "glossary_ru.png") as sheet:
        assert sheet.width > 2000


def test_what_is_no_page_is_refused():
    done = shots("--pages", "nowhere")
    assert done.returncode == 2
    assert "nowhere" in done.stderr
