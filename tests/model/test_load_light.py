"""The light of models as they really load: poolers and buffers raise no alarm, a torn file does."""

import json

import pytest
import torch
import transformers as tf
from safetensors.torch import load_file, save_file

from tests import tiny
from viz.analysis.load_light import EVENNESS_BOUND, light
from viz.engine.local import engine
from viz.engine.requests import Inspect
from viz.shipped import ALL_SHIPPED

WEIGHTS = "model.safetensors"


def colours(folder) -> tuple[str, list[str]]:
    """Give the light of a checkpoint, and what it says that is not green."""
    judged = light(engine.ask(Inspect(str(folder))))
    return judged.colour, [str(finding.said) for finding in judged.findings if finding.colour != "green"]


def rewrite(folder, keep=lambda _name: True, **more: torch.Tensor):
    """Leave weights out of a checkpoint's file, and put others in."""
    weights = {name: values for name, values in load_file(folder / WEIGHTS).items() if keep(name)}
    save_file(weights | more, folder / WEIGHTS, metadata={"format": "pt"})
    return folder


@pytest.mark.parametrize("name", ALL_SHIPPED)
def test_every_shipped_model_is_green_and_far_from_untrained(name):
    assert colours(name) == ("green", [])
    assert engine.ask(Inspect(name)).evenness < EVENNESS_BOUND - 0.1


def test_a_pooler_and_what_older_versions_saved_raise_no_alarm(tmp_path):
    """As bert-base-uncased comes: saved for two tasks, with position_ids among its weights."""
    folder = tiny.tiny_bert(tmp_path / "older")
    more = {
        "bert.embeddings.position_ids": torch.arange(32)[None],
        "bert.pooler.dense.weight": torch.ones(24, 24),
        "bert.pooler.dense.bias": torch.ones(24),
        "cls.seq_relationship.weight": torch.ones(2, 24),
        "cls.seq_relationship.bias": torch.ones(2),
    }
    assert colours(rewrite(folder, **more)) == ("green", [])
    folder = tiny.tiny_gpt2(tmp_path / "older-gpt2")
    more = {f"transformer.h.{n}.attn.masked_bias": torch.tensor(-1e4) for n in range(3)}
    assert colours(rewrite(folder, **more)) == ("green", [])


def test_an_encoder_that_was_saved_without_words_is_green(tmp_path):
    folder = tiny.tiny_bert(tmp_path / "encoder")
    tf.BertModel.from_pretrained(folder, add_pooling_layer=False).save_pretrained(folder)
    assert colours(folder) == ("green", [])


def test_a_missing_word_head_is_amber_and_a_missing_layer_red(tmp_path):
    headless = rewrite(tiny.tiny_bert(tmp_path / "headless"), keep=lambda name: not name.startswith("cls"))
    colour, said = colours(headless)
    assert colour == "amber" and said[0].startswith("Weights missing from the files: 6 (cls.predictions.bias, ")
    torn = rewrite(tiny.tiny_bert(tmp_path / "torn"), keep=lambda name: "layer.1." not in name)
    colour, said = colours(torn)
    assert colour == "red" and said[0].startswith("Weights missing from the files: 16 (bert.encoder.layer.1.")


def test_layers_that_the_config_does_not_name_are_amber(tmp_path):
    folder = tiny.tiny_bert(tmp_path / "shorter")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"num_hidden_layers": 1}))
    colour, said = colours(folder)
    assert colour == "amber" and said == [
        "Weights left over in the files: 16 (bert.encoder.layer.1.attention.output.LayerNorm.bias, "
        "bert.encoder.layer.1.attention.output.LayerNorm.weight, bert.encoder.layer.1.attention.output.dense.bias, "
        "…). They are not used."
    ]


def test_weights_as_they_are_born_are_red(untrained_bert_folder):
    assert colours(untrained_bert_folder)[0] == "red"


def test_a_born_model_of_a_trained_ones_shape_is_as_even_as_the_bound_says(tmp_path):
    """Without the norms' word for it: only how evenly it looks gives it away."""
    torch.manual_seed(0)
    tokenizer = tf.BertTokenizer(vocab=dict(tiny.WORDPIECE_VOCABULARY))
    config = tf.BertConfig(
        vocab_size=len(tiny.WORDPIECE_VOCABULARY),
        hidden_size=24,
        num_hidden_layers=2,
        num_attention_heads=3,
        intermediate_size=48,
    )
    born = tf.BertForMaskedLM(config)
    for module in born.modules():
        if isinstance(module, torch.nn.LayerNorm):
            module.weight.data += 0.01 * torch.randn_like(module.weight)
    born.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    check = engine.ask(Inspect(str(tmp_path)))
    assert check.weights == "pretrained" and check.evenness > EVENNESS_BOUND
    assert colours(tmp_path)[0] == "amber"
