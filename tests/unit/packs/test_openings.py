"""Sentences about lessons and hand-ins, counted by hand."""

from viz.packs import openings, shelf


def test_a_lesson_says_its_open_part_and_counts_its_questions():
    pack = next(of.pack for of in shelf.listed("en") if of.pack.pack == "padding-matters")
    counts = [len(part.questions) for part in pack.parts]
    at = next(n for n, count in enumerate(counts) if count)
    first, second = openings.lesson(pack, at)
    assert first == (f"This is part {at + 1} of {len(counts)} of the lesson “{pack.title}”: “{pack.parts[at].title}”.")
    assert second.startswith(f"It asks {counts[at]} of the {sum(counts)} questions of the lesson")
    (said,) = openings.shelf([pack])
    assert said == f"1 lesson can be opened here; questions in it: {sum(counts)}."


def test_hand_ins_are_counted_apart_from_what_was_left_out():
    (said,) = openings.hand_ins(3, 2)
    assert said.startswith("3 hand-ins were read;") and said.endswith("Files left out: 2.")
