"""Write class packs for tests: a whole one, and the same with something in it changed."""

import textwrap

HEAD = """\
pack: try-it
language: en
title: A try
minutes: 15
model: headlight-bert
about: What a batch is.
parts:
"""

PART = """\
- title: Two texts
  prose: Look at *both*.
  show:
    texts:
    - The turtle moved slowly across the [MASK].
    - The [MASK] sat.
    head: Layer4_Head11
  links:
  - page: batch
    label: The same on its page
    values: {text: The cat sat.}
  questions:
"""

PADDING = """\
- id: padding
  kind: number
  ask: How many positions of text 2 are padding?
  answer: {of: padding, text: 2}
  is: 4
"""


def pack(*questions: str, head: str = HEAD, part: str = PART) -> bytes:
    """Write a pack of one part with these questions, or with one about padding."""
    listed = "".join(textwrap.indent(question, "  ") for question in questions or (PADDING,))
    return (head + part + listed).encode()


def question(kind: str, answer: str, more: str = "") -> str:
    """Write a question called q."""
    return f"- id: q\n  kind: {kind}\n  ask: What?\n  answer: {answer}\n" + textwrap.indent(more, "  ")


LOOKS = question(
    "word", "{of: looked at, query: slowly, head: Layer4_Head11}", "because: An adverb.\nhint: The verb.\n"
)
