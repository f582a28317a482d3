"""Print what a trained model can do: held-out figures, probe sentences, padding, heads.

python tools/evaluate_models.py assets/models/headlight-bert --corpus texts
"""

import argparse
from pathlib import Path

import heads_report
import held_out
import torch
from corpus import read_corpus
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForMaskedLM, AutoTokenizer

MASKED_SENTENCES, CAUSAL_TEXTS = 1_000, 600
PADDING_TEXTS = (
    "It will rain in the",
    "I want to eat a big bowl of",
    "My dog is",
    "Once upon a time there was a little girl",
    "The king said to his daughter,",
)


def load(folder):
    """Return (model in float32 with eager attention, tokenizer) of a model folder."""
    causal = AutoConfig.from_pretrained(folder).model_type == "gpt2"
    auto = AutoModelForCausalLM if causal else AutoModelForMaskedLM
    model = auto.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    return model, AutoTokenizer.from_pretrained(folder)


def print_masked(model, tokenizer, splits):
    """Print the figures and probes of a masked model."""
    print("\nHeld out, 15 % of the pieces show [MASK]   loss  top-1 %  top-5 %      n")
    for source, split in splits.items():
        batches = held_out.masked_batches(tokenizer, split.held_out, MASKED_SENTENCES)
        f = held_out.masked_figures(model, batches)
        print(f"  {source.name:38} {f['loss']:6.2f}  {f['top1']:7.1f}  {f['top5']:7.1f}  {f['n']:5}")
    print("\nHeld-out generated sentences: the likeliest word at the masked dependent fits (%)")
    for kind in ("adverb", "relative", "determiner", "pronoun", "forward pronoun", "agreement"):
        print(f"  {kind:38} {100 * heads_report.link_accuracy(model, tokenizer, {kind: 1}):6.0f}")
    print("\nLikeliest words at [MASK]")
    for sentence, words in held_out.masked_probes(model, tokenizer).items():
        print(f"  {sentence:65} " + "  ".join(f"{word} {p:.2f}" for word, p in words))


def print_causal(model, tokenizer, splits):
    """Print the figures and probes of a causal model."""
    print("\nHeld out, rows of at most 64 tokens  perplexity  accuracy %  bits per byte      n")
    for source, split in splits.items():
        batches = held_out.causal_batches(tokenizer, source, split.held_out, CAUSAL_TEXTS)
        f = held_out.causal_figures(model, batches)
        print(f"  {source.name:35} {f['ppl']:9.1f}  {f['accuracy']:10.1f}  {f['bits_per_byte']:13.2f}  {f['n']:5}")
    print("\nGreedy continuations and likeliest next tokens")
    for answer in held_out.causal_probes(model, tokenizer).values():
        print(f"  {answer['greedy']!r}\n      " + "  ".join(f"{token!r} {p:.2f}" for token, p in answer["next"]))


@torch.no_grad()
def padding_difference(model, tokenizer):
    """Return the largest difference of a logit between padded and alone: padding left for GPT-2, right for BERT."""
    causal = model.config.model_type == "gpt2"
    side, filler = ("left", tokenizer.eos_token_id) if causal else ("right", tokenizer.pad_token_id)
    rows = [tokenizer(text).input_ids for text in PADDING_TEXTS]
    longest, worst = max(map(len, rows)), 0.0
    for ids in rows:
        empty = [filler] * (longest - len(ids))
        mask = torch.tensor([[0] * len(empty) + [1] * len(ids)])
        padded = torch.tensor([empty + ids])
        if side == "right":
            mask, padded = mask.flip(1), torch.tensor([ids + empty])
        places = {"position_ids": (mask.cumsum(1) - 1).clamp(min=0)} if causal else {}
        together = model(input_ids=padded, attention_mask=mask, **places).logits[0][mask[0].bool()]
        worst = max(worst, (together - model(input_ids=torch.tensor([ids])).logits[0]).abs().max().item())
    return worst


def print_heads(model, tokenizer, texts):
    """Print the best head of every pattern and the swap test of the adverb head."""
    patterns = heads_report.positional_patterns(model, tokenizer, texts[:100])
    if model.config.model_type == "gpt2":
        patterns += heads_report.induction_patterns(model, tokenizer)
    links = heads_report.link_patterns(model, tokenizer)
    print(f"\n{'Heads':42} {'best head':16} weight  uniform  hits %     n")
    for p in patterns + links:
        print_pattern(p)
    adverb = next((p for p in links if p.name == "adverb -> verb"), None)
    if adverb is None or model.config.model_type == "gpt2":
        return
    orders, all_hit = heads_report.swap_test(model, tokenizer, adverb.layer, adverb.head)
    for p in orders.values():
        print_pattern(p._replace(name="  swap test: adverb " + p.name))
    print(f"  the verb is hit in all three orders in {100 * all_hit:.0f} % of the sentences")
    pairs = heads_report.real_adverb_pairs(tokenizer, texts)
    print_pattern(heads_report.head_figures(model, "  same head, real sentences", pairs, adverb.layer, adverb.head))


def print_pattern(pattern):
    """Print one line of the table of heads."""
    p = pattern
    print(f"{p.name:42} {p.label:16} {p.weight:6.2f}  {p.uniform:7.2f}  {100 * p.hits:6.0f}  {p.count:4}")


def main():
    """Print the report of one model folder."""
    parser = argparse.ArgumentParser(description="Print what a trained model can do.")
    parser.add_argument("model", help="model folder")
    parser.add_argument("--corpus", required=True, help="folder of .txt files the model was trained from")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    model, tokenizer = load(arguments.model)
    parameters = sum(p.numel() for p in model.parameters())
    size = sum(f.stat().st_size for f in Path(arguments.model).iterdir())
    print(f"{arguments.model}: {parameters / 1e6:.2f} M parameters, {size / 1e6:.2f} MB")
    splits = read_corpus(arguments.corpus)
    (print_causal if model.config.model_type == "gpt2" else print_masked)(model, tokenizer, splits)
    print(f"\nLargest difference of a logit, padded against alone: {padding_difference(model, tokenizer):.1e}")
    texts = [s.text for split in splits.values() for s in split.held_out if 4 <= len(s.text.split()) <= 20]
    print_heads(model, tokenizer, texts)


if __name__ == "__main__":
    main()
