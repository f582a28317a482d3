"""Errors that a person can act on: what was wrong, what is allowed, what to do.

Each class carries an English template (a gettext message id) and the values that fill it. ``str(error)`` is the
English sentence; a page shows the translated one with ``text.sentence(error)``.
"""


def N_(message: str) -> str:
    """Mark a template for the catalogues; it is translated when it is shown."""
    return message


class VizError(Exception):
    """Say what was wrong with the value seen, what is allowed, and what to do."""

    template = N_("Something is wrong: {reason}")

    def __init__(self, **values: object):
        self.values = values
        super().__init__(self.template.format(**values))


class EmptyText(VizError):
    template = N_("There is no text. Type a sentence, for example: {example}")


class NoMaskToken(VizError):
    template = N_("There is no {mask_token} in the text. Put one where the word should be guessed.")


class MaskTokenInCausalModel(VizError):
    template = N_(
        "{checkpoint} reads from left to right and has no [MASK]: it guesses the next word. "
        "Remove [MASK], or choose a BERT model."
    )


class TextTooLong(VizError):
    template = N_("Text {number} has {n_tokens:,} tokens; this model reads {max_positions:,}. Shorten it, or allow cutting.")


class TextTooLarge(VizError):
    template = N_("The text has {n_characters:,} characters; at most {limit:,} are read. Shorten it.")


class NoPrompts(VizError):
    template = N_("There is no prompt. Type one a line, for example: {example}")


class TooManyPrompts(VizError):
    template = N_("There are {n_prompts:,} prompts; at most {limit} are run in one batch. Remove some lines.")


class BatchTooLarge(VizError):
    template = N_(
        "A batch of {n_rows} x {n_tokens:,} tokens on {n_layers} layers of {n_heads} heads has {megabytes:,} MB of attention; "
        "at most {limit:,} MB are kept. Of this length {fit_rows} texts fit; {n_rows} texts fit with {fit_tokens} tokens each."
    )


class AllTokensHidden(VizError):
    template = N_("All {n_tokens} tokens are hidden: nothing is left to look at. Show at least one token.")


class TokensDoNotFit(VizError):
    template = N_("The tokens at positions {positions} do not exist: this text has positions 1 to {n_tokens}.")


class EmptyReplacement(VizError):
    template = N_("'{word}' leaves no token to put in place. Type a word, or [MASK].")


class UnknownHead(VizError):
    template = N_("'{name}' is not the name of a head. Write Layer4_Head11 (counted from 1) or L3H10 (counted from 0).")


class HeadOutOfRange(VizError):
    template = N_("{label} does not exist: this model has {n_layers} layers of {n_heads} heads.")


class ModelNotFound(VizError):
    template = N_("There is no model '{checkpoint}'. Choose {shipped}, give a folder with the weights, or the name of a model on the Hub.")


class HubUnreachable(VizError):
    template = N_(
        "Cannot load '{checkpoint}': the Hub cannot be reached and no copy is on this computer. "
        "Choose {shipped}, or give a folder with the weights."
    )


class ModelRefused(VizError):
    template = N_("Cannot use '{checkpoint}': {reason}")


class CaptureFailed(VizError):
    template = N_("'{checkpoint}' returned attention for {n_returned} of {n_layers} layers, so it cannot be drawn. Choose {shipped}.")


class NotARun(VizError):
    template = N_("'{name}' is not a saved run: {reason}")


class WrongShape(VizError):
    template = N_("{name} has the shape {seen}; it must be {expected}.")
