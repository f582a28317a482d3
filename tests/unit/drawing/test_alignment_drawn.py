"""Two rows of tokens under each other: pairs share a column, whoever has no partner stands in one alone."""

from tests.unit.drawing.test_strips import NASTY, Reader
from viz.analysis.compare.alignment import Alignment, Pair
from viz.drawing.alignment_strip import aligned


def columns(html: str) -> list[list[tuple[str, str, str]]]:
    """Give the columns behind the names as (token, what stands under it, what it is), A's first."""
    found: list[list[tuple[str, str, str]]] = []
    read = Reader(html)
    texts = {name: iter(read.texts[name]) for name in ("bdi", "small") if name in read.texts}
    legend = False
    for tag, attributes in read.tags:
        legend = legend or "legend" in attributes.get("class", "")
        if legend:
            break
        if tag == "li":
            found.append([])
        if tag == "div" and "title" in attributes:
            found[-1].append((next(texts["bdi"]), next(texts["small"]), attributes["title"]))
    return found[1:]


def test_pairs_share_a_column_and_all_others_stand_alone_in_order():
    of = Alignment(
        (Pair((0,), (0,), "token"), Pair((2, 3), (2,), "word"), Pair((1,), (4,), "moved")),
        alone_before=(4,),
        alone_after=(1, 3),
    )
    html = aligned(of, (("a", "b", "play", "##ing", "x"), ("a", "y", "playing", "z", "b")), ("A", "B"), "tokens")
    nobody = ("–", "\N{NO-BREAK SPACE}", "nothing")
    alone, moved, respelled = "without a partner", "same word at another place", "same word in other pieces or letters"
    assert columns(html) == [
        [("a", "1", "same token in both"), ("a", "1", "same token in both")],
        [("b", "2 → 5", moved), nobody],
        [nobody, ("y", "2", alone)],
        [("play ##ing", "3, 4", respelled), ("playing", "3", respelled)],
        [("x", "5", alone), nobody],
        [nobody, ("z", "4", alone)],
        [nobody, ("b", "5 ← 2", moved)],
    ]
    legend = html[html.index("legend") :]
    assert all(said in legend for said in (alone, moved, respelled, "same token in both"))


def test_a_note_stands_beside_the_number():
    of = Alignment((Pair((0,), (0,), "token"),), (), ())
    html = aligned(of, (("a",), ("a",)), ("A", "B"), "tokens", (lambda _at: "", lambda at: "hidden" if at == 0 else ""))
    assert [under for _token, under, _kind in columns(html)[0]] == ["1", "1 hidden"]


def test_padding_is_left_out():
    of = Alignment((Pair((1,), (0,), "token"),), (), ())
    html = aligned(of, (("[PAD]", "a"), ("a", "[PAD]")), ("A", "B"), "tokens")
    assert "[PAD]" not in html
    assert [under for _token, under, _kind in columns(html)[0]] == ["2", "1"]


def test_tokens_are_text_and_nothing_else():
    of = Alignment((), tuple(range(len(NASTY))), ())
    html = aligned(of, (tuple(NASTY), ()), ("A", "B"), "tokens")
    assert [column[0][0] for column in columns(html)] == NASTY


def test_rows_without_a_token_in_common_have_no_column_of_two():
    html = aligned(Alignment((), (0,), (0,)), (("a",), ("b",)), ("A", "B"), "tokens")
    assert [[token for token, _under, _kind in column] for column in columns(html)] == [["a", "–"], ["–", "b"]]
    assert "same token in both" not in html
