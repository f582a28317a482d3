"""Tell where memory ran out: Python, numpy and torch each say it in another way."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from viz.errors import OutOfMemory

# torch on a CPU raises a plain RuntimeError: "... DefaultCPUAllocator: can't allocate memory: you tried to allocate
# 8388608 bytes. Error code 12 (Cannot allocate memory)"; its C++ parts "std::bad_alloc".
_NO_MEMORY = re.compile(r"can't allocate memory|not enough memory|bad_alloc")


@contextmanager
def memory_said() -> Iterator[None]:
    """Say that memory ran out in place of what was raised for it. Raises ``OutOfMemory``."""
    try:
        yield
    except (MemoryError, torch.OutOfMemoryError) as error:
        raise OutOfMemory(wanted=_wanted(error)) from error
    except RuntimeError as error:
        if _NO_MEMORY.search(str(error)) is None:
            raise
        raise OutOfMemory(wanted=_wanted(error)) from error


def _wanted(error: BaseException) -> str:
    """Give how much was asked for, in the words of who could not have it."""
    found = re.search(r"allocate ([\d.]+ \w+)", str(error))
    return found[1] if found else "what this takes"
