"""Two workers of a real cluster: the numbers of one process, both at work, and what happens when they are killed.

The tests stand in an order: those that kill workers come after those that need both.
"""

import gc
import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from tests.model.test_service import EXAMPLES
from tests.same_record import assert_same
from viz.analysis.claims.text import read_sentences
from viz.cluster.password import keep_strangers_out
from viz.engine import service as alone
from viz.engine.local import LocalEngine
from viz.engine.pinning import pinned
from viz.engine.requests import (
    Ask,
    Estimate,
    FollowWords,
    Gather,
    Measure,
    MeasureOffsets,
    Rank,
    Request,
    Time,
)
from viz.errors import EmptyText, TextTooLong
from viz.shipped import SHIPPED

BERT = SHIPPED[0]
MB = 10**6
TEXTS = tuple(f"The {'very ' * (n % 9)}old cat, number {n}, sat on the mat." for n in range(120))
ABOUT_BERT = [of for of in EXAMPLES if getattr(getattr(of, "ask", of), "checkpoint", BERT) == BERT]


@pytest.fixture(scope="module")
def cluster() -> Iterator[SimpleNamespace]:
    """Start a cluster with workers for the shipped BERT, and an engine that asks them."""
    before, threads = dict(os.environ), torch.get_num_threads()
    torch.set_num_threads(1)  # as in a worker: another number of threads rounds otherwise
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Ray's own, about what it will be like one day
        keep_strangers_out()
        from viz.cluster import here
        from viz.cluster.ray_quiet import ray, serve

        os.environ["HEADLIGHT_ENGINE"] = here.start((BERT,))
        from viz.cluster import service

        yield SimpleNamespace(service=service, ray=ray, serve=serve, engine=LocalEngine(50 * MB, place="ray"))
        here.stop()
        for process in [of for of in gc.get_objects() if isinstance(of, subprocess.Popen) and "ray" in str(of.args)]:
            process.wait(30)  # Ray has ended them and asks no more; one left over would warn in another's test
    torch.set_num_threads(threads)
    for name in set(os.environ) - set(before):
        del os.environ[name]


def workers(cluster: SimpleNamespace) -> set[int]:
    """Give the processes of the workers that answer now."""
    handle = cluster.serve.get_app_handle(BERT)
    return {handle.process.remote().result(timeout_s=60) for _ in range(12)}


def cpu_seconds(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def busiest(processes: set[int], seconds: float = 0.5) -> int:
    """Give the process that computes most in the next moment."""
    before = {process: cpu_seconds(process) for process in processes}
    time.sleep(seconds)
    return max(processes, key=lambda process: cpu_seconds(process) - before[process])


def wait_for(truth, seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not truth():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.2)


def long_request(seed: int) -> FollowWords:
    """Ask for some seconds of one worker's time."""
    return FollowWords(BERT, "The old cat sat on the mat and looked at the small dog.", seed, n_shuffles=200)


@pytest.mark.parametrize("request_", ABOUT_BERT, ids=lambda of: type(of).__name__)
def test_an_answer_is_that_of_one_process_to_the_last_bit(cluster, request_: Request):
    seen = cluster.engine.ask(request_)
    if not isinstance(request_, (Time, Estimate)):  # seconds, which are other ones each time
        assert_same(seen, alone.answer(pinned(request_)))


def test_what_is_wrong_is_said_as_in_one_process(cluster):
    with pytest.raises(EmptyText, match="There is no text"):
        cluster.engine.ask(Ask(BERT, (" ",)))
    with pytest.raises(TextTooLong, match="Text 2 has 2,002 tokens"):
        cluster.engine.ask(Ask(BERT, ("the cat", " ".join(["cat"] * 2000))))


def test_a_models_vocabulary_travels_once(cluster):
    first = cluster.engine.ask(Ask(BERT, ("The first [MASK].",)))
    second = cluster.engine.ask(Ask(BERT, ("The second [MASK].",)))
    assert first.model is second.model and len(first.model.vocabulary) > 10_000


def test_more_workers_come_when_more_is_asked(cluster):
    enough = threading.Event()

    def go_on_asking(first: int) -> None:
        for seed in range(first, first + 1000):
            cluster.engine.ask(replace(long_request(seed), n_shuffles=50))
            if enough.is_set():
                return

    with ThreadPoolExecutor(4) as pool:
        asking = [pool.submit(go_on_asking, 1000 * n) for n in range(1, 5)]
        try:
            wait_for(lambda: len(workers(cluster)) == 2, 180)
        finally:
            enough.set()
        for one in asking:
            one.result(180)


LONG = (
    Measure(BERT, TEXTS),
    MeasureOffsets(BERT, TEXTS),
    Gather(
        BERT, read_sentences("\n".join(f"The {'very ' * (n % 70)}_cat_ then *sat* on mat {n}." for n in range(200)))
    ),
)


@pytest.mark.parametrize("request_", LONG, ids=lambda of: type(of).__name__)
def test_a_long_request_is_shared_by_both_workers_and_has_the_numbers_of_one_process(cluster, request_):
    both, shares = workers(cluster), []
    before = {process: cpu_seconds(process) for process in both}
    assert_same(cluster.engine.ask(request_, shares.append), alone.answer(pinned(request_)))
    assert len(both) == 2 and all(cpu_seconds(process) > before[process] for process in both)
    assert shares == sorted(shares)


def test_a_ranking_is_that_of_one_process(cluster):
    ask = Ask(BERT, ("The [MASK] barked at the cat.",))
    run = cluster.engine.ask(ask)
    request = Rank(replace(ask, revision=run.model.revision), 0, word_id=7, n_done=15)
    assert_same(
        [head for part in cluster.engine.stream(request) for head in part],
        [head for part in alone.stream(request) for head in part],
    )


def test_an_answer_nobody_waits_for_any_more_is_not_made_to_its_end(cluster):
    class GoneAway(Exception):
        pass

    def leave(share: float) -> None:
        if share > 0:
            raise GoneAway

    with pytest.raises(GoneAway):
        cluster.engine.ask(replace(long_request(7), n_shuffles=100_000), leave)

    def at_rest() -> bool:
        before = sum(map(cpu_seconds, workers(cluster)))
        time.sleep(1)
        return sum(map(cpu_seconds, workers(cluster))) - before < 0.4

    wait_for(at_rest, 30)


def test_a_worker_killed_over_a_request_is_replaced_by_another(cluster):
    both, request = workers(cluster), long_request(1)
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(cluster.engine.ask, request)
        os.kill(busiest(both), signal.SIGKILL)
        assert not asked.done()
        assert_same(asked.result(120), alone.answer(pinned(request)))


def test_with_all_workers_killed_an_answer_comes_when_new_ones_are_there(cluster):
    wait_for(lambda: len(workers(cluster)) == 2)
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(cluster.engine.ask, long_request(2))
        time.sleep(0.5)
        for process in workers(cluster):
            os.kill(process, signal.SIGKILL)
        assert_same(asked.result(180), alone.answer(pinned(long_request(2))))


def test_a_stranger_without_the_password_is_not_let_in(cluster):
    address = os.environ["HEADLIGHT_ENGINE"].removeprefix("ray://")
    program = "import ray, sys; ray.init(address=sys.argv[1]); print('inside')"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RAY_AUTH")}
    command = [sys.executable, "-c", program, address]

    def inside(**more: str) -> bool:
        done = subprocess.run(command, env=environment | more, capture_output=True, text=True, timeout=120, check=False)
        return "inside" in done.stdout

    ours = {name: value for name, value in os.environ.items() if name.startswith("RAY_AUTH")}
    assert inside(**ours) and not inside()
