"""Answer the command line: ``python -m viz TEXT``, or ``python -m viz COMMAND …``."""

import argparse
import importlib
import os
import sys
import warnings

from viz.errors import VizError

# Each is a module of viz.commands. Without one of these words in front, the first argument is a text.
COMMANDS: dict[str, str] = {
    "check-batch": "check_batch",
    "heads": "heads",
    "claim": "claim",
    "head": "head",
    "attribute": "attribute",
    "verify": "verify",
    "patch": "patch",
    "switch-off": "switch_off",
    "importance": "importance",
    "corpus": "corpus",
    "pack": "pack",
}


def main(arguments: list[str] | None = None) -> int:
    """Answer one call; gives the exit code: that of the command, or 2 with one sentence on stderr."""
    for stream in filter(None, (sys.stdout, sys.stderr)):  # None where a caller closed it
        stream.reconfigure(  # type: ignore[union-attr]
            encoding="utf-8", errors="backslashreplace"
        )
    command, options = _read(sys.argv[1:] if arguments is None else arguments)
    warnings.simplefilter("ignore")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    try:
        _check_settings()
        code = command.answer(options)
        if sys.stdout is not None:
            sys.stdout.flush()  # here, not at exit, where an error would be a traceback
    except VizError as error:
        return _fail(str(error))
    except BrokenPipeError:
        _silence_stdout()  # the reader has left, as head does; what is written is enough
        return 0
    except OSError as error:
        _silence_stdout()
        place = "the output" if error.filename is None else f"'{error.filename}'"
        return _fail(f"Cannot write to {place}: {error.strerror}. Choose another place.")
    except KeyboardInterrupt:
        return 130
    return code


def _read(arguments: list[str]):
    """Give the module that answers and its options; torch is imported when it answers, so that --help is instant."""
    name = arguments[0] if arguments and arguments[0] in COMMANDS else ""
    command = importlib.import_module(f"viz.commands.{COMMANDS.get(name, 'guess')}")
    program = f"python -m viz {name}".strip()
    others = "".join(f"  python -m viz {other} --help\n" for other in COMMANDS) if not name else ""
    parser = argparse.ArgumentParser(
        prog=program,
        description=command.DESCRIPTION,
        epilog=command.EXAMPLES + (f"\nother commands:\n{others}" if others else ""),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.error = lambda message: sys.exit(_fail(f"{message[:1].upper()}{message[1:]}. See {program} --help."))
    command.add_arguments(parser)
    return command, parser.parse_args(arguments[1:] if name else arguments)


def _check_settings() -> None:
    """Refuse wrong settings; what reads them is imported here, so that --help is instant."""
    from viz import settings

    settings.check()


def _silence_stdout() -> None:
    """Let what is still to be written go nowhere, so that nothing fails again at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fail(sentence: str) -> int:
    print(" ".join(sentence.split()), file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
