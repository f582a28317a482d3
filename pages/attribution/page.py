"""Who wrote the answer: what each head, MLP, embedding and bias of a decoder adds to the answer's logit."""

from functools import partial

import streamlit as st

from pages.ui.opening import Opening, of
from pages.ui.terms import terms
from viz.text import _

st.title(_("Who wrote the answer?"), anchor=False)
st.caption(
    _(
        "A GPT-2 adds everything it computes to one vector, and the next word is read off it. So the answer's logit is "
        "a sum: of what each head, each MLP, the embeddings and the biases wrote."
    )
)
terms("residual_stream", "direct_logit_attribution", "logit_lens")
opening = Opening(_("Here will be a square for every head: how much it wrote into the logit of the answer."))

# These bring Plotly and pandas, a second on a fresh server; the title stands meanwhile.
from pages.attribution import form  # noqa: E402
from pages.attribution.lens import lens_panel  # noqa: E402
from pages.attribution.shares import shares_panel  # noqa: E402
from pages.ui import head_choice  # noqa: E402
from pages.ui.head_panel import head_panel  # noqa: E402
from viz.analysis.openings import heads  # noqa: E402
from viz.engine.local import engine  # noqa: E402

question = form.ask()

slot = st.container()
with slot.skeleton(height=480):
    answer = form.answer(question)

if answer is not None:
    question, shared = answer
    with slot, head_choice.whole_page():
        shares_panel(shared, question.text)
        lens_panel(shared, question.text)
        st.header(_("One head"), anchor=False)
        head_panel(partial(engine.ask, question.request), row=0)
        opening.say(of(heads.attribution, partial(form.AttributionQuestion.shared_out, question)))
