"""Write up a lesson as ``analysis.md``: every question, what was answered, and how it stands."""

from collections.abc import Sequence

from viz.analysis.claims.report import quoted, verdict_sentence
from viz.errors import VizError
from viz.labels import typed
from viz.names import position_number
from viz.packs import answer_kinds, claims, schema, score
from viz.packs.grading import judge
from viz.packs.measures import Asking, truth
from viz.packs.progress import Given, Progress
from viz.packs.shelf import OpenPack
from viz.text import _, sentence


def analysis(
    of: OpenPack, progress: Progress, name: str, ask: Asking, pictures: Sequence[str], left_out: Sequence[str]
) -> str:
    """Write all parts as Markdown; ``pictures`` are shown, files that are ``left_out`` are named."""
    pack = of.pack
    version = _("Lesson: {pack}, version {digest}. Model: {model}.")
    written = [
        f"# {quoted(pack.title)}",
        quoted(_("By {name}.").format(name=name)) if name.strip() else _("No name was given."),
        quoted(score.said(score.score(pack, progress, lambda question: truth(pack, question, ask)))),
        quoted(version.format(pack=pack.pack, digest=of.digest[:12], model=pack.model)),
    ]
    for at, part in enumerate(pack.parts):
        number = position_number(at)
        written += _part(pack, part, number, progress, ask)
        written += [f"![{path}]({path})" for path in pictures if path.startswith(f"pictures/part_{number}/")]
    if left_out:
        message = _("Left out, so that the file stays small; running the texts of the lesson again gives them:")
        written += [message, "\n".join(f"- {path}" for path in left_out)]
    return "\n\n".join(written) + "\n"


def _part(pack: schema.Pack, part: schema.Part, number: int, progress: Progress, ask: Asking) -> list[str]:
    written = [f"## {number}. {quoted(part.title)}"]
    if part.show is not None:
        texts = enumerate(part.show.texts)
        written.append("\n".join(f"{position_number(at)}. {quoted(text)}" for at, text in texts))
    for at, question in enumerate(part.questions):
        name = _("Question {number}").format(number=f"{number}.{position_number(at)}")
        written += [f"### {name}", _block(question.ask)]
        given = progress.answers.get(question.id)
        written += [_("No answer.")] if given is None else _answer(pack, question, given, ask)
    return written


def _answer(pack: schema.Pack, question: schema.AnyQuestion, given: Given, ask: Asking) -> list[str]:
    """Say what was answered, how often, and how it stands now."""
    lines = [_("Answer: {given}").format(given=quoted(typed(given.last)))]
    if given.tries > 1:
        message = _("First answer: {first}; number of tries: {n}.")
        lines.append(message.format(first=quoted(typed(given.first)), n=given.tries))
    if given.hinted:
        lines.append(_("The hint was read before the first answer."))
    if isinstance(question.answer, answer_kinds.OpenAnswer):
        lines[0] = _block(given.last, is_written=False)
    written = ["\n".join(f"- {line}" for line in lines[1:])] if lines[1:] else []
    written = [lines[0], *written, *_sentences(given), f"**{quoted(_stands(pack, question, given, ask))}**"]
    return [*written, _block(given.words, is_written=False)] if given.words.strip() else written


def _sentences(given: Given) -> list[str]:
    lines = [line for line in given.sentences.splitlines() if line.strip()]
    return ["\n".join(f"- {quoted(line)}" for line in lines)] if lines else []


def _stands(pack: schema.Pack, question: schema.AnyQuestion, given: Given, ask: Asking) -> str:
    """Say how an answer stands against the model's, or why that cannot be said."""
    try:
        if claims.is_claim(question):
            return verdict_sentence(claims.tested(pack, question, given, ask))
        return judge(question, given.last, truth(pack, question, ask)).said
    except VizError as error:
        return sentence(error)


def _block(text: str, *, is_written: bool = True) -> str:
    """Quote a text line by line; what is not ``is_written`` in Markdown is shown as its characters."""
    return "\n".join(f"> {line if is_written else quoted(line)}".rstrip() for line in text.splitlines())
