"""Find the cross-attention heads whose strongest source word is the one a target word translates.

Held against word pairs aligned by hand. The weight of a word is the sum over its pieces; every word, every sign and the
end of the sentence compete. Two rows can be asked: the one that writes the target word (its query is the position
before), and the one that reads it.
"""

import re
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

FILE = Path(__file__).with_name("aligned_words.tsv")
WORDS = re.compile(r"\w+|[^\w\s]")


class Aligned(NamedTuple):
    """A sentence, its translation, and pairs of (source word, target word)."""

    source: str
    target: str
    pairs: tuple


def read_aligned(path=FILE):
    """Return the Aligned sentences of a file: source, tab, target, tab, pairs such as red=rouge."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    parts = [line.split("\t") for line in lines]
    return [Aligned(s, t, tuple(tuple(pair.split("=")) for pair in pairs.split())) for s, t, pairs in parts]


def pieces_of(tokenizer, text):
    """Return (ids with the end behind them, (word, positions of its pieces) of each word); the end is a word too."""
    encoded = tokenizer(text, return_offsets_mapping=True)
    words = []
    for found in WORDS.finditer(text):
        at = [i for i, (a, b) in enumerate(encoded.offset_mapping) if a < found.end() and b > found.start()]
        words.append((found.group(), at))
    return encoded.input_ids, [*words, ("", [len(encoded.input_ids) - 1])]


@torch.no_grad()
def hits(model, tokenizer, aligned):
    """Return, for the rows that write and for those that read, which pairs a head has right: bool (2, pairs, L, H)."""
    found = ([], [])
    for source, target, pairs in aligned:
        source_ids, source_words = pieces_of(tokenizer, source)
        target_ids, target_words = pieces_of(tokenizer, target)
        read = torch.tensor([[model.config.decoder_start_token_id, *target_ids]])
        output = model(input_ids=torch.tensor([source_ids]), decoder_input_ids=read, output_attentions=True)
        maps = torch.stack(output.cross_attentions)[:, 0].numpy()  # L, H, Q, K
        by_word = np.stack([maps[..., at].sum(-1) for _word, at in source_words], -1)
        strongest = by_word.argmax(-1)
        for wanted, written in pairs:
            right = [word for word, _at in source_words].index(wanted)
            at = dict(target_words)[written]
            found[0].append(strongest[..., at[0]] == right)  # read[at[0]] stands before the word's first piece
            found[1].append(strongest[..., at[-1] + 1] == right)  # its last piece stands at read[at[-1] + 1]
    return np.array(found)


def print_heads(right, most=5):
    """Print the best heads for either row."""
    for row, of_row in zip(("that writes the word", "that reads the word"), right):
        share = of_row.mean(0)
        print(f"\nRow {row}: strongest source word is right (% of {len(of_row)} pairs)")
        for place in np.argsort(-share, axis=None, kind="stable")[:most]:
            layer, head = np.unravel_index(place, share.shape)
            print(f"  Layer{layer + 1}_Head{head + 1:<4} {100 * share[layer, head]:5.0f}")
