"""Every page, with every family of models, says in words what is wrong: no traceback, no number of the log."""

import pytest

from pages.compare import form as compare_form
from pages.cross import form
from pages.ui import question
from tests.model.test_families import EAGER, RECORDED, write
from tests.pages.driver import assert_no_failure, open_app
from tests.translator import tiny_translator
from viz.shipped import SHIPPED, TRANSLATOR

# The page, the fields of its text and its model, its button.
PAGES = {
    "masked_word": ("text", "model", "Run"),
    "batch": ("batch_text", "batch_model", "Run"),
    "generation": ("batch_text", "batch_model", "Run"),
    "cross": ("cross_text", "cross_model", "Run"),
    "same_alone": ("batch_text", "batch_model", "Run"),
    "inside": ("inside_text", "inside_model", "Run"),
    "training": ("training_text", "training_model", "Run"),
    "board": ("board_text_a", "board_model_a", "Measure"),
    "claim": ("claim_text", "claim_model", "Test"),
    "switch_off": ("switch_text", "switch_model", "Run"),
    "attribution": ("attribution_text", "attribution_model", "Run"),
    "patching": ("patch_text", "patch_model", "Run"),
    "head": ("head_text", "head_model", "Run"),
    "importance": ("importance_text", "importance_model", "Run"),
    "positions": ("positions_text", "positions_model", "Run"),
    "compare": ("compare_text_a", "compare_model_a", "Compare"),
}
TEXTS = (
    "",
    " \n\t ",
    "[MASK]",
    "the cat sat on the mat",
    "the [MASK] sat. " * 12,
    "\n".join(f"the cat {n}" for n in range(17)),
    "<script>alert(1)</script> $x$ :red[x] **b** {slot} *so* _so_",
    "😀 مرحبا 我们今天 \u202e\u0000 e\u0301",
)
LONG = ("a" * 10_001, "the cat sat " * 60, "[MASK] " * 60)
DIGITS = "9" * 5_000
ADDRESSES = (
    {"prompt": DIGITS, "query": DIGITS, "key": DIGITS, "mask": DIGITS, "hidden": DIGITS, "layers": f"window{DIGITS}"},
    {"prompt": "-1", "query": "0", "hidden": "0,-3,x,²", "layers": "window-1,nonsense", "mask": "3.AAAA", "k": "0"},
    {"head": "L999H999", "k": DIGITS, "seed": DIGITS, "share": "nan", "bound": "inf", "order": "x", "measure": "x"},
    {"head": DIGITS, "off": f"L{DIGITS}H1", "by": "x", "word": "two words", "claim": "Layer0_Head0", "way": "x"},
    {"model": "/no/such/folder", "padding_side": "up", "end": "x", "model_b": "nobody/nothing", "text_b": ""},
    {"step": DIGITS, "pin": DIGITS, "shade": "Layer0", "kind": "x", "look": "x", "target": "\u0000"},
    {"step": "-1", "pin": "-1", "shade": f"Layer{DIGITS}", "kind": "decoder", "target": "x" * 10_001},
    {
        "text_a": "",
        "hide_a": DIGITS,
        "model_b": "/no/such/folder",
        "hide_b": "-1,x",
        "kind": "cross",
        "text_b": "x" * 10_001,
    },
    {"text_a": "\u0000", "hide_b": "0", "model_a": "nobody/nothing", "text_b": "$x$ <b>", "kind": "x", "head": DIGITS},
    {"pack": DIGITS, "part": DIGITS},
    {"pack": "own:\u0000", "part": "-1"},
    {"model": "\u0000", "text": "", "second": "x" * 10_001, "measure": "pair", "query": "zebra", "key": "zebra"},
)


@pytest.fixture(scope="module")
def families(tmp_path_factory) -> list[str]:
    """Write a tiny checkpoint of every family; gives their folders."""
    folder = tmp_path_factory.mktemp("families")
    made = {make: tokenizer for make, tokenizer in (*RECORDED.items(), *EAGER.items())}
    translator = str(tiny_translator(folder / "translator"))
    return [*(str(write(folder / make.__name__, make, tokenizer())) for make, tokenizer in made.items()), translator]


def ask(app, page: str, text: str, model: str) -> None:
    text_key, model_key, label = PAGES[page]
    field = next(field for field in (*app.text_area, *app.text_input) if field.key == text_key)
    field.set_value(text)
    app.selectbox(key=model_key).set_value(model)
    next(button for button in app.button if button.label == label).click().run()
    assert_no_failure(app)
    assert app.session_state[text_key] == text  # nothing that was typed is lost


@pytest.mark.parametrize("page", PAGES)
def test_a_page_answers_any_text_on_any_family_in_words(page, families, monkeypatch):
    monkeypatch.setattr(question, "SHIPPED", (*SHIPPED, *families))
    monkeypatch.setattr(form, "MODELS", (TRANSLATOR, *SHIPPED, *families))
    monkeypatch.setattr(compare_form, "OFFERED", (*SHIPPED, *families))
    app = open_app(f"pages/{page}/page.py")
    for number, model in enumerate((*families, *SHIPPED)):
        # Every text on the shipped models and the translator; on each family the usual one, and two others in turn.
        texts = (
            (*TEXTS, *LONG)
            if model in (*SHIPPED, families[-1])
            else (TEXTS[3], TEXTS[number % 8], (*TEXTS, *LONG)[-1 - number % 5])
        )
        for text in texts:
            ask(app, page, text, model)


@pytest.mark.parametrize("page", [*PAGES, "corpus", "glossary", "hand_ins", "lesson", "models", "start"])
def test_a_page_opens_at_any_address(page, tiny_translator_folder):
    usual = {"cross": {"model": str(tiny_translator_folder)}, "corpus": {"lines": "3"}}.get(page, {})
    for address in ADDRESSES:
        open_app(f"pages/{page}/page.py", **(usual | address))
