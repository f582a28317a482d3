"""The file of known heads: all of it can be used, and an entry that cannot is named with what is wrong in it."""

import re

import pytest

from viz.analysis.claims.text import MAX_SENTENCES
from viz.analysis.heads.boards import NAMES
from viz.analysis.known import file
from viz.analysis.known.file import known, read, ready
from viz.analysis.known.remeasure import REPEATED, texts_of
from viz.analysis.known.words import SAID
from viz.errors import OwnFileUnreadable, WrongKnownHeads
from viz.names import head_index_label, head_label

MODELS = """
[models.bert]
layers = 12
heads = 12
also = ["google/bert"]

[sources.paper]
by = "Clark, Manning"
year = 2019
title = "What?"
"""
FINDING = """
[[findings]]
model = "bert"
head = "Layer8_Head10"
does = "An object looks at its verb."
source = "paper"
where = "Table 1"
unit = "hits"
reported = 0.868
sentences = "object"
"""

# Written down from the papers, in their own counting: Clark et al. from 1, Wang et al. from 0.
CLARK = {
    "8-10": (0.868, 0.400),
    "8-11": (0.943, 0.517),
    "7-6": (0.805, 0.477),
    "4-10": (0.825, 0.405),
    "9-6": (0.763, 0.346),
    "5-4": (0.651, 0.52),
}
WANG = {
    "Name mover": ["9.9", "9.6", "10.0"],
    "Negative name mover": ["10.7", "11.10"],
    "S-inhibition": ["7.3", "7.9", "8.6", "8.10"],
    "Duplicate token": ["0.1", "3.0", "0.10"],
    "Induction": ["5.5", "6.9", "5.8", "5.9"],
    "Previous token": ["2.2", "4.11"],
    "Duplicate token, in random words written twice": ["0.1", "3.0"],
    "Induction, in random words written twice": ["5.5", "6.9"],
    "Backup name mover": ["9.0", "9.7", "10.1", "10.2", "10.6", "10.10", "11.2", "11.9"],
}


def test_both_names_of_a_head_come_from_the_one_that_stands_there():
    (finding,) = read(MODELS + FINDING).findings
    assert (finding.layer, finding.head) == (7, 9)
    assert (head_label(7, 9), head_index_label(7, 9)) == ("Layer8_Head10", "L7H9")
    (other,) = read(MODELS + FINDING.replace("Layer8_Head10", "L7H9")).findings
    assert (other.layer, other.head) == (7, 9)


def test_a_model_is_found_by_every_name_of_its_weights():
    made = read(MODELS + FINDING)
    assert [len(made.of_model(name)) for name in ("bert", "google/bert", "BERT", "other/bert")] == [1, 1, 0, 0]
    assert len(made.of_head("google/bert", 7, 9)) == 1
    assert made.of_head("google/bert", 9, 7) == ()
    for name in ("bert-base-uncased", "google-bert/bert-base-uncased", "gpt2", "openai-community/gpt2"):
        assert known().of_model(name), name


def test_the_figures_of_clark_et_al_are_those_of_their_table():
    for name, (reported, baseline) in CLARK.items():
        layer, head = (int(number) - 1 for number in name.split("-"))
        found = [of for of in known().of_head("bert-base-uncased", layer, head) if of.sentences]
        assert [(of.reported, of.baseline, of.unit) for of in found] == [(reported, baseline, "hits")], name


def test_the_heads_of_wang_et_al_are_those_of_their_figure():
    found = [of for of in known().of_model("gpt2") if of.source.year == 2022]
    for job, heads in WANG.items():
        named = [f"{of.layer}.{of.head}" for of in found if of.does.startswith(f"{job}:")]
        assert named == heads, job
    assert len(found) == sum(map(len, WANG.values()))
    assert {of.reported for of in found if of.does.startswith("Name mover")} == {0.59}
    assert {of.reported for of in found if of.does.startswith("S-inhibition")} == {0.51}


def test_every_finding_has_what_it_is_measured_on():
    for finding in known().findings:
        if finding.sentences:
            assert 30 <= len(ready(finding.sentences)) <= MAX_SENTENCES, finding.sentences
        if finding.measure:
            assert finding.measure in NAMES
            assert finding.texts == REPEATED or texts_of(finding.texts)


def test_the_sentences_written_by_hand_do_not_give_the_answer_away_by_position():
    for name in ("object", "determiner", "possessive", "passive", "preposition", "coreference"):
        words = [
            re.split(r"\s+", line)
            for line in (file.FILE.parent / f"examples/known/{name}.txt").read_text().splitlines()[1:]
        ]
        places = [
            next(n for n, w in enumerate(line) if "_" in w) - next(n for n, w in enumerate(line) if "*" in w)
            for line in words
        ]
        commonest = max(places.count(place) for place in places)
        assert len(set(places)) >= 4 and commonest / len(places) <= 0.6, (name, commonest)


@pytest.mark.parametrize(
    "change, said",
    [
        (("[[findings]]", "[[findings]"), "it is no TOML: .*at line 12"),
        (
            ('does = "An object looks at its verb."\n', ""),
            r"findings, entry 1 \(Layer8_Head10 of bert\): 'does' is missing",
        ),
        (
            ('head = "Layer8_Head10"', 'head = "Layer13_Head1"'),
            "Layer13_Head1 does not exist: this model has 12 layers",
        ),
        (('head = "Layer8_Head10"', 'head = "eight"'), "'eight' is not the name of a head"),
        (('model = "bert"', 'model = "brat"'), "'model' is 'brat'; it may be bert"),
        (('source = "paper"', 'source = "rumour"'), "'source' is 'rumour'; it may be paper"),
        (('unit = "hits"', 'unit = "per cent"'), "'unit' is 'per cent'; it may be hits, weight"),
        (("reported = 0.868", "reported = 86.8"), "'reported' is 86.8, which it cannot be"),
        (("reported = 0.868", "reported = nan"), "'reported' is nan, which it cannot be"),
        (("reported = 0.868", "reported = true"), "'reported' is True, which it cannot be"),
        (("reported = 0.868", "within = 0.1"), "'within' says how far"),
        (('sentences = "object"', ""), "give one of .*there is: none"),
        (('sentences = "object"', 'sentences = "object"\nunmeasured = "late"'), "there is: sentences, unmeasured"),
        (('sentences = "object"', 'measure = "previous"'), "give one of .*there is: measure"),
        (
            ('sentences = "object"', 'measure = "nonsense"\ntexts = "everyday"'),
            "'measure' is 'nonsense'; it may be previous",
        ),
        (('where = "Table 1"', 'where = "Table 1"\nwhen = "now"'), "'when' is not known; known are model, head"),
        (('also = ["google/bert"]', "also = [1]"), "models.bert: 'also' holds something that is no text"),
        (("year = 2019", 'year = "2019"'), "sources.paper: 'year' is '2019', which it cannot be"),
        (("layers = 12", "layers = 0"), "models.bert: 'layers' is 0, which it cannot be"),
    ],
)
def test_a_wrong_entry_is_named_with_what_is_wrong(change, said):
    whole = MODELS + FINDING
    assert change[0] in whole
    with pytest.raises(WrongKnownHeads, match=said):
        read(whole.replace(*change))


def test_a_table_too_few_or_no_table_is_said():
    with pytest.raises(WrongKnownHeads, match="the file: 'findings' is missing"):
        read(MODELS)
    with pytest.raises(WrongKnownHeads, match="findings, entry 1: it is no table"):
        read("findings = [1]\n" + MODELS)


def test_the_file_missing_is_said(monkeypatch, tmp_path):
    known.cache_clear()
    monkeypatch.setattr(file, "FILE", tmp_path / "gone.toml")
    with pytest.raises(OwnFileUnreadable, match="assets/known_heads.toml"):
        known()


def test_all_that_is_said_of_heads_can_be_translated():
    found = {said for of in known().findings for said in (of.does, of.note, of.unmeasured, of.baseline_is) if said}
    assert sorted(SAID) == sorted(found)
