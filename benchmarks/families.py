"""Every family's pass against plain eager transformers, and loading a full-size model against from_pretrained.

A pass keeps attentions, scores and masks of every layer and the logits of the read-outs. The plain pass is eager, with
``output_attentions``, over the same padded batch; where the family can it computes the same logits only
(``logits_to_keep`` of the last position, for a causal model padded on the left), else those of every position, which
is said: of a large vocabulary that is work we leave out.
"""

import inspect
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers as tf

from benchmarks import paired
from benchmarks.full_size import bert_base
from tests.model import families, plain
from viz.engine import models
from viz.engine.batching import encode
from viz.engine.forward import run
from viz.engine.models import LoadedModel, load_model
from viz.records import Batch

N_ROWS, N_TOKENS = 8, 64
ROUNDS, LOADS = 15, 7
COMMIT = "0" * 40  # the name of a folder in the Hub's store
PASS_TARGET, LOAD_TARGET = "at most 1.15", "at most 1.50"
# Wide enough that the pass, and not Python, takes the time; under the names that each family's config has.
WIDE = {"hidden_size": 384, "num_attention_heads": 6, "intermediate_size": 1536, "max_position_embeddings": 512}
WIDE |= {"ffn_dim": 1536, "hidden_dim": 1536, "ffn_hidden_size": 1536, "word_embed_proj_dim": 384}
NOT_WIDENED = {families.mobilebert}  # its layers are tied to two widths


def main() -> None:
    """Compare the pass of each family, then loading."""
    with tempfile.TemporaryDirectory() as folder:
        for make, tokenizer in (families.RECORDED | families.EAGER).items():
            if make not in NOT_WIDENED:
                where = families.write(
                    Path(folder) / make.__name__, lambda of, make=make: _widened(make(of)), tokenizer()
                )
                _compare_passes(make.__name__, load_model(str(where)), where)
        _compare_loading("in a folder", bert_base(Path(folder) / "bert-base"))
        _compare_loading("from the Hub's store", bert_base(Path(folder) / "snapshots" / COMMIT))


def _widened(model: Any) -> Any:
    """Make a model of the same kind with wider layers."""
    config = model.config
    for name, size in WIDE.items():
        if getattr(config, name, None) is not None:
            setattr(config, name, size)
    if getattr(config, "max_position_embeddings", None) is None:
        config.seq_length = WIDE["max_position_embeddings"]  # Bloom's name for what it was trained on
    if config.to_dict().get("head_dim") is not None:
        config.head_dim = 64
    if getattr(config, "num_key_value_heads", None) is not None:
        config.num_key_value_heads = 2
    return type(model)(config)


def _compare_passes(name: str, loaded: LoadedModel, folder: Path) -> None:
    word = "" if loaded.info.causal else f"{loaded.info.mask_token} "
    texts = [word + "the " * (N_TOKENS - 4 - 5 * row) for row in range(N_ROWS)]
    batch = encode(loaded, texts, padding_side="left" if loaded.info.causal else "right")
    second: Any = plain.load(folder, causal=loaded.info.causal).model
    inputs, said = _plain_inputs(loaded, batch, second)

    def plain_pass() -> None:
        with torch.inference_mode():
            second(**inputs, output_attentions=True, use_cache=False)

    ways = {f"{name}: headlight": lambda: run(loaded, batch), f"{name}: transformers, {said}": plain_pass}
    ours, theirs = paired.compare(ways, ROUNDS).values()
    recorded = "" if loaded.recorded else ", attention read off"
    paired.ratio(f"{name}: ratio, T={batch.n_tokens}{recorded}", ours, theirs, PASS_TARGET)


def _plain_inputs(loaded: LoadedModel, batch: Batch, model: Any) -> tuple[dict[str, Any], str]:
    """Give a script's arguments, and say which logits they ask for."""
    arrays = {"input_ids": batch.input_ids, "attention_mask": batch.attention_mask.astype(np.int64)}
    if loaded.takes_positions:
        arrays["position_ids"] = batch.position_ids + loaded.first_position
    if batch.token_type_ids is not None:
        arrays["token_type_ids"] = batch.token_type_ids
    inputs: dict[str, Any] = {key: torch.tensor(array) for key, array in arrays.items()}
    if loaded.info.causal and "logits_to_keep" in inspect.signature(model.forward).parameters:
        return inputs | {"logits_to_keep": 1}, "last logits"
    return inputs, "all logits"


def _compare_loading(where: str, checkpoint: str) -> None:
    """Compare a load with from_pretrained, which leaves the weights on the disk until a first pass reads them.

    Outside the Hub's store, whose files nobody writes into, a load copies them.
    """

    def ours() -> None:
        models._loaded.clear()
        load_model(checkpoint)

    def theirs(passes: int) -> None:
        loader: Any = tf.AutoModelForMaskedLM
        model = loader.from_pretrained(checkpoint, attn_implementation="eager", dtype=torch.float32)
        tokenizer = tf.AutoTokenizer.from_pretrained(checkpoint)
        with torch.inference_mode():
            for _ in range(passes):
                model.eval()(**tokenizer(models.prove.TRIAL, return_tensors="pt"), output_attentions=True)

    ways: dict[str, Callable[[], object]] = {
        f"bert-base {where}: headlight, loaded and tried": ours,
        f"bert-base {where}: from_pretrained, weights unread": lambda: theirs(0),
        f"bert-base {where}: from_pretrained and a first pass": lambda: theirs(1),
    }
    loaded, unread, read = paired.compare(ways, LOADS).values()
    paired.ratio(f"bert-base {where}: ratio to from_pretrained", loaded, unread, LOAD_TARGET)
    paired.ratio(f"bert-base {where}: ratio to it and a first pass", loaded, read, LOAD_TARGET)


if __name__ == "__main__":
    main()
