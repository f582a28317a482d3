"""``python -m viz verify`` finds again what the cards say, from weights and from files, and says what it cannot."""

import json
import re

import numpy as np
import pytest

from tests.known_heads import known_maps
from tests.model import plain
from viz.__main__ import main
from viz.examples import FOLDER
from viz.shipped import MODELS_FOLDER


@pytest.fixture
def ask(capfd):
    """Give a function that verifies and gives the exit code, what was printed, and what was said on stderr."""

    def call(*arguments: object) -> tuple[int, str, str]:
        capfd.readouterr()
        code = main(["verify", *map(str, arguments)])
        said = capfd.readouterr()
        return code, said.out, said.err

    return call


def lines(name: str) -> list[str]:
    """Read a file of ready sentences without our code."""
    return [line for line in (FOLDER / "known" / f"{name}.txt").read_text().splitlines() if not line.startswith("#")]


def weight_at_key(model, line: str, place: tuple[int, int]) -> float:
    """Give the attention from the word in stars to the word between low lines, by characters alone."""
    text = re.sub(r"[*_]", "", line)
    spans = {}
    for sign in "*_":
        word = re.search(rf"\{sign}(.+?)\{sign}", line)
        start = len(re.sub(r"[*_]", "", line[: word.start()]))
        spans[sign] = start, start + len(word[1])
    inputs = plain.tokenized(model, [text])
    encoded = model.tokenizer(text, return_offsets_mapping=True)["offset_mapping"]
    at = {
        sign: [n for n, (a, b) in enumerate(encoded) if a < end and b > start] for sign, (start, end) in spans.items()
    }
    weights = plain.output(model, inputs)[0][0][place]
    return float(weights[np.ix_(at["*"], at["_"])].sum(axis=1).mean())


@pytest.mark.parametrize(
    "name, head, place, sentences",
    [
        ("headlight-bert", "Layer4_Head11", (3, 10), "card_adverb"),
        ("headlight-gpt2", "Layer5_Head1", (4, 0), "card_be_back"),
    ],
)
def test_the_findings_of_our_cards_are_found_again(ask, name, head, place, sentences):
    code, said, error = ask(name, "--json")
    answer = json.loads(said)
    assert (code, error, answer["model"]) == (0, "", name)
    measured = [of for of in answer["findings"] if of["measured"] is not None]
    assert len(measured) >= 6
    assert [of["does"] for of in measured if not of["shown"]] == []
    same = [of for of in measured if not of["note"]]  # a note says that other texts are read here than the card's
    assert len(same) >= 6
    assert [of["does"] for of in same if abs(of["measured"] - of["reported"]) > 0.01] == []
    model = plain.load(MODELS_FOLDER / name, causal=name.endswith("gpt2"))
    by_hand = np.mean([weight_at_key(model, line, place) for line in dict.fromkeys(lines(sentences))])
    of = next(of for of in measured if of["head"] == head and of["n"] == len(set(lines(sentences))))
    assert of["measured"] == pytest.approx(by_hand, abs=1e-5)


def test_a_previous_token_head_is_measured_as_plain_transformers_do(ask):
    _code, said, _error = ask("headlight-gpt2", "--json")
    of = next(of for of in json.loads(said)["findings"] if of["head"] == "Layer2_Head4")
    model = plain.load(MODELS_FOLDER / "headlight-gpt2", causal=True)
    by_text = []
    for text in lines("everyday"):
        weights = plain.output(model, plain.tokenized(model, [text]))[0][0]
        by_text.append(np.diagonal(weights, offset=-1, axis1=-2, axis2=-1).mean(axis=-1))
    mean = np.mean(by_text, axis=0)
    assert of["measured"] == pytest.approx(float(mean[1, 3]), abs=1e-6)
    assert of["rank"] == 1 + int((mean > mean[1, 3]).sum())


def write_run(file, n_looking: int, checkpoint: str = "google-bert/bert-base-uncased") -> list[str]:
    """Write chance maps of bert-base-uncased over the sentences with objects; in so many L7H9 looks at the verb."""
    rng = np.random.default_rng(1)
    rows = []
    for line in lines("object"):
        words = re.findall(r"[*_]?[\w']+[*_]?|[^\w\s]", line.replace("'s", "s"))
        rows.append(["[CLS]", *words, "[SEP]"])
    width = max(map(len, rows))
    attentions, real, tokens = (
        np.zeros((len(rows), 12, 12, width, width), np.float32),
        np.zeros((len(rows), width), int),
        [],
    )
    for row, words in enumerate(rows):
        n = len(words)
        query, key = (next(at for at, word in enumerate(words) if word.startswith(sign)) for sign in "*_")
        maps = known_maps([word.strip("*_") for word in words], rng)
        maps[7, 9, query] = 0.1 / n
        maps[7, 9, query, key if row < n_looking else 0] += 0.9
        attentions[row, :, :, :n, :n], real[row, :n] = maps, 1
        tokens.append([word.strip("*_") for word in words] + ["[PAD]"] * (width - n))
    meta = json.dumps({"model": {"checkpoint": checkpoint}})
    np.savez(file, tokens=np.array(tokens), attention_mask=real, attentions=attentions, meta=np.array(meta))
    return [" ".join(row) for row in tokens]


def test_a_saved_run_of_bert_is_measured_on_the_sentences_it_holds(ask, tmp_path):
    write_run(tmp_path / "objects.npz", n_looking=20)
    code, said, error = ask("bert-base-uncased", "--run", tmp_path / "objects.npz", "--json")
    found = json.loads(said)["findings"]
    (of,) = [of for of in found if of["index"] == "L7H9"]
    n = sum("'s" not in line for line in lines("object"))  # those with 's are other words in this file
    assert (error, of["head"], of["n"], of["reported"]) == ("", "Layer8_Head10", n, 0.868)
    looking = sum("'s" not in line for line in lines("object")[:20])
    assert looking / n <= of["measured"] < 0.85  # where it rests on [CLS], a word may still come first
    assert (of["rank"], of["shown"]) == (1, True)
    chance = [of for of in found if of["measured"] is not None and of["index"] != "L7H9"]
    assert not any(of["shown"] for of in chance) and code == 1  # heads of chance maps are not found again
    assert all("consists of the words" in of["why_not_measured"] for of in found if of["index"] == "L7H10")


def test_a_table_is_written_and_a_run_of_another_shape_is_refused(ask, tmp_path):
    write_run(tmp_path / "objects.npz", n_looking=30)
    code, said, error = ask("headlight-bert", "--run", tmp_path / "objects.npz")
    assert (code, said) == (2, "") and "6 x 12, 12 x 12" in error
    ask("bert-base-uncased", "--run", tmp_path / "objects.npz", "--csv", tmp_path / "found.csv")
    written = (tmp_path / "found.csv").read_text(encoding="utf-8-sig").splitlines()
    assert written[0].startswith("head,index,does,source,where,unit,reported") and len(written) == 20
    assert written[1].startswith("Layer8_Head10,L7H9,A direct object looks at its verb.")


def test_a_model_of_which_nothing_is_known_is_refused_with_those_there_are(ask):
    code, said, error = ask("my-bert")
    assert (code, said) == (2, "")
    assert error.startswith("Nothing is known of the heads of 'my-bert'. Known are heads of bert-base-uncased, gpt2,")
