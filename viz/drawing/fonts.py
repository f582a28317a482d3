"""Find an installed font that can write a label, whatever its script."""

import os
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from PIL import ImageFont

# In this order: wide Latin, Cyrillic and Greek first, then Chinese, Japanese and Korean, then Arabic, Hebrew, emoji.
_PREFERRED = (
    "DejaVuSans.ttf",
    "NotoSans-Regular.ttf",
    "LiberationSans-Regular.ttf",
    "segoeui.ttf",
    "Arial.ttf",
    "arial.ttf",
    "Helvetica.ttc",
    "NotoSansCJK-Regular.ttc",
    "NotoSansSC-Regular.otf",
    "wqy-microhei.ttc",
    "wqy-zenhei.ttc",
    "DroidSansFallbackFull.ttf",
    "DroidSansFallback.ttf",
    "PingFang.ttc",
    "Hiragino Sans GB.ttc",
    "STHeiti Light.ttc",
    "msyh.ttc",
    "simhei.ttf",
    "simsun.ttc",
    "Arial Unicode.ttf",
    "NotoSansArabic-Regular.ttf",
    "NotoNaskhArabic-Regular.ttf",
    "NotoSansHebrew-Regular.ttf",
    "NotoEmoji-Regular.ttf",
    "Symbola.ttf",
    "seguiemj.ttf",
)

_PROBE_PX = 16  # the size in which a font is asked
_NO_CHARACTER = "\U0010ffff"  # never assigned: what a font draws for it, it draws for all it does not know


def font_for(text: str, size: int) -> ImageFont.FreeTypeFont:
    """Give the first installed font that has every character of the text, or the one that has most of them."""
    opened = (_open(path, size) for path in installed())
    candidates = [*(font for font in opened if font is not None), _built_in(size)]
    return max(candidates, key=lambda font: n_known(font, text))


def path_for(character: str) -> Path | None:
    """Give the file of the first installed font that has a character, None where none has it."""
    for path in installed():
        font = _open(path, _PROBE_PX) if path.is_file() else None  # it may be gone since it was opened
        if font is not None and (character.isspace() or _knows(font, character)):
            return path
    return None


def n_known(font: ImageFont.FreeTypeFont, text: str) -> int:
    """Count the characters of a text that a font has; white space counts as known."""
    return sum(character.isspace() or _knows(font, character) for character in text)


@cache
def installed() -> tuple[Path, ...]:
    """List the preferred fonts that are installed, in order of preference."""
    found: dict[str, Path] = {}
    for folder in _folders():
        for path in folder.rglob("*") if folder.is_dir() else ():
            if path.name in _PREFERRED:
                found.setdefault(path.name, path)
    return tuple(found[name] for name in _PREFERRED if name in found)


def _folders() -> list[Path]:
    """List where this computer keeps fonts; the last one holds DejaVu Sans, which comes with what the app needs."""
    shipped = find_spec("matplotlib")  # which is not imported for it
    return [
        *_of_the_system(),
        *([Path(shipped.origin).parent / "mpl-data/fonts/ttf"] if shipped and shipped.origin else []),
    ]


def _of_the_system() -> list[Path]:
    home = Path.home()
    if sys.platform == "win32":
        folders = (Path(os.environ.get("WINDIR", "C:/Windows")), home / "AppData/Local/Microsoft/Windows")
        return [folder / "Fonts" for folder in folders]
    if sys.platform == "darwin":
        return [Path("/System/Library/Fonts"), Path("/Library/Fonts"), home / "Library/Fonts"]
    return [Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), home / ".local/share/fonts", home / ".fonts"]


@cache
def _open(path: Path, size: int) -> ImageFont.FreeTypeFont | None:
    """Open a font; None where it cannot be read, for then another one writes."""
    try:
        return ImageFont.truetype(str(path), size)
    except (OSError, ValueError):
        return None


@cache
def _built_in(size: int) -> ImageFont.FreeTypeFont:
    """Open the font that comes with Pillow: Latin letters at least."""
    font = ImageFont.load_default(size)
    assert isinstance(font, ImageFont.FreeTypeFont)  # with a size Pillow gives its own TrueType font
    return font


@cache
def _knows(font: ImageFont.FreeTypeFont, character: str) -> bool:
    return _drawn(font, character) != _drawn(font, _NO_CHARACTER)


def _drawn(font: ImageFont.FreeTypeFont, character: str) -> tuple[tuple[int, int], bytes]:
    mask = font.getmask(character)
    return mask.size, bytes(mask)  # type: ignore[arg-type]
