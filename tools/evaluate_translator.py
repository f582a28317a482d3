"""Print what a trained translator can do: BLEU on held-out sentences, translations, padding, heads that align words.

python tools/evaluate_translator.py assets/models/headlight-en-fr --corpus texts
"""

import argparse

import cross_heads
import pairs
import torch
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer
from translation import FILE, SHORT, bleu, translate

PROBES = (
    "A red car stopped.",
    "She has a black dog.",
    "I like green tea.",
    "Where is the train station?",
    "Tom lost his keys yesterday.",
    "My father sings every morning.",
    "The old man never drinks cold water.",
    "I don't know what to say.",
)


def print_bleu(model, tokenizer, held_out):
    """Print BLEU of greedy translations against all known ones: of short sentences, and of all."""
    print("\nHeld out, greedy                                 BLEU      n")
    for name, most in ((f"sentences of up to {SHORT} words", SHORT), ("all sentences", 10**9)):
        known = pairs.references(held_out, most)
        print(f"  {name:44} {bleu(model, tokenizer, known):6.1f}  {len(known):5}")


@torch.no_grad()
def padding_difference(model, tokenizer):
    """Return the largest difference of a logit of the first word, alone against in a padded batch."""
    start = torch.tensor([[model.config.decoder_start_token_id]])
    together = tokenizer(list(PROBES), return_tensors="pt", padding=True)
    batch = model(**together, decoder_input_ids=start.expand(len(PROBES), 1)).logits
    alone = [model(**tokenizer(text, return_tensors="pt"), decoder_input_ids=start).logits[0] for text in PROBES]
    return (batch - torch.stack(alone)).abs().max().item()


def main():
    """Print the report of one model folder."""
    parser = argparse.ArgumentParser(description="Print what a trained translator can do.")
    parser.add_argument("model", help="model folder")
    parser.add_argument("--corpus", required=True, help=f"folder of {FILE}")
    arguments = parser.parse_args()
    model = AutoModelForSeq2SeqLM.from_pretrained(
        arguments.model, dtype=torch.float32, attn_implementation="eager"
    ).eval()
    tokenizer = AutoTokenizer.from_pretrained(arguments.model)
    train, held_out = pairs.read_pairs(f"{arguments.corpus}/{FILE}")
    print(f"{sum(p.numel() for p in model.parameters()) / 1e6:.2f} M parameters, {len(train)} pairs for training")
    print_bleu(model, tokenizer, held_out)
    print("\nTranslations")
    for text, made in zip(PROBES, translate(model, tokenizer, list(PROBES))):
        print(f"  {text:40} {made}")
    print(f"\nLargest difference of a logit, padded against alone: {padding_difference(model, tokenizer):.1e}")
    cross_heads.print_heads(cross_heads.hits(model, tokenizer, cross_heads.read_aligned()))


if __name__ == "__main__":
    main()
