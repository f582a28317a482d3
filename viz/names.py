"""Make and read every name that counts from one: heads, files, folders. Nowhere else is 1 added."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

from viz.errors import HeadOutOfRange, UnknownHead
from viz.text import _
from viz.view import PLAIN, View

_FROM_ONE = re.compile(r"layer[\s_-]*(\d{1,4})[\s_,-]*head[\s_-]*(\d{1,4})", re.IGNORECASE)
_FROM_ZERO = re.compile(r"L(\d{1,4})[\s_.,-]*H(\d{1,4})", re.IGNORECASE)


def head_label(layer: int, head: int) -> str:
    """Name a head the way the CS50 exercise does, counted from 1: ``Layer4_Head11``."""
    return f"Layer{layer + 1}_Head{head + 1}"


def head_index_label(layer: int, head: int) -> str:
    """Name a head the way libraries index it, counted from 0: ``L3H10``."""
    return f"L{layer}H{head}"


def head_title(layer: int, head: int, kind: str = "self") -> str:
    """Give both names of a head: ``Layer4_Head11 · L3H10``; of one of three kinds with it: ``Cross Layer4_Head11``."""
    before = "" if kind == "self" else f"{kind.capitalize()} "
    return f"{before}{head_label(layer, head)} · {head_index_label(layer, head)}"


def kind_names() -> dict[str, str]:
    """Name the kinds of attention, as a choice between them shows them."""
    return {
        "self": _("Self-attention"),
        "encoder": _("Encoder"),
        "decoder": _("Decoder"),
        "cross": _("Cross-attention"),
    }


def map_title(view: View, layer: int, head: int, kind: str = "self") -> str:
    """Name a map as a view shows it: a head by both its names, joined heads by what was joined; then what is merged.

    ``Layer4_Head11 · L3H10 · words``
    """
    read = {
        _("contribution"): view.contribution,
        _("words"): view.words,
        _("no special tokens"): view.special != "shown",
    }
    return " · ".join((_of_heads(view, layer, head, kind), *(words for words, is_so in read.items() if is_so)))


def _of_heads(view: View, layer: int, head: int, kind: str) -> str:
    if not view.combined:
        return head_title(layer, head, kind)
    before = "" if kind == "self" else f"{kind.capitalize()} "
    titles = {
        "heads": _("{layer}: mean over its heads"),
        "layers": _("{head}: mean over the layers"),
        "all": _("mean over all heads"),
        "rollout": _("{layer}: rollout"),
    }
    return before + titles[view.joins(kind)].format(layer=layer_label(layer), head=f"Head{head + 1}")


def layer_label(layer: int) -> str:
    """Name a layer as ``head_label`` does, counted from 1: ``Layer4``."""
    return f"Layer{layer + 1}"


def parse_layer(name: str, n_layers: int) -> int | None:
    """Read ``Layer4`` into a 0-based layer; None if it is no layer of the model."""
    match = re.fullmatch(r"layer[\s_-]*(\d{1,4})", name.strip(), re.IGNORECASE)
    layer = int(match[1]) - 1 if match else -1
    return layer if 0 <= layer < n_layers else None


def parse_head(name: str, n_layers: int, n_heads: int) -> tuple[int, int]:
    """Read either name of a head into 0-based ``(layer, head)``.

    Raises ``UnknownHead`` if it is no head's name, ``HeadOutOfRange`` if the model has no such head.
    """
    name = name.strip().removeprefix("Attention_").removeprefix("Contribution_").removesuffix(".png")
    if match := _FROM_ONE.fullmatch(name):
        layer, head = int(match[1]) - 1, int(match[2]) - 1
        label = f"Layer{match[1]}_Head{match[2]}"
    elif match := _FROM_ZERO.fullmatch(name):
        layer, head = int(match[1]), int(match[2])
        label = f"L{layer}H{head}"
    else:
        raise UnknownHead(name=name)
    if not (0 <= layer < n_layers and 0 <= head < n_heads):
        raise HeadOutOfRange(label=label, n_layers=n_layers, n_heads=n_heads)
    return layer, head


def diagram_name(layer: int, head: int, extension: str = "png", kind: str = "self", view: View = PLAIN) -> str:
    """Name one head's picture as the CS50 exercise does: ``Attention_Layer4_Head11.png``.

    Where a model has three kinds of attention the kind stands in the name: ``Attention_Cross_Layer2_Head3.png``. Joined
    heads are called after what was joined: ``Attention_Layer4_Mean.png``; what they contribute is called so:
    ``Contribution_Layer4_Head11.png``.
    """
    of = "" if kind == "self" else f"{kind.capitalize()}_"
    joined = {
        "": head_label(layer, head),
        "heads": f"{layer_label(layer)}_Mean",
        "layers": f"Head{head + 1}_Mean",
        "all": "Mean",
        "rollout": f"{layer_label(layer)}_Rollout",
    }
    shown = "Contribution" if view.contribution else "Attention"
    return f"{shown}_{of}{joined[view.joins(kind)]}.{extension}"


def position_number(position: int) -> int:
    """Count a token's 0-based position from 1, as on the screen."""
    return position + 1


def named_tokens(tokens: Sequence[str]) -> list[str]:
    """Name the tokens of a text for a sentence: one that stands there more than once is followed by its position."""
    times = Counter(tokens)
    return [f"{token} ({position_number(at)})" if times[token] > 1 else token for at, token in enumerate(tokens)]


def folder_name(text: str, limit: int = 60) -> str:
    """Turn a text into a folder name that every file system takes; words of any script stay readable."""
    kept = "".join(c if unicodedata.category(c)[0] in "LMN" else " " for c in unicodedata.normalize("NFC", text))
    name = "_".join(kept.split())
    while len(name.encode()) > limit:
        name = name[:-1]
    return name.strip("_") or "text"


def position_from_number(number: int) -> int:
    """Give the 0-based position of what the screen counts from 1."""
    return number - 1
