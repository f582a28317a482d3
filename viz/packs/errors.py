"""Errors about class packs and hand-ins that a person can act on."""

from dataclasses import dataclass

from viz.errors import N_, Reason, VizError


class WrongPart(ValueError):
    """Say inside a check of the schema what does not go together; whoever reads on knows the line."""

    def __init__(self, reason: Reason):
        self.reason = reason
        super().__init__(str(reason))


@dataclass(frozen=True, slots=True)
class Problem:
    """Hold one thing that is wrong with a pack: the line of its file, counted from 1, where, and why."""

    line: int
    where: str  # parts 2, questions 1, within
    reason: Reason

    @property
    def sentence(self) -> Reason:
        """Say line, place and reason."""
        if not self.where:
            return Reason("Line {line}: {said}", line=self.line, said=self.reason)
        return Reason("Line {line}, {where}: {said}", line=self.line, where=self.where, said=self.reason)


class PackWrong(VizError):
    """Refuse a pack: the sentence says the first problem, ``problems`` are all of them, in the order of their lines."""

    template = N_("Cannot use the pack '{name}'. {first}")

    @classmethod
    def of(cls, name: str, problems: tuple[Problem, ...]) -> "PackWrong":
        """Refuse the pack of a name for its problems, one or more."""
        return cls(name=name, first=problems[0].sentence, problems=problems)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Give everything that is wrong."""
        found = self.values["problems"]
        assert isinstance(found, tuple)
        return found


class NotMeasurable(VizError):
    """Refuse a question that the texts of its part have no answer to."""

    template = N_("The model has no answer to this question: {reason}")


class PackNotOffered(VizError):
    """Refuse a name of no pack that is there."""

    template = N_("There is no pack '{name}' here. Choose one of the list, or open its file.")


class AnswerTooLong(VizError):
    """Refuse an answer that could not be kept."""

    template = N_("The answer has {n:,} characters, and {most:,} are kept. Shorten it.")


class TooFewSentences(VizError):
    """Refuse to test a claim on fewer sentences than the lesson asks for."""

    template = N_("The number of marked sentences is {n}; this question asks for at least {least}.")


class HandInTooLarge(VizError):
    """Refuse to pack answers that no teacher's page would read."""

    template = N_("The answers take {n:,} bytes, and {most:,} are read from a hand-in. Shorten the longest ones.")


class HandInWrong(VizError):
    """Refuse one file of a class; the reason says what is wrong with it, and what to do."""

    template = N_("'{name}' is left out: {reason}")
