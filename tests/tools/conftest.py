"""Share a few sentences and the shipped tokenizers between the tests of the training tools."""

import pytest
from corpus import DOCUMENT, FOLLOWS, PARAGRAPH, Sentence, Source, Split
from transformers import AutoTokenizer

from viz.shipped import MODELS_FOLDER

WORDS = "The old turtle moves slowly across the road and the small dog waits quietly near a red house".split()
STORIES = Source("stories", "stories.txt", repeats=2, modulus=5, connected=True)


@pytest.fixture(scope="session")
def bert_tokenizer():
    """Give headlight-bert's tokenizer."""
    return AutoTokenizer.from_pretrained(MODELS_FOLDER / "headlight-bert")


@pytest.fixture(scope="session")
def gpt2_tokenizer():
    """Give headlight-gpt2's tokenizer."""
    return AutoTokenizer.from_pretrained(MODELS_FOLDER / "headlight-gpt2")


@pytest.fixture(scope="session")
def splits():
    """Give a source of 120 sentences of 3 to 17 words: documents of ten sentences, paragraphs of three."""
    sentences = []
    for number in range(120):
        place = DOCUMENT if number % 10 == 0 else PARAGRAPH if number % 3 == 0 else FOLLOWS
        shifted = WORDS[number % 7 :] + WORDS[: number % 7]
        sentences.append(Sentence(" ".join(shifted[: 3 + number % 15]).capitalize() + ".", place))
    return {STORIES: Split(sentences, sentences[:20])}
