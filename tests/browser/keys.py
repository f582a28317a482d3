"""Use the app as a keyboard does: go on by Tab, and look whether the eye can follow."""

from playwright.sync_api import Locator, Page

MOST_STOPS = 250  # of the Tab key, from the top of a page

HAS_FOCUS = """wanted => {
  let at = document.activeElement;
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  return wanted === at || wanted.contains(at);
}"""

# How the focused element, its parents and what lies beside it look: what changes when the focus goes on is its mark.
SEE_STOP = """async () => {
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  await frame(), await frame(); // what slides or fades not at all still takes one
  await new Promise((done) => setTimeout(done, 80)); // Streamlit's fields are marked by a script of theirs
  const up = (one) => one.assignedSlot || one.parentElement || one.getRootNode().host;
  const look = (one) => {
    const style = getComputedStyle(one);
    const outline = style.outlineStyle === "none" ? "" : style.outlineWidth + style.outlineColor;
    return [outline, style.boxShadow, style.borderColor, style.backgroundColor, style.color].join();
  };
  const name = (one) => {
    const box = one.getBoundingClientRect(), said = one.getAttribute("aria-label") || one.innerText || one.className;
    return `${one.tagName} ${String(said).slice(0, 60)} (${Math.round(box.width)} x ${Math.round(box.height)})`;
  };
  const before = window.stopBefore;
  let at = document.activeElement;
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  const near = [];
  for (let one = at; one && near.length < 6; one = up(one)) near.push(one);
  const also = near.slice(0, 3).flatMap((one) => [...one.querySelectorAll("*")].slice(0, 40));
  window.stopBefore = { at, near, name: name(at), marks: [...near, ...also].map((one) => [one, look(one)]) };
  if (!before || !before.at.isConnected || before.at === document.body) return "";
  const left = at === document.body; // the last stop was the one before
  const ofNext = (one) => !left && (at.contains(one) || (near.includes(one) && !before.near.includes(one)));
  return before.marks.every(([one, looked]) => ofNext(one) || look(one) === looked) ? before.name : "";
}"""


def tab_to(page: Page, wanted: Locator, key: str = "Tab") -> None:
    """Press Tab, or another key, until an element, or one inside it, has the focus."""
    wanted.wait_for()
    for _stop in range(MOST_STOPS):
        if wanted.evaluate(HAS_FOCUS):
            return
        page.keyboard.press(key)
    raise AssertionError(f"the {key} key does not come there")


def press(page: Page, *keys: str) -> None:
    """Press keys one after the other."""
    for key in keys:
        page.keyboard.press(key)


def unseen_stops(page: Page, n_most: int = MOST_STOPS) -> tuple[int, list[str]]:
    """Tab through a page, once around; gives how many stops there are, and those that nothing marks.

    Nothing may slide or fade meanwhile: set reduced motion first.
    """
    unseen = []
    page.evaluate(SEE_STOP)
    for n in range(n_most):
        page.keyboard.press("Tab")
        unseen.append(page.evaluate(SEE_STOP))
        if n and page.evaluate("document.activeElement === document.body"):
            break
    return n, [name for name in unseen if name]
