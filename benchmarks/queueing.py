"""Simulate students who ask a site of machines: think, ask, wait for the page, think again.

A page is Python and holds its replica's interpreter: half of it is drawn before the pass, half after it. A pass needs a
core and one of as many places as there are cores, on the same machine or on workers of their own. Students stay with
their replica. What a driver of a load test does with an answer can be counted as a part that one core at a time does.
"""

import math
import random
from collections.abc import Callable, Generator
from dataclasses import dataclass, field

import simpy

Spread = Callable[[random.Random], float]


def always(_draw: random.Random) -> float:
    """Let every part take its mean."""
    return 1.0


def exponential(draw: random.Random) -> float:
    """Let parts take exponential times, as the closed forms of queueing theory suppose."""
    return draw.expovariate(1.0)


@dataclass(frozen=True)
class Work:
    """Hold the mean seconds of the parts of an answer; ``kept`` of 1 answers are there already and need no pass."""

    before: float
    computing: float
    after: float
    driver: float = 0.0
    delay: float = 0.0  # of which nothing is busy
    kept: float = 0.0
    spread: Spread = always


@dataclass(frozen=True)
class Site:
    """Say how many machines there are, with how many cores and replicas each, and how many cores of workers beside."""

    machines: int = 1
    cores: int = 2
    replicas: int = 1
    workers: int = 0


@dataclass
class Answers:
    """Hold the seconds of every answer, and how busy the parts were, 0 to 1."""

    seconds: list[float]
    lasted: float
    interpreter: float
    cores: float
    workers: float

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.seconds) / self.lasted

    @property
    def mean(self) -> float:
        """Give the mean seconds of an answer."""
        return sum(self.seconds) / len(self.seconds)

    def within(self, share: float) -> float:
        """Give the seconds within which this share of the answers came."""
        ordered = sorted(self.seconds)
        return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


@dataclass
class _Place:
    """Serve so many at once, in the order in which they come, and note how long it did."""

    world: simpy.Environment
    capacity: int
    busy: float = 0.0
    counts_from: float = 0.0
    line: simpy.Resource = field(init=False)

    def __post_init__(self):
        self.line = simpy.Resource(self.world, self.capacity)

    def serve(self, seconds: float, on: "_Place | None" = None) -> Generator[simpy.Event]:
        """Take a place, and one of ``on`` too, for so long."""
        with self.line.request() as turn:
            yield turn
            if on is None:
                yield self.world.timeout(seconds)
            else:
                yield from on.serve(seconds)
            self.busy += seconds if self.world.now >= self.counts_from else 0.0


class _Machine:
    def __init__(self, world: simpy.Environment, site: Site):
        self.cores = _Place(world, site.cores)
        self.passes = _Place(world, site.cores)
        self.replicas = [_Place(world, 1) for _number in range(site.replicas)]


def simulate(
    n_students: int,
    think: float,
    work: Work,
    site: Site = Site(),
    *,
    lasts: float,
    warm: float = 0.0,
    seed: int = 0,
    together: bool = False,
) -> Answers:
    """Let students ask for so long, after ``warm`` seconds that do not count; ``together`` all ask once, in one moment.

    What was asked within the time is answered, also after it.
    """
    world, draw = simpy.Environment(), random.Random(seed)
    machines = [_Machine(world, site) for _number in range(site.machines)]
    workers = _Place(world, max(site.workers, 1))
    driver = _Place(world, 1)
    places = [workers, driver, *(place for m in machines for place in (m.cores, m.passes, *m.replicas))]
    for place in places:
        place.counts_from = warm
    seconds: list[float] = []
    ended = [warm]

    def took(mean: float) -> float:
        return mean * work.spread(draw)

    def ask(machine: _Machine, replica: _Place) -> Generator[simpy.Event]:
        if work.before:
            yield from replica.serve(took(work.before), machine.cores)
        if work.computing and draw.random() >= work.kept:
            if site.workers:
                yield from workers.serve(took(work.computing))
            else:
                yield from machine.passes.serve(took(work.computing), machine.cores)
        if work.delay:
            yield world.timeout(took(work.delay))
        if work.after:
            yield from replica.serve(took(work.after), machine.cores)
        if work.driver:
            yield from driver.serve(took(work.driver), machines[0].cores)

    def visit(number: int) -> Generator[simpy.Event]:
        machine = machines[number % site.machines]
        replica = machine.replicas[number // site.machines % site.replicas]
        while True:
            if not together:
                yield world.timeout(draw.expovariate(1 / think))
            if (since := world.now) > warm + lasts:
                return
            yield from ask(machine, replica)
            if since >= warm:
                seconds.append(world.now - since)
                ended[0] = world.now
            if together:
                return

    for number in range(n_students):
        world.process(visit(number))
    world.run()
    lasted = ended[0] - warm

    def use(of: list[_Place]) -> float:
        return sum(place.busy for place in of) / sum(place.capacity for place in of) / lasted

    return Answers(
        seconds,
        lasted,
        max(use([replica]) for m in machines for replica in m.replicas),
        max(use([m.cores]) for m in machines),
        use([workers]) if site.workers else 0.0,
    )


def erlang_c(load: float, n_servers: int) -> float:
    """Give the chance of having to wait where requests come at random (Erlang 1917); ``load`` in busy servers."""
    blocked = 1.0
    for n in range(1, n_servers + 1):
        blocked = load * blocked / (n + load * blocked)
    return blocked / (1 - load / n_servers * (1 - blocked))


def most_students(carries: Callable[[int], bool], step: int = 1) -> int:
    """Find how many students a site carries, to within ``step``: more of them never wait less."""
    low, high = 0, step
    while carries(high):
        low, high = high, 2 * high
    while high - low > step:
        middle = (low + high) // 2
        low, high = (middle, high) if carries(middle) else (low, middle)
    return low


def needed(n_students: int, one_carries: int) -> int:
    """Say how many of what carries so many are needed."""
    return math.ceil(n_students / one_carries)
