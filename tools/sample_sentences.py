"""Draw the sample of sentences that comes with Headlight from a file of books in the public domain.

    python -m tools.sample_sentences books_pd.txt assets/corpus/sample_en.txt

The file has a paragraph a line. Which sentences are drawn, and their order, depends on nothing but their text: those
with the smallest MD5, so that the first 500 are as fair a sample as all 2,000.
"""

import argparse
import hashlib
import re
from pathlib import Path

from tools.corpus import sentence_key, split_sentences

N_SENTENCES = 2_000
WORDS = range(5, 26)
WELL_FORMED = re.compile(r"[A-Z][A-Za-z ,;:'-]*[.!?]")
# Words of their time, and of violence, that nobody should meet in a class.
UNFIT = re.compile(
    r"\b(savage|injun|indian|negro|nigg|darky|darkie|squaw|jew|gyps|gips|heathen|chinam|slave|kill|murder|corpse|blood|"
    r"rape|whore|bastard|damn|devil|hell|suicid|hang|drunk|whip|breast|naked|fool|idiot|stupid|gay|queer|ejaculat|kiss|"
    r"dead|death|die|dying|god|lord|christ|ass|cock|half-breed|master|sheen|cannibal|shot|shoot|pistol|gun|knife|stab|poison|"
    r"skull|lash|beat|hate|bod(?:y|ies)\b)",
    re.IGNORECASE,
)


def drawn(paragraphs: list[str]) -> list[str]:
    """Give the sentences, each once, in the order of their MD5."""
    found = {sentence_key(text): text for line in paragraphs for text in split_sentences(line) if _is_fit(text)}
    return sorted(found.values(), key=lambda text: hashlib.md5(text.encode("utf-8")).hexdigest())[:N_SENTENCES]


def _is_fit(text: str) -> bool:
    return bool(WELL_FORMED.fullmatch(text)) and len(text.split()) in WORDS and not UNFIT.search(text)


def main() -> None:
    """Write the sample."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("books", type=Path)
    parser.add_argument("sample", type=Path)
    options = parser.parse_args()
    sentences = drawn(options.books.read_text(encoding="utf-8").split("\n"))
    options.sample.write_text("".join(f"{text}\n" for text in sentences), encoding="utf-8")


if __name__ == "__main__":
    main()
