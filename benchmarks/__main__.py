"""Run every benchmark, one after another: ``make bench``."""

from benchmarks import batch, batch_page, browser_page, capture, diagrams, first_visit, inside_page, rank_all, sessions

for benchmark in (diagrams, capture, batch, rank_all, first_visit, sessions, browser_page, batch_page, inside_page):
    print(f"\n## {benchmark.__name__}: {benchmark.__doc__.splitlines()[0]}", flush=True)
    benchmark.main()
