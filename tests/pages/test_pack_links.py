"""Every link of the packs that ship opens its page with what it names, and no page complains."""

import pytest

from tests.pages.driver import messages, open_app
from viz.packs import shelf

LINKS = {
    f"{name}-{link.page}-{number}": link
    for name in shelf.SHIPPED
    for number, link in enumerate(link for part in shelf.find(name, "en").pack.parts for link in part.links)
}
# What is said of numbers on a page is no complaint about its address.
SAYS = {"masked_word", "claim", "same_alone"}


@pytest.mark.parametrize("called", LINKS)
def test_a_link_opens_its_page(called):
    link = LINKS[called]
    app = open_app(f"pages/{link.page}/page.py", **link.values)
    if link.page not in SAYS:
        assert messages(app.error) == messages(app.warning) == []
    assert not [said for said in messages(app.error) if "annot" in said]
    kept = {name: value for name, value in link.values.items() if name not in ("museum", "lines")}
    for name, value in kept.items():
        assert app.query_params.get(name) in (value, [value]), (name, app.query_params.get(name))
