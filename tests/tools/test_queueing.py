"""The simulation of students who ask, against what queueing theory computes in closed form."""

import math

import pytest

from benchmarks.queueing import Site, Work, erlang_c, exponential, most_students, needed, simulate

LONG = 6_000.0  # think time: so many students ask at random, whoever waits


def at_random(rate: float, work: Work, site: Site, answers: int):
    """Let requests come at random, so many a second: thousands of students who rarely ask."""
    n_students = round(rate * LONG)
    return simulate(n_students, LONG, work, site, lasts=answers / rate, warm=answers / rate / 10, seed=1)


def only_page(seconds: float) -> Work:
    return Work(seconds, 0, 0, spread=exponential)


def only_pass(seconds: float) -> Work:
    return Work(0, seconds, 0, spread=exponential)


@pytest.mark.parametrize("load", [0.3, 0.8])
def test_one_server_and_requests_at_random(load):
    """M/M/1: mean 1 / (service rate - rate), exponential, so 95 of 100 within three means."""
    answers = at_random(load, only_page(1.0), Site(cores=4), 60_000)
    mean = 1 / (1 - load)
    assert answers.mean == pytest.approx(mean, rel=0.06)
    assert answers.within(0.95) == pytest.approx(-math.log(0.05) * mean, rel=0.08)
    assert answers.interpreter == pytest.approx(load, rel=0.03)
    assert answers.rate == pytest.approx(load, rel=0.03)


@pytest.mark.parametrize(
    "where, n_servers, load", [("machine", 2, 1.4), ("machine", 8, 6.8), ("workers", 2, 1.4), ("workers", 4, 3.0)]
)
def test_several_servers_and_requests_at_random(where, n_servers, load):
    """M/M/c: Erlang C times the mean wait of those who wait, and the service."""
    site = Site(cores=n_servers) if where == "machine" else Site(cores=1, workers=n_servers)
    answers = at_random(load, only_pass(1.0), site, 60_000)
    assert answers.mean == pytest.approx(erlang_c(load, n_servers) / (n_servers - load) + 1, rel=0.05)
    assert (answers.cores if where == "machine" else answers.workers) == pytest.approx(load / n_servers, rel=0.03)


def test_erlangs_own_formula():
    """Two servers, load 1: by hand, 1 / 2 / (1 - 1 / 2) over 1 + 1 + that."""
    assert erlang_c(1.0, 2) == pytest.approx(1 / 3)
    terms = [3.0**n / math.factorial(n) for n in range(4)]
    last = 3.0**4 / math.factorial(4) / (1 - 3 / 4)
    assert erlang_c(3.0, 4) == pytest.approx(last / (sum(terms) + last))


@pytest.mark.parametrize("n_students", [5, 20, 40])
def test_students_who_wait_ask_less(n_students):
    """The machine repairman's problem, M/M/1//N: from the chances of every number of students who wait."""
    think, service = 20.0, 1.0
    chances = [math.perm(n_students, n) * (service / think) ** n for n in range(n_students + 1)]
    busy = 1 - chances[0] / sum(chances)
    rate = busy / service
    answers = simulate(n_students, think, only_page(service), Site(cores=2), lasts=60_000, warm=500, seed=2)
    assert answers.rate == pytest.approx(rate, rel=0.02)
    assert answers.mean == pytest.approx(n_students / rate - think, rel=0.06)
    assert answers.interpreter == pytest.approx(busy, rel=0.02)


def mean_value(n_students: int, think: float, demands: list[float]) -> tuple[float, float]:
    """Give mean seconds and rate of a closed network of single servers by mean value analysis (Reiser 1980)."""
    waiting = [0.0] * len(demands)
    for n in range(1, n_students + 1):
        seconds = [demand * (1 + in_line) for demand, in_line in zip(demands, waiting)]
        rate = n / (think + sum(seconds))
        waiting = [rate * of for of in seconds]
    return sum(seconds), rate


@pytest.mark.parametrize("n_students", [3, 10, 40])
def test_a_page_and_then_a_pass(n_students):
    """Two single servers after one another, an interpreter and a worker: exact by mean value analysis."""
    work = Work(0.6, 1.0, 0.0, spread=exponential)
    answers = simulate(n_students, 20.0, work, Site(cores=9, workers=1), lasts=60_000, warm=500, seed=3)
    mean, rate = mean_value(n_students, 20.0, [0.6, 1.0])
    assert answers.mean == pytest.approx(mean, rel=0.05)
    assert answers.rate == pytest.approx(rate, rel=0.02)


def test_a_page_in_two_halves_and_a_pass_is_exact_by_mean_value_analysis_too():
    """A replica that is visited twice, for exponential times of one mean, is one demand."""
    work = Work(0.5, 0.8, 0.5, driver=0.3, delay=2.0, spread=exponential)
    answers = simulate(25, 20.0, work, Site(cores=99, workers=1), lasts=60_000, warm=500, seed=4)
    mean, rate = mean_value(25, 20.0 + 2.0, [1.0, 0.8, 0.3])
    assert answers.mean == pytest.approx(mean + 2.0, rel=0.05)
    assert answers.rate == pytest.approx(rate, rel=0.02)


def test_all_at_once_wait_for_one_another():
    """Without a pass the n-th waits n pages; with cores for all, passes are beside the pages of others."""
    answers = simulate(10, 20.0, Work(1.0, 0, 0), Site(cores=2), lasts=0, together=True)
    assert answers.seconds == pytest.approx(range(1, 11))
    assert (answers.rate, answers.interpreter) == pytest.approx((1.0, 1.0))
    answers = simulate(3, 20.0, Work(1.0, 0.5, 1.0), Site(cores=9), lasts=0, together=True)
    assert answers.seconds == pytest.approx([4.0, 5.0, 6.0])  # first halves until 3, passes meanwhile


def test_a_core_is_shared_by_page_and_pass():
    """On one core whatever is done is done alone."""
    answers = simulate(4, 20.0, Work(1.0, 2.0, 1.0), Site(cores=1), lasts=0, together=True)
    assert max(answers.seconds) == pytest.approx(16.0)
    assert answers.cores == pytest.approx(1.0)


def test_replicas_and_machines_part_the_students():
    """Two replicas on two cores, and two machines of one, answer twice as many pages."""
    for site in (Site(cores=2, replicas=2), Site(machines=2, cores=1)):
        answers = simulate(10, 20.0, Work(1.0, 0, 0), site, lasts=0, together=True)
        assert sorted(answers.seconds) == pytest.approx([1, 1, 2, 2, 3, 3, 4, 4, 5, 5])
    crowded = simulate(10, 20.0, Work(1.0, 0, 0), Site(cores=1, replicas=2), lasts=0, together=True)
    assert max(crowded.seconds) == pytest.approx(10)


def test_what_is_kept_needs_no_pass():
    answers = simulate(200, 20.0, Work(0.0, 1.0, 0.0, kept=0.75), Site(cores=1), lasts=0, together=True, seed=5)
    assert max(answers.seconds) == pytest.approx(50, rel=0.25)
    assert min(answers.seconds) == 0


def test_the_most_that_are_carried_are_found():
    for most in (1, 2, 7, 100, 1_000):
        assert most_students(lambda n, most=most: n <= most) == most
    assert most_students(lambda n: n <= 1_000, step=50) in range(950, 1_001)
    assert (needed(30, 100), needed(300, 100), needed(301, 100)) == (1, 3, 4)
