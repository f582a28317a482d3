"""Show how the open head's jobs spread over texts, and the words it links, each as a table to take along."""

import streamlit as st

from pages.ui.chart import chart
from viz.analysis import tables
from viz.analysis.corpus.links import LEAST, MAX_PAIRS
from viz.analysis.corpus.reading import Head, Reading
from viz.analysis.corpus.spreads import BINS
from viz.analysis.corpus.standings import job_names, links_table, spread_said, spreads_table
from viz.analysis.heads.measures import MEASURES
from viz.drawing.spread_bars import spread_bars
from viz.names import head_label
from viz.text import _, number, translated

SHOWN = 300  # rows; all are in the CSV
ROUND = st.column_config.NumberColumn(format="%.4f")


def spreads_panel(of: Reading, head: Head) -> None:
    """Draw one job's histogram, and list the quantiles of all."""
    names = job_names(of, head[0])
    job = st.selectbox(_("Job"), list(names), key="corpus_job", format_func=names.__getitem__)
    spread = of.spreads[job]
    chart(spread_bars(spread, head, names[job]), "corpus_spread", spread_said(spread, head, names[job]))
    st.caption(f"{translated(MEASURES[job].definition)} `{MEASURES[job].formula}`")
    table = spreads_table(of, head)
    shown = {_("job"): [names[name] for name in table["job"]]} | {
        _column(name): values for name, values in table.items() if name != "job"
    }
    st.dataframe(shown, hide_index=True, column_config={_column(name): ROUND for name in list(table)[2:]})
    message = _(
        "A value a text, special tokens counted, as on the head board. Least, most and the means are exact; a quantile "
        "is told to half of one of {n} bins between 0 and the most a job can have."
    )
    st.caption(message.format(n=number(BINS)))
    save(_("Jobs over texts as CSV"), table, f"corpus_jobs_{head_label(*head)}.csv")


def links_panel(of: Reading, head: Head) -> None:
    """List pairs of words by how much more than an even look the head gives from one to the other."""
    least = int(st.number_input(_("Places at which a pair must stand"), LEAST, None, key="corpus_least", step=5))
    table = links_table(of, head, least=least)
    shown = {_column(name): values[:SHOWN] for name, values in table.items()}
    numbers = {_column(name): ROUND for name in ("weight", "even", "ratio", "z")}
    st.dataframe(shown, hide_index=True, column_config=numbers)
    message = _(
        "Words without case, {n} pairs at enough places. weight: mean over the places, what the query word gives to "
        "the key word. even: the same of a head that looks evenly at all it may look at. ratio = Σ weight / Σ even. "
        "z = Σ(w − m) / √Σs², m and s² the mean and the variance of what the same query gives in the same text to all "
        "words that count: large where luck alone would not deal this pair so much. A head that looks at a fixed "
        "distance links whatever often stands there."
    )
    st.caption(message.format(n=number(len(table["n"]))))
    if of.links.n_pairs > MAX_PAIRS:
        message = _("Of {n} pairs that stand at {least} places or more the {most} most frequent were followed.")
        counts = {"n": number(of.links.n_pairs), "least": LEAST, "most": number(MAX_PAIRS)}
        st.caption(message.format(**counts))
    save(_("All links as CSV"), table, f"corpus_links_{head_label(*head)}.csv")


def save(label: str, table: dict[str, list], name: str) -> None:
    """Offer a table as CSV."""
    st.download_button(
        label, lambda: tables.as_csv(table), name, "text/csv", key=name, on_click="ignore", icon=":material/download:"
    )


def _column(name: str) -> str:
    """Name a column as the screen does; 5 %, 25 %, median … of a quantile."""
    if name.startswith("quantile_"):
        share = float(name.removeprefix("quantile_"))
        return _("median") if share == 0.5 else f"{share:.0%}"
    names = {
        "n_texts": _("texts"),
        "least": _("least"),
        "most": _("most"),
        "mean": _("mean"),
        "even": _("even look"),
        "query": _("query word"),
        "key": _("key word"),
        "n": _("places"),
        "weight": _("weight"),
        "ratio": _("times even"),
        "z": _("z"),
    }
    return names[name]
