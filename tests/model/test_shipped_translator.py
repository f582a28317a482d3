"""The translator in the repository loads offline with plain Auto classes and does what its card says."""

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

import cross_heads  # noqa: E402
from translation import translate  # noqa: E402

from viz.shipped import ALL_SHIPPED, MODELS_FOLDER, TRANSLATOR  # noqa: E402

FOLDER = MODELS_FOLDER / TRANSLATOR


@pytest.fixture(scope="module")
def tokenizer():
    return transformers.AutoTokenizer.from_pretrained(FOLDER, local_files_only=True)


@pytest.fixture(scope="module")
def model():
    auto = transformers.AutoModelForSeq2SeqLM
    options = {"local_files_only": True, "dtype": torch.float32, "attn_implementation": "eager"}
    return auto.from_pretrained(FOLDER, **options).eval()


def test_the_folder_is_small_half_precision_and_plain():
    files = list(FOLDER.iterdir())
    assert sum(file.stat().st_size for file in files) <= 20_000_000
    assert not [file.name for file in files if file.suffix in {".py", ".bin", ".pt", ".pkl"}]
    config = transformers.AutoConfig.from_pretrained(FOLDER, local_files_only=True)
    assert (config.encoder_layers, config.decoder_layers) == (3, 3)
    assert (config.encoder_attention_heads, config.decoder_attention_heads, config.d_model) == (12, 12, 192)
    assert config.dtype == torch.float16


def test_every_shipped_model_has_a_card_with_its_licence():
    for name in ALL_SHIPPED:
        card = (MODELS_FOLDER / name / "README.md").read_text()
        assert "license: cc-by-4.0" in card and "CC BY 2.0 FR" in card and "tatoeba.org" in card


@pytest.mark.parametrize(
    "text, french",
    [
        ("She has a black dog.", "Elle a un chien noir."),
        ("I like green tea.", "J'aime le thé vert."),
        ("Tom lost his keys yesterday.", "Tom a perdu ses clés hier."),
        ("My father sings every morning.", "Mon père chante tous les matins."),
        ("I don't know what to say.", "Je ne sais pas quoi dire."),
        ("A red car stopped.", "Une voiture rouge rouge rouge."),
    ],
)
def test_it_translates_as_its_card_says(model, tokenizer, text, french):
    assert translate(model, tokenizer, [text]) == [french]


def test_a_cross_attention_head_is_right_for_80_of_100_aligned_words(model, tokenizer):
    """Layer3_Head11, in the row that writes the word: 96 on the card."""
    writes, reads = cross_heads.hits(model, tokenizer, cross_heads.read_aligned())
    assert writes.shape == (100, 3, 12)
    assert writes.mean(0)[2, 10] == writes.mean(0).max() == pytest.approx(0.96)
    assert reads.mean(0).max() == pytest.approx(0.35)


def test_it_says_the_same_padded_and_alone(model, tokenizer):
    texts = ["I like green tea.", "She has a black dog in her garden.", "Go."]
    start = torch.tensor([[model.config.decoder_start_token_id]])
    with torch.no_grad():
        for side in ("left", "right"):
            together = tokenizer(texts, return_tensors="pt", padding=True, padding_side=side)
            batch = model(**together, decoder_input_ids=start.expand(3, 1)).logits
            for row, text in enumerate(texts):
                alone = model(**tokenizer(text, return_tensors="pt"), decoder_input_ids=start).logits[0]
                close = torch.allclose(batch[row], alone, atol=1e-4)
                assert close == (side == "right" or text == texts[1])  # its positions count from the first column
