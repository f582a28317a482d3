"""Say what BERT and GPT-2 are trained on and measured by: a task each, for the trainer."""

import grammar
import held_out
import small_models
import subword
import torch
import torch.nn.functional as functional
from causal_rows import CausalRows
from corpus import read_corpus
from masked_rows import MaskedRows
from packing import encode


class MaskedTask:
    """Train BERT: guess hidden words."""

    micro_batches, adam_rate, adam_betas, default_tokens = 4, 2e-3, (0.9, 0.98), 12.4e6
    generated_share = 0.10
    build = staticmethod(small_models.build_bert)
    read = staticmethod(read_corpus)

    @staticmethod
    def train_tokenizer(splits, seed):
        """Return a tokenizer made from the training sentences."""
        return subword.train_wordpiece(_for_tokenizer(splits, seed))

    def __init__(self, tokenizer, splits, seed):
        encoded = {source: encode(tokenizer, split.train) for source, split in splits.items() if split.train}
        self.rows = MaskedRows(tokenizer, encoded, self.generated_share, seed)
        self.tests = {
            source.name: held_out.masked_batches(tokenizer, split.held_out, 600) for source, split in splits.items()
        }

    def loss(self, model, batch, number):
        """Return (mean loss of the hidden words, tokens read)."""
        ids, labels = map(torch.from_numpy, self.rows.hide(batch, number))
        chosen = labels >= 0
        hidden = model.bert(ids, token_type_ids=torch.from_numpy(batch.types)).last_hidden_state
        return functional.cross_entropy(model.cls(hidden[chosen]).float(), labels[chosen]), ids.numel()

    def figures(self, model):
        """Return the held-out figures of every source."""
        return {name: held_out.masked_figures(model, batches) for name, batches in self.tests.items()}


class CausalTask:
    """Train GPT-2: guess the next token."""

    micro_batches, adam_rate, adam_betas, default_tokens = 3, 3e-3, (0.9, 0.95), 9.2e6
    generated_share = 0.12
    build = staticmethod(small_models.build_gpt2)
    read = staticmethod(read_corpus)

    @staticmethod
    def train_tokenizer(splits, seed):
        """Return a tokenizer made from the training sentences."""
        return subword.train_byte_bpe(_for_tokenizer(splits, seed))

    def __init__(self, tokenizer, splits, seed):
        trained = {source: split.train for source, split in splits.items() if split.train}
        first = {source: encode(tokenizer, sentences) for source, sentences in trained.items()}
        inside = {source: encode(tokenizer, sentences, prefix=" ") for source, sentences in trained.items()}
        self.rows = CausalRows(tokenizer, first, inside, self.generated_share, seed)
        self.tests = {
            source.name: held_out.causal_batches(tokenizer, source, split.held_out, 300)
            for source, split in splits.items()
        }

    def loss(self, model, batch, number):
        """Return (mean loss of the labelled tokens, tokens read)."""
        ids, labels = torch.from_numpy(batch[0]), torch.from_numpy(batch[1])
        hidden = model.transformer(ids).last_hidden_state[:, :-1]
        wanted = labels[:, 1:]
        chosen = wanted >= 0
        return functional.cross_entropy(model.lm_head(hidden[chosen]).float(), wanted[chosen]), ids.numel()

    def figures(self, model):
        """Return the held-out figures of every source."""
        return {name: held_out.causal_figures(model, batches) for name, batches in self.tests.items()}


def _for_tokenizer(splits, seed):
    """Return the training sentences, as often as an epoch reads them, and generated ones."""
    real = [s.text for source, split in splits.items() for _ in range(source.repeats) for s in split.train]
    weights = dict.fromkeys(grammar.KINDS, 1)
    return real + [sentence.text for sentence in grammar.generate(80_000, weights, f"tokenizer {seed}")]
