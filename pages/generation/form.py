"""Ask which prompts go on, and how."""

from dataclasses import dataclass

from pages.ui import prompt_form
from pages.ui.prompt_form import BatchQuestion
from pages.ui.sampling_form import ask_sampling
from viz.analysis.batches.generation import Generation, Sampling
from viz.engine.local import engine
from viz.engine.requests import Continue


@dataclass(frozen=True, slots=True)
class GenerationQuestion(BatchQuestion):
    """Name what the page was asked: a batch of prompts, and how they are continued."""

    sampling: Sampling = Sampling()

    @property
    def continued(self) -> Continue:
        """Give what the engine is asked; padding is on the left."""
        return Continue(self.checkpoint, self.prompts, self.sampling, revision=self.revision)


def ask() -> GenerationQuestion:
    """Show the form and give the question in it; the first visit finds it filled."""
    batch = prompt_form.ask("generation", sides=False)
    return GenerationQuestion(batch.checkpoint, batch.text, batch.padding_side, ask_sampling())


def answer(question: GenerationQuestion) -> tuple[GenerationQuestion, Generation] | None:
    """Continue the prompts; where that cannot be done, say why and keep the last answer on the page."""
    return question.answered(lambda asked: engine.ask(asked.continued), place="generation")
