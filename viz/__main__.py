"""Guess masked words and draw heads from the command line: ``python -m viz TEXT``."""

import argparse
import json
import os
import sys
import warnings
from pathlib import Path

from viz.errors import VizError
from viz.shipped import SHIPPED, shipped_names

MAX_K = 100
_LINE_ENDS = str.maketrans({"\n": "⏎", "\r": "␍"})  # one sentence, one line, also where the next word is a line's end

EXAMPLES = """examples:
  python -m viz "The turtle moves slow across the [MASK]."
  python -m viz "The turtle moves slow across the [MASK]." --top-k 5 --out diagrams --run turtle.npz
  python -m viz "It will rain in the" --model headlight-gpt2 --json
"""


def main(arguments: list[str] | None = None) -> int:
    """Answer one call; gives the exit code: 0, or 2 with one sentence on stderr."""
    for stream in filter(None, (sys.stdout, sys.stderr)):  # None where a caller closed it
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    options = _parser().parse_args(arguments)
    warnings.simplefilter("ignore")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    try:
        _answer(options)
        if sys.stdout is not None:
            sys.stdout.flush()  # here, not at exit, where an error would be a traceback
    except VizError as error:
        return _fail(str(error))
    except BrokenPipeError:
        _silence_stdout()  # the reader has left, as head does; what is written is enough
    except OSError as error:
        _silence_stdout()
        place = "the output" if error.filename is None else f"'{error.filename}'"
        return _fail(f"Cannot write to {place}: {error.strerror}. Choose another place.")
    except KeyboardInterrupt:
        return 130
    return 0


def _silence_stdout() -> None:
    """Let what is still to be written go nowhere, so that nothing fails again at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m viz",
        description="Guess the word at [MASK] (or the next word) and draw what every attention head looks at.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.error = lambda message: sys.exit(_fail(f"{message[:1].upper()}{message[1:]}. See python -m viz --help."))
    parser.add_argument("text", metavar="TEXT", help="a sentence with [MASK]; with a GPT-2, the beginning of one")
    parser.add_argument("--model", default=SHIPPED[0], help=f"{shipped_names()}, a folder, or a name on the Hub (default: %(default)s)")
    parser.add_argument("--top-k", type=_count, default=3, metavar="K", help=f"how many words, 1 to {MAX_K} (default: %(default)s)")
    parser.add_argument("--out", type=Path, metavar="DIR", help="write one diagram a head there, Attention_Layer1_Head1.png …")
    parser.add_argument("--run", type=Path, metavar="FILE", help="save the run (attentions, scores, masks) as .npz")
    parser.add_argument("--json", action="store_true", help="print the predictions as JSON")
    parser.add_argument("--cut", action="store_true", help="cut a text that is longer than the model reads")
    return parser


def _count(typed: str) -> int:
    if typed not in map(str, range(1, MAX_K + 1)):
        raise argparse.ArgumentTypeError(f"'{typed}' words cannot be listed; give a number from 1 to {MAX_K}")
    return int(typed)


def _answer(options: argparse.Namespace) -> None:
    """Run the model and print; torch is imported here, so that --help is instant."""
    from viz.batching import encode
    from viz.forward import run as run_model
    from viz.models import load_model
    from viz.predictions import completed, require_readouts

    loaded = load_model(options.model)
    run = run_model(loaded, encode(loaded, [options.text], truncate=options.cut))
    require_readouts(run)
    if options.run is not None:
        from viz import saved

        saved.write(run, options.run)
    if options.out is not None:
        from viz import diagrams

        diagrams.write_all(run, 0, options.out)
    sentences = [completed(run, 0, rank) for rank in range(1, options.top_k + 1)]
    if options.json:
        print(json.dumps(_as_json(run, options.top_k, sentences), ensure_ascii=False, indent=2))
    else:
        print("\n".join(sentence.translate(_LINE_ENDS) for sentence in sentences))


def _as_json(run, k: int, sentences: list[str]) -> dict:
    """Put the predictions into plain types; positions count from 0, as in the saved run."""
    from dataclasses import asdict

    from viz.predictions import top_k

    return {
        "model": run.model.checkpoint,
        "weights": run.model.weights,
        "text": run.batch.texts[0],
        "tokens": list(run.batch.tokens[0]),
        "completed": sentences,
        "predictions": [
            {"position": int(position), "words": [asdict(p) for p in top_k(run, n, k)]}
            for n, (_row, position) in enumerate(run.readouts)
        ],
    }


def _fail(sentence: str) -> int:
    print(" ".join(sentence.split()), file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
