"""Train a small BERT or GPT-2 from a folder of text.

python tools/train_models.py bert --corpus texts --out assets/models/headlight-bert --tokens 12.4e6
"""

import argparse
import json
import signal
import time
from contextlib import nullcontext
from pathlib import Path

import grammar
import held_out
import optimisation
import small_models
import subword
import torch
import torch.nn.functional as functional
from causal_rows import CausalRows
from corpus import read_corpus
from masked_rows import MaskedRows
from packing import encode
from tqdm import tqdm
from transformers import AutoTokenizer

EVALUATION_TOKENS = 1_000_000
CHECKPOINT_SECONDS = 240


class MaskedTask:
    """Train BERT: guess hidden words."""

    micro_batches, adam_rate, adam_betas, default_tokens = 4, 2e-3, (0.9, 0.98), 12.4e6
    generated_share = 0.10
    build = staticmethod(small_models.build_bert)
    train_tokenizer = staticmethod(subword.train_wordpiece)

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
    train_tokenizer = staticmethod(subword.train_byte_bpe)

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


TASKS = {"bert": MaskedTask, "gpt2": CausalTask}


def half_precision():
    """Return the context in which the forward pass runs: bfloat16 where the processor has it."""
    has = torch.cpu.get_capabilities()
    return torch.autocast("cpu", torch.bfloat16) if has.get("avx512_bf16") or has.get("amx_bf16") else nullcontext()


def tokenizer_for(task, splits, work, seed):
    """Return the tokenizer kept in the work folder, training it on the training sentences when there is none."""
    folder = Path(work) / "tokenizer"
    if not folder.exists():
        real = [s.text for source, split in splits.items() for _ in range(source.repeats) for s in split.train]
        weights = dict.fromkeys(grammar.KINDS, 1)
        generated = [sentence.text for sentence in grammar.generate(80_000, weights, f"tokenizer {seed}")]
        task.train_tokenizer(real + generated).save_pretrained(folder)
    return AutoTokenizer.from_pretrained(folder)


class Trainer:
    """Run one training from its newest checkpoint to its last token."""

    def __init__(self, task, model, tokenizer, total, work):
        self.task, self.model, self.tokenizer, self.total, self.work = task, model, tokenizer, total, Path(work)
        self.optimisers = optimisation.make_optimisers(model, task.adam_rate, task.adam_betas)
        decay_start = round(total * (1 - optimisation.DECAY_SHARE))
        self.progress = {
            "tokens": 0,
            "step": 0,
            "epoch": 0,
            "batch": 0,
            "seconds": 0.0,
            "total": total,
            "decay_start": decay_start,
        }
        self.stopped = False

    def resume(self):
        """Continue from a checkpoint; a decay that has not begun starts no earlier than now."""
        path = optimisation.choose_checkpoint(self.work, self.total)
        if path is None:
            return
        saved = optimisation.load_checkpoint(path, self.model, self.optimisers)
        if saved["total"] != self.total:
            saved["decay_start"] = max(saved["tokens"], self.progress["decay_start"])
            saved["total"] = self.total
        self.progress = saved

    def run(self):
        """Train until the budget is spent or a signal asks to stop; return whether it was spent."""
        progress, marks = self.progress, {"saved": time.time(), "measured": self.progress["tokens"]}
        batches = self.task.rows.epoch(progress["epoch"])
        bar = tqdm(total=self.total, initial=progress["tokens"], unit="tok", unit_scale=True, mininterval=20)
        while progress["tokens"] < self.total and not self.stopped:
            if progress["batch"] + self.task.micro_batches > len(batches):
                progress["epoch"], progress["batch"] = progress["epoch"] + 1, 0
                batches = self.task.rows.epoch(progress["epoch"])
            before = dict(progress)
            loss = self.step(batches[progress["batch"] :][: self.task.micro_batches])
            bar.update(progress["tokens"] - before["tokens"])
            bar.set_postfix(loss=f"{loss:.3f}", refresh=False)
            self.keep(before, loss, marks)
        bar.close()
        self.save("latest.pt")
        return progress["tokens"] >= self.total

    def step(self, batches):
        """Update the weights once and return the mean loss of the micro-batches."""
        progress, started, losses = self.progress, time.time(), []
        factor = optimisation.rate_factor(progress["tokens"], progress["decay_start"], self.total)
        optimisation.set_rate(self.optimisers, factor)
        for number, batch in enumerate(batches):
            with half_precision():
                loss, tokens = self.task.loss(self.model, batch, progress["step"] * len(batches) + number)
            (loss / len(batches)).backward()
            losses.append(loss.item())
            progress["tokens"] += tokens
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for optimiser in self.optimisers:
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
        progress["step"] += 1
        progress["batch"] += len(batches)
        progress["seconds"] += time.time() - started
        return sum(losses) / len(losses)

    def keep(self, before, loss, marks):
        """Write checkpoints and held-out figures when they are due."""
        tokens, start = self.progress["tokens"], self.progress["decay_start"]
        if before["tokens"] < start <= tokens:
            self.save("constant.pt")
        if time.time() - marks["saved"] > CHECKPOINT_SECONDS:
            self.save("latest.pt")
            marks["saved"] = time.time()
        if tokens - marks["measured"] >= EVALUATION_TOKENS:
            self.measure(loss)
            marks["measured"] = tokens

    def save(self, name):
        """Write a checkpoint into the work folder."""
        optimisation.save_checkpoint(self.work / name, self.model, self.optimisers, self.progress)

    def measure(self, loss):
        """Append the held-out figures to log.jsonl and refresh the loadable snapshot."""
        self.model.eval()
        figures = {"loss": round(loss, 4), **self.progress, "held_out": self.task.figures(self.model)}
        self.model.train()
        with open(self.work / "log.jsonl", "a", encoding="utf-8") as log:
            log.write(json.dumps(figures) + "\n")
        for name, values in figures["held_out"].items():
            tqdm.write(
                f"{self.progress['tokens']:>10} {name:9} " + "  ".join(f"{k} {v:.2f}" for k, v in values.items())
            )
        small_models.save_half(self.model, self.tokenizer, self.work / "snapshot")


def parse_arguments():
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Train a small BERT or GPT-2 from a folder of text.")
    parser.add_argument("kind", choices=TASKS)
    parser.add_argument("--corpus", required=True, help="folder of .txt files")
    parser.add_argument("--out", required=True, help="folder the finished model goes to")
    parser.add_argument("--tokens", type=float, help="token budget")
    parser.add_argument("--work", default="training", help="folder for checkpoints, tokenizer and log")
    parser.add_argument("--resume", action="store_true", help="continue from the newest checkpoint")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


def main():
    """Train the model the command line asks for."""
    arguments = parse_arguments()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    task_type = TASKS[arguments.kind]
    work = Path(arguments.work) / arguments.kind
    work.mkdir(parents=True, exist_ok=True)
    splits = read_corpus(arguments.corpus)
    tokenizer = tokenizer_for(task_type, splits, work, arguments.seed)
    task = task_type(tokenizer, splits, arguments.seed)
    model = task.build(tokenizer).train()
    trainer = Trainer(task, model, tokenizer, int(arguments.tokens or task.default_tokens), work)
    if arguments.resume:
        trainer.resume()
    signal.signal(signal.SIGTERM, lambda *_: setattr(trainer, "stopped", True))
    if trainer.run():
        trainer.measure(float("nan"))
        small_models.save_half(model, tokenizer, arguments.out)


if __name__ == "__main__":
    main()
