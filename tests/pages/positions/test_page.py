"""The page Where is the order? without a browser: its tables, its parts, its address."""

import base64

import numpy as np
import pytest
import torch
import transformers as tf

from pages.ui import question
from tests.pages.driver import figure, messages, open_app, press, table
from viz.shipped import MODELS_FOLDER, SHIPPED

PAGE = "pages/positions/page.py"


def cells(app, key: str) -> np.ndarray:
    """Give the numbers of a heat map as the browser gets them."""
    z = figure(app, key)["data"][0]["z"]
    return np.frombuffer(base64.b64decode(z["bdata"]), dtype=z["dtype"]).reshape(
        [int(n) for n in z["shape"].split(",")]
    )


def test_the_table_of_the_model_is_drawn_number_by_number():
    app = open_app(PAGE, part="tables")
    weight = tf.AutoModel.from_pretrained(MODELS_FOLDER / "headlight-bert", dtype=torch.float32)
    np.testing.assert_array_equal(
        cells(app, "position_table_map"), weight.embeddings.position_embeddings.weight.detach().numpy()
    )
    assert "headlight-bert knows positions in this way: learned." in "".join(messages(app.markdown))
    assert table(app, "this model")["this model"].tolist() == ["✓", "–", "–", "–", "–", "–"]
    assert cells(app, "position_computed_map").shape == (128, 192)


def test_a_model_that_cannot_be_loaded_leaves_the_last_tables(monkeypatch):
    monkeypatch.setattr(question, "SHIPPED", (*SHIPPED, "no/such"))
    app = open_app(PAGE, part="tables")
    app.selectbox(key="positions_model").set_value("no/such")
    press(app, "Run")
    assert app.error and cells(app, "position_table_map").shape == (128, 192)


@pytest.mark.parametrize("model", ["headlight-gpt2"])
def test_an_address_opens_model_text_and_part(model):
    app = open_app(PAGE, part="tables", model=model, text="It was a")
    assert (app.text_area(key="positions_text").value, app.query_params["part"]) == ("It was a", "tables")
    assert f"{model} knows positions" in "".join(messages(app.markdown))
