"""Name the models that come with Headlight; knows no torch, so a page can list them at once."""

from pathlib import Path

MODELS_FOLDER = Path(__file__).resolve().parent.parent / "assets" / "models"
SHIPPED = ("headlight-bert", "headlight-gpt2")
TRANSLATOR = "headlight-en-fr"  # an encoder-decoder: for the page about cross-attention only
ALL_SHIPPED = (*SHIPPED, TRANSLATOR)


def shipped_names() -> str:
    """List the shipped models for a sentence."""
    return " or ".join(SHIPPED)
