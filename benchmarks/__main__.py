"""Run every benchmark, one after another: ``make bench``."""

from benchmarks import browser_page, capture, diagrams, first_visit, sessions

for benchmark in (diagrams, capture, first_visit, sessions, browser_page):
    print(f"\n## {benchmark.__name__}: {benchmark.__doc__.splitlines()[0]}", flush=True)
    benchmark.main()
