"""A record travels whole, its arrays beside it, and a model's description only to who has not got it."""

import pickle
import string

import numpy as np
import pytest

from tests import hand_made
from viz.cluster.parcel import Parcel, pack, unpack
from viz.errors import ModelRefused, Reason, TextTooLong, VizError


def name_of(run) -> tuple[str, str]:
    return run.model.checkpoint, run.model.revision


def sent(parcel: Parcel) -> Parcel:
    """Send a parcel as Ray does, its arrays out of band."""
    buffers: list[pickle.PickleBuffer] = []
    data = pickle.dumps(parcel, protocol=5, buffer_callback=buffers.append)
    return pickle.loads(data, buffers=[bytes(of.raw()) for of in buffers])


def test_a_run_arrives_as_it_was_sent_and_refuses_writing():
    run = hand_made.run([[1, 1, 1], [1, 1, 0]])
    arrived = unpack(sent(pack(run)), {})
    np.testing.assert_array_equal(arrived.attentions, run.attentions)
    np.testing.assert_array_equal(arrived.batch.input_ids, run.batch.input_ids)
    assert arrived.batch.tokens == run.batch.tokens and arrived.view == run.view
    assert arrived.model.vocabulary == run.model.vocabulary
    for array in (arrived.attentions, arrived.readout_logits, arrived.batch.attention_mask):
        assert not array.flags.writeable


def test_a_description_that_is_known_stays_behind():
    words = ("lighthouse", "keeper")
    run = hand_made.run([[1, 1, 1]], model=hand_made.model_info(vocabulary=words))
    whole, known = pack(run), pack(run, frozenset({name_of(run)}))
    assert (list(whole.models), list(known.models)) == ([name_of(run)], [])
    assert b"lighthouse" in pickle.dumps(whole) and b"lighthouse" not in pickle.dumps(known)
    assert unpack(sent(known), {name_of(run): run.model}).model is run.model


def test_arrays_do_not_travel_in_the_head():
    run = hand_made.run([[1] * 64])
    parcel = pack(run)
    assert sum(array.nbytes for array in parcel.arrays) >= run.attentions.nbytes
    assert len(parcel.head) < 10_000 < run.attentions.nbytes
    assert parcel.n_bytes == len(parcel.head) + sum(array.nbytes for array in parcel.arrays)


def test_an_array_that_lies_in_memory_another_way_arrives_with_the_same_numbers():
    array = np.arange(12, dtype=np.float32).reshape(3, 4)
    for sent_as in (array.T, array[:, ::2], np.asfortranarray(array)):
        np.testing.assert_array_equal(unpack(sent(pack(sent_as)), {}), sent_as)


def every_error() -> list[type[VizError]]:
    found, waiting = [], [VizError]
    while waiting:
        kind = waiting.pop()
        found.append(kind)
        waiting += kind.__subclasses__()
    return found


@pytest.mark.parametrize("kind", every_error(), ids=lambda kind: kind.__name__)
def test_every_error_arrives_as_the_sentence_it_was(kind):
    names = {name for _text, name, _spec, _conversion in string.Formatter().parse(kind.template) if name}
    error = kind(**dict.fromkeys(names, 7))
    with pytest.raises(kind) as raised:
        unpack(sent(Parcel(b"", error=error)), {})
    assert str(raised.value) == str(error) and raised.value.values == error.values


def test_an_error_with_a_reason_in_it_arrives_with_it():
    error = ModelRefused(checkpoint="x", reason=Reason("it cannot be read ({said}).", said="cut"))
    arrived = sent(Parcel(b"", error=error)).error
    assert str(arrived) == str(error) and "it cannot be read (cut)." in str(arrived)
    assert type(sent(Parcel(b"", error=TextTooLong(number=1, n_tokens=9, max_positions=8))).error) is TextTooLong
