"""The two models in the repository load offline with plain Auto classes and do what their cards say."""

from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from tests.conftest import REPOSITORY  # noqa: E402

MODELS = REPOSITORY / "assets" / "models"
BERT, GPT2 = MODELS / "headlight-bert", MODELS / "headlight-gpt2"
LARGEST_FOLDER = 16_000_000
SENTENCES = (
    "The old man sat by the river.",
    "She put the letter on the table.",
    "We went home in the evening.",
    "My brother likes to read books.",
)
PLACES = set(
    "field road street river bridge garden room house forest sea hill path lake water floor ground table yard lawn sky "
    "window door grass snow sand desert valley mountain country village town city beach fields meadow plain land park "
    "stream woods way roof earth pond hills".split()
)
PASSED_THROUGH = PLACES | set(
    "gate hall opening hole passage wood gap archway tunnel doorway square arch space crowd court".split()
)
THINGS = set(
    "book letter knife pen cup glass paper stone key box bottle candle lamp newspaper plate coin card hat ball apple "
    "bag "
    "chair spoon basket picture bit piece handkerchief note pencil stick bowl photograph ring coat watch pipe flower "
    "sheet "
    "towel match magazine sword hammer rose gun bone fork dish map leaf loaf pair bundle cigarette".split()
)
READINGS = {
    "book",
    "letter",
    "newspaper",
    "story",
    "magazine",
    "paper",
    "novel",
    "poem",
    "card",
    "note",
    "map",
    "picture",
}
TIMES_AND_PLACES = set(
    "morning afternoon evening night summer winter spring garden house city country forest sky room mountains world "
    "village middle town street park east west north south future sea dark fields field kitchen hills".split()
)
FOODS = set(
    "soup rice milk water coffee tea bread fruit ice meat cake sugar honey wine porridge cream apples chocolate fish "
    "food "
    "hot beer vegetables salad butter noodles juice oranges grapes flour berries cherries pudding broth candy stew "
    "corn "
    "nuts eggs cheese pasta cold fresh strawberries tomato cookies cereal spaghetti".split()
)


@pytest.fixture(scope="module")
def bert():
    tokenizer = transformers.AutoTokenizer.from_pretrained(BERT, local_files_only=True)
    return load(transformers.AutoModelForMaskedLM, BERT), tokenizer


@pytest.fixture(scope="module")
def gpt2():
    tokenizer = transformers.AutoTokenizer.from_pretrained(GPT2, local_files_only=True)
    return load(transformers.AutoModelForCausalLM, GPT2), tokenizer


def load(auto, folder: Path):
    model = auto.from_pretrained(folder, local_files_only=True, dtype=torch.float32, attn_implementation="eager")
    return model.eval()


def attentions_of(model, tokenizer, text: str) -> torch.Tensor:
    """Give the attention of all heads to one text, (layers, heads, tokens, tokens)."""
    with torch.no_grad():
        output = model(**tokenizer(text, return_tensors="pt"), output_attentions=True)
    return torch.stack(output.attentions)[:, 0]


@pytest.mark.parametrize("folder", [BERT, GPT2], ids=lambda folder: folder.name)
def test_a_folder_is_small_half_precision_and_plain(folder):
    files = list(folder.iterdir())
    assert sum(f.stat().st_size for f in files) <= LARGEST_FOLDER
    assert not [f.name for f in files if f.suffix in {".py", ".bin", ".pt", ".pkl"}]
    config = transformers.AutoConfig.from_pretrained(folder, local_files_only=True)
    assert (config.num_hidden_layers, config.num_attention_heads, config.hidden_size) == (6, 12, 192)
    assert config.dtype == torch.float16
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
    assert tokenizer.model_max_length == 128


def test_bert_has_the_parameters_its_shape_implies(bert):
    model, _ = bert
    width, inner, pieces, positions = 192, 768, 12_288, 128
    layer = 4 * (width * width + width) + 2 * width * inner + inner + width + 4 * width
    embeddings = (pieces + positions + 2) * width + 2 * width
    head = width * width + width + 2 * width + pieces
    assert sum(p.numel() for p in model.parameters()) == 6 * layer + embeddings + head


def test_gpt2_has_the_parameters_its_shape_implies(gpt2):
    model, _ = gpt2
    width, inner, pieces, positions = 192, 768, 8_192, 128
    layer = 4 * (width * width + width) + 2 * width * inner + inner + width + 4 * width
    assert sum(p.numel() for p in model.parameters()) == 6 * layer + (pieces + positions) * width + 2 * width


def test_bert_tokens_are_where_bert_has_them(bert):
    model, tokenizer = bert
    assert tokenizer.pad_token_id == model.config.pad_token_id == 0
    assert tokenizer.convert_ids_to_tokens(range(5)) == ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    pair = tokenizer("The dog barked.", "It was late.")
    length = len(tokenizer.tokenize("The dog barked."))
    assert pair.token_type_ids == [0] * (length + 2) + [1] * (len(pair.input_ids) - length - 2)
    assert tokenizer.tokenize("The TURTLE") == ["the", "turtle"]


def test_gpt2_has_one_special_token_and_no_padding_as_the_real_one(gpt2):
    model, tokenizer = gpt2
    assert tokenizer.eos_token == tokenizer.bos_token == "<|endoftext|>"
    assert tokenizer.eos_token_id == model.config.eos_token_id == 0
    assert tokenizer.pad_token is None
    assert model.config.activation_function == "gelu_new"
    text = "Any text: ünïcode, 3.14 \n and  spaces!"
    assert tokenizer.decode(tokenizer(text).input_ids) == text


@pytest.mark.parametrize("name", ["bert", "gpt2"])
def test_attentions_are_one_square_per_head_and_rows_sum_to_one(name, request):
    model, tokenizer = request.getfixturevalue(name)
    inputs = tokenizer(SENTENCES[0], return_tensors="pt")
    tokens = inputs.input_ids.shape[1]
    with torch.no_grad():
        attentions = model(**inputs, output_attentions=True).attentions
    assert [tuple(a.shape) for a in attentions] == [(1, 12, tokens, tokens)] * 6
    assert torch.allclose(torch.stack(attentions).sum(-1), torch.ones(6, 1, 12, tokens), atol=1e-5)


def test_bert_says_the_same_padded_and_alone(bert):
    model, tokenizer = bert
    texts = ["She is reading a [MASK].", "We turned down a narrow lane and passed through a small [MASK]."]
    with torch.no_grad():
        together = model(**tokenizer(texts, padding=True, return_tensors="pt")).logits
        for row, text in zip(together, texts):
            alone = model(**tokenizer(text, return_tensors="pt")).logits[0]
            assert (row[: len(alone)] - alone).abs().max() < 1e-4


def test_gpt2_says_the_same_padded_on_the_left_and_alone(gpt2):
    model, tokenizer = gpt2
    rows = [tokenizer(text).input_ids for text in ("My dog is", "I want to eat a big bowl of", "It will rain in the")]
    longest = max(map(len, rows))
    mask = torch.tensor([[0] * (longest - len(ids)) + [1] * len(ids) for ids in rows])
    ids = torch.tensor([[0] * (longest - len(ids)) + ids for ids in rows])
    positions = (mask.cumsum(1) - 1).clamp(min=0)
    with torch.no_grad():
        together = model(input_ids=ids, attention_mask=mask, position_ids=positions).logits
        for row, alone_ids in zip(together, rows):
            alone = model(input_ids=torch.tensor([alone_ids])).logits[0]
            assert (row[-len(alone_ids) :] - alone).abs().max() < 1e-4


def likeliest_at_mask(bert, text: str, count: int) -> list[str]:
    model, tokenizer = bert
    inputs = tokenizer(text, return_tensors="pt")
    place = inputs.input_ids[0].tolist().index(tokenizer.mask_token_id)
    with torch.no_grad():
        logits = model(**inputs).logits[0, place]
    return tokenizer.convert_ids_to_tokens(logits.topk(count).indices.tolist())


@pytest.mark.parametrize(
    ("text", "sensible", "at_least"),
    [
        ("The turtle moves slow across the [MASK].", PLACES, 5),
        # Distance and time it also proposes; one passes through them in other sentences.
        ("We turned down a narrow lane and passed through a small [MASK].", PASSED_THROUGH, 2),
        # The model knows that a noun stands here, not that it must be a thing a hand can hold.
        ("Then I picked up a [MASK] from the table.", PLACES | THINGS | {"corner", "hole", "tree"}, 3),
    ],
)
def test_bert_fills_the_seed_sentences_with_words_that_fit(bert, text, sensible, at_least):
    words = likeliest_at_mask(bert, text, 5)
    assert len(set(words) & sensible) >= at_least, words


def test_a_turtle_moves_slowly(bert):
    assert set(likeliest_at_mask(bert, "The turtle moved [MASK] across the field.", 2)) == {"slow", "slowly"}


def test_bert_reads_a_book(bert):
    words = likeliest_at_mask(bert, "She is reading a [MASK].", 5)
    assert words[0] == "book"
    assert len(set(words) & READINGS) >= 2, words


@pytest.mark.parametrize(
    ("prompt", "sensible"), [("It will rain in the", TIMES_AND_PLACES), ("I want to eat a big bowl of", FOODS)]
)
def test_gpt2_goes_on_sensibly(gpt2, prompt, sensible):
    model, tokenizer = gpt2
    with torch.no_grad():
        logits = model(**tokenizer(prompt, return_tensors="pt")).logits[0, -1]
    words = [tokenizer.decode([i]).strip() for i in logits.topk(5).indices.tolist()]
    assert words[0] in sensible, words
    assert len(set(words) & sensible) >= 3, words


@pytest.mark.parametrize("prompt", ["It will rain in the", "I want to eat a big bowl of", "My dog is"])
def test_gpt2_ends_a_sentence_by_itself(gpt2, prompt):
    model, tokenizer = gpt2
    inputs = tokenizer(prompt, return_tensors="pt")
    made = model.generate(**inputs, max_new_tokens=30, do_sample=False, pad_token_id=0)[0].tolist()
    continuation = tokenizer.decode(made[inputs.input_ids.shape[1] : -1])
    assert made[-1] == 0, continuation
    assert continuation.strip()[-1] in '.!?"', continuation


def best_mean_diagonal(model, tokenizer, offset: int) -> float:
    """Give the largest mean over the heads of what words give to the word ``offset`` places away."""
    looks = []
    for sentence in SENTENCES:
        attentions = attentions_of(model, tokenizer, sentence)
        if model.config.model_type == "bert":
            attentions = attentions[:, :, 1:-1, 1:-1]  # rows and columns of words, without [CLS] and [SEP]
        looks.append(attentions.diagonal(offset, -2, -1))
    return torch.cat(looks, -1).mean(-1).max().item()


def test_bert_has_a_next_token_and_a_previous_token_head(bert):
    assert best_mean_diagonal(*bert, 1) >= 0.9
    assert best_mean_diagonal(*bert, -1) >= 0.9


def test_gpt2_has_an_induction_head(gpt2):
    model, _ = gpt2
    block = torch.randperm(8_000, generator=torch.Generator().manual_seed(3))[:20] + 100
    ids = torch.cat([block, block])[None]
    with torch.no_grad():
        attentions = torch.stack(model(ids, output_attentions=True).attentions)[:, 0]
    # Row 20 + i holds the same token as column i; the token that followed it is in column i + 1.
    looks = torch.stack([attentions[:, :, 20 + i, i + 1] for i in range(19)], -1).mean(-1)
    assert looks.max() >= 0.6


ADVERB_SENTENCES = [
    ("The turtle {} moved across the field {} .", "moved", "slowly"),
    ("Anna {} sleeps in the garden {} .", "sleeps", "soundly"),
    ("The old king {} waited at the door {} .", "waited", "patiently"),
    ("The soldiers {} fought on the bridge {} .", "fought", "bravely"),
]


def test_the_head_of_the_exercise_looks_from_the_adverb_to_its_verb_on_either_side(bert):
    model, tokenizer = bert
    before, after = [], []
    for frame, verb, adverb in ADVERB_SENTENCES:
        for places, looks in (((adverb, ""), before), (("", adverb), after)):
            text = frame.format(*places)
            words = ["[CLS]", *tokenizer.tokenize(text), "[SEP]"]
            looks.append(attentions_of(model, tokenizer, text)[:, :, words.index(adverb), words.index(verb)])
    both = torch.minimum(torch.stack(before).mean(0), torch.stack(after).mean(0))
    assert divmod(int(both.argmax()), 12) == (3, 10)  # Layer4_Head11
    assert both.max() >= 0.9
