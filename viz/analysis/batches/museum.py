"""List the padding museum: mistakes of real projects, each with where it was reported, the prompts, and its repair."""

from dataclasses import dataclass

from viz.analysis.batches.same_alone import Mistakes
from viz.errors import N_
from viz.examples import example
from viz.shipped import SHIPPED

BERT, GPT2 = SHIPPED
REPAIRED = Mistakes()


@dataclass(frozen=True, slots=True)
class Exhibit:
    """Hold one mistake; ``title``, ``story`` and ``repair`` are message ids, ``thread`` is where it was reported."""

    name: str
    title: str
    story: str
    repair: str
    thread: str
    link: str
    checkpoint: str
    padding_side: str
    mistakes: Mistakes

    @property
    def text(self) -> str:
        """Give its prompts, one a line."""
        return example("museum", self.name)


MUSEUM = {
    exhibit.name: exhibit
    for exhibit in (
        Exhibit(
            "no_positions",
            N_("Left padding without position_ids"),
            N_(
                "A plain call counts columns. Behind left padding every token of a shorter prompt stands too far to "
                "the right."
            ),
            N_("Pass position_ids that count the real tokens; generate makes them from the mask."),
            "transformers #18478",
            "https://github.com/huggingface/transformers/issues/18478",
            GPT2,
            "left",
            Mistakes(no_position_ids=True),
        ),
        Exhibit(
            "pads_not_masked",
            N_("A loop looks at the padding"),
            N_(
                "The prompts are padded, but only input_ids reach the loop: padding is read as text, and the shorter "
                "prompt goes on otherwise than alone."
            ),
            N_("Pass the tokenizer's attention_mask to the loop, with the positions that follow from it."),
            "TransformerLens #1005",
            "https://github.com/TransformerLensOrg/TransformerLens/issues/1005",
            GPT2,
            "left",
            Mistakes(no_attention_mask=True, no_position_ids=True),
        ),
        Exhibit(
            "mask_per_query",
            N_("A mask for each query, given to a GPT-2"),
            N_(
                "A mask [texts, queries, keys] is flattened without a word, and its first row stands for every query: "
                "with the usual triangle, all look at the first token alone."
            ),
            N_("Give a GPT-2 a mask of [texts, keys], or one of [texts, 1, queries, keys] with what is to be added."),
            "transformers #12261",
            "https://github.com/huggingface/transformers/issues/12261",
            GPT2,
            "right",
            Mistakes(mask_per_query=True),
        ),
        Exhibit(
            "end_is_padding",
            N_("The end token is taken for padding"),
            N_(
                "A GPT-2 is padded with its end token. A mask made by input_ids != pad_token_id hides the end tokens "
                "of the text as well, and all positions behind them move."
            ),
            N_("Take the mask that the tokenizer made as it padded; it knows what was text."),
            "RAGEN #59",
            "https://github.com/mll-lab-nu/RAGEN/issues/59",
            GPT2,
            "left",
            Mistakes(mask_from_ids=True),
        ),
        Exhibit(
            "doubled_ends",
            N_("Special tokens twice"),
            N_(
                "The text has its special tokens already, from a template or typed as [CLS] … [SEP], and the tokenizer "
                "adds its own around them."
            ),
            N_("Tokenize such a text with add_special_tokens=False."),
            "OpenRLHF #393",
            "https://github.com/OpenRLHF/OpenRLHF/issues/393",
            BERT,
            "left",
            Mistakes(double_special=True),
        ),
    )
}
