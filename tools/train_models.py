"""Train a small BERT, GPT-2 or translator from a folder of text.

python tools/train_models.py bert --corpus texts --out assets/models/headlight-bert --tokens 12.4e6
"""

import argparse
import json
import signal
import time
from contextlib import nullcontext
from pathlib import Path

import optimisation
import rearrange
import small_models
import torch
from tasks import CausalTask, MaskedTask
from tqdm import tqdm
from transformers import AutoTokenizer
from translation import TranslationTask

EVALUATION_TOKENS = 1_000_000
CHECKPOINT_SECONDS = 240


TASKS = {"bert": MaskedTask, "gpt2": CausalTask, "en-fr": TranslationTask}


def half_precision():
    """Return the context in which the forward pass runs: bfloat16 where the processor has it."""
    has = torch.cpu.get_capabilities()
    return torch.autocast("cpu", torch.bfloat16) if has.get("avx512_bf16") or has.get("amx_bf16") else nullcontext()


def tokenizer_for(task, splits, work, seed, begin_with):
    """Return the tokenizer of the model to go on from, or the one in the work folder, trained when there is none."""
    folder = Path(begin_with or Path(work) / "tokenizer")
    if not folder.exists():
        task.train_tokenizer(splits, seed).save_pretrained(folder)
    return AutoTokenizer.from_pretrained(folder)


def first_model(task, tokenizer, begin_with, layers):
    """Return a fresh model, or one that goes on from the weights in a folder, its layers in the order asked for."""
    fresh = task.build(tokenizer)
    if begin_with is None:
        return fresh
    known = type(fresh).from_pretrained(begin_with, dtype=torch.float32, attn_implementation="eager")
    if layers:
        ids = torch.from_numpy(next(batch for batch in task.rows.epoch(0) if not batch.generated).ids)
        known = rearrange.with_layers(known, rearrange.parse_layers(layers), ids)
    fresh.load_state_dict(known.state_dict())
    return fresh


class Trainer:
    """Run one training from its newest checkpoint to its last token."""

    def __init__(self, task, model, tokenizer, total, work, rate=1.0, decay_share=optimisation.DECAY_SHARE):
        self.task, self.model, self.tokenizer, self.total, self.work = task, model, tokenizer, total, Path(work)
        self.optimisers = optimisation.make_optimisers(model, task.adam_rate, task.adam_betas, rate)
        decay_start = round(total * (1 - decay_share))
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
    parser = argparse.ArgumentParser(description="Train a small BERT, GPT-2 or translator from a folder of text.")
    parser.add_argument("kind", choices=TASKS)
    parser.add_argument("--corpus", required=True, help="folder of .txt files, or of the pairs")
    parser.add_argument("--out", required=True, help="folder the finished model goes to")
    parser.add_argument("--tokens", type=float, help="token budget")
    parser.add_argument("--work", default="training", help="folder for checkpoints, tokenizer and log")
    parser.add_argument("--begin-with", help="folder of a model to go on from: its tokenizer and its weights")
    parser.add_argument("--layers", help="which of its layers, in which order (BERT), such as 0,1,new,2,4,5")
    parser.add_argument("--rate", type=float, default=1.0, help="peak learning rate, as a share of the usual one")
    parser.add_argument(
        "--decay-share",
        type=float,
        default=optimisation.DECAY_SHARE,
        help="share of the tokens, at the end, over which the learning rate falls to zero (default: %(default)s)",
    )
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
    splits = task_type.read(arguments.corpus)
    tokenizer = tokenizer_for(task_type, splits, work, arguments.seed, arguments.begin_with)
    task = task_type(tokenizer, splits, arguments.seed)
    model = first_model(task, tokenizer, arguments.begin_with, arguments.layers).train()
    total = int(arguments.tokens or task.default_tokens)
    trainer = Trainer(task, model, tokenizer, total, work, arguments.rate, arguments.decay_share)
    if arguments.resume:
        trainer.resume()
    signal.signal(signal.SIGTERM, lambda *_: setattr(trainer, "stopped", True))
    if trainer.run():
        trainer.measure(float("nan"))
        small_models.save_half(model, tokenizer, arguments.out)


if __name__ == "__main__":
    main()
