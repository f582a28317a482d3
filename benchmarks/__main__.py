"""Run every benchmark, one after another: ``make bench``."""

from benchmarks import (
    attribution,
    batch,
    batch_page,
    board,
    browser_page,
    capture,
    catalogues,
    class_load,
    cluster,
    contribution,
    corpus,
    cross_page,
    diagrams,
    exports,
    families,
    first_visit,
    hand_ins,
    inside_page,
    long_text,
    memory,
    opened_run,
    patching,
    rank_all,
    scale_model,
    sessions,
    soak,
    word_importance,
)

SERVER = (
    first_visit,
    catalogues,
    sessions,
    class_load,
    scale_model,
    soak,
    memory,
    browser_page,
    batch_page,
    inside_page,
    cross_page,
    long_text,
    opened_run,
    hand_ins,
    cluster,  # last: it changes the settings of this process
)

for benchmark in (
    diagrams,
    exports,
    capture,
    contribution,
    families,
    batch,
    board,
    corpus,
    rank_all,
    attribution,
    patching,
    word_importance,
    *SERVER,
):
    print(f"\n## {benchmark.__name__}: {(benchmark.__doc__ or '').splitlines()[0]}", flush=True)
    benchmark.main()
