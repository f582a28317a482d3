"""Whatever is asked of the engine: a record, or one of our sentences."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.properties.strange import answered, texts
from viz.analysis.batches.generation import Sampling
from viz.analysis.batches.same_alone import Mistakes
from viz.analysis.claims.text import MarkedSentence, read_sentences
from viz.analysis.heads.switch_off import Resample
from viz.analysis.masks.choice import MaskChoice
from viz.analysis.masks.hiding import DTYPES, FILLS, Hiding
from viz.analysis.positions.orders import CHANGES, Order
from viz.analysis.reasons.patching import WHAT
from viz.engine.reasons.requests import Patch
from viz.engine.requests import (
    Ask,
    Check,
    Continue,
    ContinueBothWays,
    Edit,
    Estimate,
    FindWord,
    FollowWords,
    Gather,
    Measure,
    MeasureOffsets,
    RepeatWords,
    Request,
    Trace,
    Train,
    Translate,
    TryValues,
)
from viz.engine.service import answer

SHORT = ("The cat sat on the mat", "the [MASK] sat", "the old dog ran fast under the tree", "He said", "a")

families = st.sampled_from(["bert", "gpt2", "marian"])
sides = st.sampled_from(["left", "right"])
typed = st.lists(st.sampled_from(SHORT) | texts(3), max_size=3).map(tuple)
positions = st.integers(-2, 9)
some_positions = st.lists(positions, max_size=3).map(tuple)
heads = st.frozensets(st.tuples(st.integers(-1, 4), st.integers(-1, 4)), max_size=3)
off_by = st.sampled_from(["zero", "mean"])
resamples = st.builds(Resample, st.just("") | st.sampled_from(SHORT) | texts(3), st.integers(0, 2**32))
masks = st.builds(
    MaskChoice,
    row=st.just(0),
    padding=st.booleans(),
    causal=st.sampled_from([None, True, False]),
    hidden=some_positions,
    segments=st.booleans(),
    question=st.booleans(),
    window=st.none() | st.integers(-1, 40),
    only_self=st.booleans(),
    cells=st.none() | texts(1) | st.just("3.eJxj-A8AAQEA"),
)
edits = st.builds(Edit, hidden=some_positions, replacement=st.none() | st.tuples(positions, texts(2)))
orders = st.builds(Order, change=st.sampled_from(CHANGES), seed=st.integers(0, 2**32), shift=st.integers(-3, 40))
hidings = st.builds(Hiding, fill=st.sampled_from(FILLS) | st.floats(-1e30, 1e30), dtype=st.sampled_from(DTYPES))


@st.composite
def asks(draw) -> Ask:
    """Draw a pass with at most one change of each kind, as pages ask for one."""
    change = draw(st.sampled_from(["nothing", "pair", "edit", "mask", "off", "order", "hiding"]))
    one = (draw(st.sampled_from(SHORT) | texts(4)),)
    return Ask(
        draw(families),
        draw(typed) if change in ("nothing", "off", "order", "hiding") else one,
        second=draw(texts(2)) if change == "pair" else "",
        padding_side=draw(sides),
        truncate=draw(st.booleans()),
        edit=draw(edits) if change == "edit" else None,
        mask=draw(masks) if change in ("mask", "hiding") else None,
        hiding=draw(hidings) if change == "hiding" else None,
        off=draw(heads) if change == "off" else frozenset(),
        off_by=draw(off_by | st.just("resample")),
        resample=draw(resamples),
        order=draw(orders) if change == "order" else None,
    )


def asked(models: dict[str, str], request: Request) -> object:
    """Ask with a folder in place of the family; None where it was refused."""
    fields = {name: getattr(request, name) for name in request.__dataclass_fields__}
    if "checkpoint" in fields:
        fields["checkpoint"] = models[fields["checkpoint"]]
    return answered(lambda: answer(type(request)(**fields)))


@given(request=asks())
def test_a_pass_is_made_or_refused(models, request):
    made = asked(models, request)
    if made is not None:
        assert np.isfinite(made.attentions).all() or request.hiding is not None


@given(
    request=st.builds(
        Translate,
        families,
        typed,
        typed,
        padding_side=sides,
        max_new_tokens=st.integers(1, 8),
        off=heads,
        off_by=off_by,
    )
)
def test_a_translation_is_made_or_refused(models, request):
    asked(models, request)


def samplings() -> st.SearchStrategy[dict]:
    return st.fixed_dictionaries(
        {"max_new_tokens": st.integers(-1, 4) | st.just(101)},
        optional={
            "temperature": st.none() | st.floats(),
            "top_k": st.integers(-1, 500),
            "top_p": st.floats(),
            "seed": st.integers(-1, 2**33),
        },
    )


@given(family=families, typed=typed, sampling=samplings(), side=sides)
def test_prompts_go_on_or_are_refused(models, family, typed, sampling, side):
    if (how := answered(lambda: Sampling(**sampling))) is not None:
        asked(models, Continue(family, typed, how, side))


mistakes = st.builds(
    Mistakes,
    *[st.booleans()] * 3,
    st.none() | st.just("cat") | texts(1),
    *[st.booleans()] * 3,
)


@given(
    request=st.builds(Check, families, typed, sides, mistakes)
    | st.builds(ContinueBothWays, families, typed, sides, mistakes, st.integers(1, 3))
)
def test_a_batch_is_checked_or_refused(models, request):
    asked(models, request)


@given(
    request=st.builds(Train, families, typed, st.integers(-1, 2**33), st.floats() | st.just(0.5), sides, st.booleans())
)
def test_a_training_batch_is_made_or_refused(models, request):
    asked(models, request)


spans = st.tuples(st.integers(0, 9), st.integers(0, 9)).map(sorted).map(tuple)
marked = texts(4).map(lambda text: answered(lambda: read_sentences(f"{text} *cat* _sat_")) or ())


@given(
    request=st.one_of(
        st.builds(Measure, families, typed),
        st.builds(MeasureOffsets, families, typed),
        st.builds(FollowWords, families, st.sampled_from(SHORT) | texts(4), st.integers(0, 99), st.integers(1, 2)),
        st.builds(Gather, families, marked | st.lists(st.builds(MarkedSentence, texts(3), spans, spans), max_size=2)),
        st.builds(FindWord, families, st.just("cat") | texts(1), st.just("river")),
        st.builds(RepeatWords, families, st.integers(0, 2**32), st.integers(1, 2), st.integers(1, 99)),
    )
)
def test_heads_are_measured_or_refused(models, request):
    asked(models, request)


@given(family=families, typed=typed, layer=st.integers(0, 1), mask=st.none() | masks, readout=st.just(0), by=off_by)
def test_a_mask_is_followed_and_a_price_told_or_refused(models, family, typed, layer, mask, readout, by):
    ask = Ask(models[family], typed, mask=mask)
    asked(models, Trace(ask, layer))
    run = asked(models, Ask(family, typed))
    if run is not None and len(run.readouts):
        asked(models, Estimate(ask, readout, by))


@given(
    request=st.builds(
        Patch,
        families,
        st.sampled_from(SHORT) | texts(3),
        st.sampled_from(SHORT) | texts(3),
        st.just("") | st.just("cat") | texts(1),
        st.just("") | texts(1),
        st.sampled_from(WHAT),
        st.none() | positions,
    )
)
def test_a_text_is_patched_from_another_or_refused(models, request):
    made = asked(models, request)
    assert made is None or np.isfinite(made.logits).all()


@given(scores=st.lists(st.floats(-1e4, 1e4, width=32), min_size=1, max_size=6), data=st.data())
def test_every_value_that_hides_is_tried(scores, data):
    hidden = data.draw(st.lists(st.booleans(), min_size=len(scores), max_size=len(scores)))
    made = answered(lambda: answer(TryValues(tuple(scores), tuple(hidden))))
    assert made is None or all(0 <= result.leak <= 1.01 or result.is_nan for result in made)
