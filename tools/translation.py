"""Train and measure a small translator: its task for the trainer, greedy translation, BLEU."""

import pairs
import sacrebleu
import small_models
import subword
import torch
import torch.nn.functional as functional

FILE = "tatoeba_en_fr.tsv"
SHORT = 8  # words of a sentence that counts as short
LABEL_SMOOTHING = 0.1
SCORED = 500  # held-out sentences a BLEU is measured on while training


class TranslationTask:
    """Train a Marian: write each piece of the translation from the source and the pieces before (teacher forcing)."""

    micro_batches, adam_rate, adam_betas, default_tokens = 4, 2e-3, (0.9, 0.98), 20e6
    build = staticmethod(small_models.build_marian)

    @staticmethod
    def read(folder):
        """Return (training Pairs, held-out Pairs) of a corpus folder."""
        return pairs.read_pairs(f"{folder}/{FILE}")

    @staticmethod
    def train_tokenizer(splits, _seed):
        """Return one tokenizer for both languages."""
        return subword.train_shared_bpe(text for pair in splits[0] for text in pair)

    def __init__(self, tokenizer, splits, seed):
        train, held_out = splits
        self.tokenizer = tokenizer
        self.rows = pairs.PairRows(tokenizer, train, seed)
        self.tests = pairs.PairRows(tokenizer, held_out, seed).epoch(0)
        short = pairs.references(held_out, SHORT)
        self.short = dict(list(short.items())[:: max(1, len(short) // SCORED)])

    def loss(self, model, batch, _number):
        """Return (mean loss of the pieces to write, tokens read)."""
        source, read, written = map(torch.from_numpy, batch)
        hidden = model.model(input_ids=source, decoder_input_ids=read).last_hidden_state
        chosen = written >= 0
        logits = model.lm_head(hidden[chosen]).float()
        loss = functional.cross_entropy(logits, written[chosen], label_smoothing=LABEL_SMOOTHING)
        return loss, source.numel() + int(chosen.sum())

    @torch.no_grad()
    def figures(self, model):
        """Return the held-out loss and accuracy of single pieces, and BLEU on short sentences."""
        loss = hits = count = 0
        for source, read, written in (map(torch.from_numpy, batch) for batch in self.tests):
            logits = model(input_ids=source, decoder_input_ids=read).logits[written >= 0].float()
            wanted = written[written >= 0]
            loss += functional.cross_entropy(logits, wanted, reduction="sum").item()
            hits += (logits.argmax(-1) == wanted).sum().item()
            count += len(wanted)
        everything = {"loss": loss / count, "accuracy": 100 * hits / count, "n": count}
        return {"held out": everything, "short": {"bleu": bleu(model, self.tokenizer, self.short)}}


@torch.no_grad()
def translate(model, tokenizer, sentences, longest=64):
    """Return the greedy translation of each sentence, in batches padded on the right."""
    made = []
    for start in range(0, len(sentences), 64):
        inputs = tokenizer(sentences[start : start + 64], return_tensors="pt", padding=True)
        ids = model.generate(**inputs, max_new_tokens=longest, num_beams=1, do_sample=False)
        made += tokenizer.batch_decode(ids, skip_special_tokens=True)
    return [text.strip() for text in made]


def bleu(model, tokenizer, translations):
    """Return the BLEU (sacrebleu, its default tokens) of greedy translations against all known ones of each source."""
    made = translate(model, tokenizer, list(translations))
    most = max(map(len, translations.values()))
    # A sentence of fewer translations leaves the others out.
    columns = [[known[i] if i < len(known) else None for known in translations.values()] for i in range(most)]
    return sacrebleu.corpus_bleu(made, columns).score
