"""A tokenizer written in Python, as Helsinki's Marians have: two files of pieces and a table of ids, no Rust."""

import json

import pytest
import sentencepiece
import torch
import transformers

from tests import tiny
from tests.model.families import write
from tests.model.translators import marian
from viz.engine import batching, targets
from viz.engine.models import load_model
from viz.engine.requests import Translate
from viz.engine.service import answer

SOURCE, TARGET = "the turtle moves slow", "the old cat"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Write a tiny Marian whose tokenizer is its own: source.spm, target.spm and vocab.json."""
    files = tmp_path_factory.mktemp("pieces")
    names = ("source", "target")
    for name, size in zip(names, (60, 70)):
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(tiny.BYTE_LEVEL_SENTENCES * 4),
            model_prefix=str(files / name),
            vocab_size=size,
            hard_vocab_limit=False,
            minloglevel=2,
        )
        (files / f"{name}.model").rename(files / f"{name}.spm")
    pieces = {}
    for name in names:
        known = sentencepiece.SentencePieceProcessor(model_file=str(files / f"{name}.spm"))
        pieces |= dict.fromkeys(known.id_to_piece(i) for i in range(known.get_piece_size()))
    ordered = ["</s>", "<unk>", *(piece for piece in pieces if piece not in ("</s>", "<unk>", "<s>")), "<pad>"]
    (files / "vocab.json").write_text(json.dumps({piece: number for number, piece in enumerate(ordered)}))
    spm = [str(files / f"{name}.spm") for name in names]
    tokenizer = transformers.MarianTokenizer(*spm, str(files / "vocab.json"), source_lang="en", target_lang="fr")
    return write(tmp_path_factory.mktemp("checkpoints") / "opus", marian, tokenizer)


@pytest.fixture(scope="module")
def plain(folder):
    return transformers.MarianTokenizer.from_pretrained(folder)


@pytest.fixture(scope="module")
def loaded(folder):
    return load_model(str(folder))


def test_the_folder_holds_what_helsinkis_do_and_no_tokenizer_in_rust(folder, loaded):
    names = {file.name for file in folder.iterdir()}
    assert {"source.spm", "target.spm", "vocab.json"} <= names and "tokenizer.json" not in names
    assert not loaded.tokenizer.is_fast


def test_a_source_has_the_ids_of_the_tokenizer_and_its_pieces_make_words(loaded, plain):
    batch = batching.encode(loaded, [SOURCE])
    assert batch.input_ids.tolist() == [plain(SOURCE)["input_ids"]]
    pieces = plain.convert_ids_to_tokens(batch.input_ids[0].tolist())
    words = [
        -1 if piece == "</s>" else sum(p.startswith("▁") for p in pieces[: at + 1]) - 1
        for at, piece in enumerate(pieces)
    ]
    assert batch.word_ids[0].tolist() == words and max(words) == 3
    assert batch.special_tokens_mask[0].tolist() == [piece == "</s>" for piece in pieces]


def test_a_target_is_cut_by_the_targets_own_pieces(loaded, plain):
    batch = targets.encode(loaded, [TARGET])
    expected = plain(text_target=TARGET)["input_ids"][:-1]  # its end token is predicted, not read
    assert batch.input_ids[0].tolist() == [loaded.model.config.decoder_start_token_id, *expected]
    assert plain(text_target=SOURCE)["input_ids"] != plain(SOURCE)["input_ids"]  # two tables of pieces, then


def test_a_translation_has_the_attention_of_plain_transformers(folder, plain):
    run = answer(Translate(str(folder), (SOURCE, "cat"), (TARGET, "a river")))
    model = transformers.MarianMTModel.from_pretrained(folder, attn_implementation="eager").eval()
    for row, (source, target) in enumerate(((SOURCE, TARGET), ("cat", "a river"))):
        ids = torch.tensor([plain(source)["input_ids"]])
        read = torch.tensor([[model.config.decoder_start_token_id, *plain(text_target=target)["input_ids"][:-1]]])
        with torch.no_grad():
            output = model(ids, decoder_input_ids=read, output_attentions=True)
        n_queries, n_keys = read.shape[1], ids.shape[1]
        ours = torch.tensor(run.maps["cross"].attentions[row][:, :, :n_queries, :n_keys].copy())
        assert torch.allclose(ours, torch.stack(output.cross_attentions)[:, 0], atol=1e-6)


def test_what_is_written_reads_as_plain_generate_does(folder, plain):
    run = answer(Translate(str(folder), (SOURCE,), max_new_tokens=12))
    model = transformers.MarianMTModel.from_pretrained(folder).eval()
    made = model.generate(**plain(SOURCE, return_tensors="pt"), num_beams=1, do_sample=False, max_new_tokens=12)
    assert run.target is not None
    assert run.target.texts[0] == plain.decode(made[0], skip_special_tokens=True).strip()


def test_an_unknown_character_is_a_token_of_its_word(loaded):
    batch = batching.encode(loaded, ["the 北 cat"])
    assert "<unk>" in batch.tokens[0]
    at = batch.tokens[0].index("<unk>")
    assert not batch.special_tokens_mask[0, at] and batch.word_ids[0, at] >= 0
