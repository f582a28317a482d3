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
    template = N_(
        "Text {number} has {n_tokens:,} tokens; this model reads {max_positions:,}. Shorten it, or allow cutting."
    )


class TextTooLarge(VizError):
    template = N_("The text has {n_characters:,} characters; at most {limit:,} are read. Shorten it.")


class NoPrompts(VizError):
    template = N_("There is no prompt. Type one a line, for example: {example}")


class TooManyPrompts(VizError):
    template = N_("There are {n_prompts:,} prompts; at most {limit} are run in one batch. Remove some lines.")


class PromptsUnreadable(VizError):
    template = N_("Cannot read '{name}': {reason}. Give a text file in UTF-8 with one prompt a line.")


class UnknownPadWord(VizError):
    template = N_(
        "'{word}' is not one word of {checkpoint}'s vocabulary, so it cannot fill a batch. "
        "Choose a short word, for example: the"
    )


class BatchTooLarge(VizError):
    template = N_(
        "A batch of {n_rows} x {n_tokens:,} tokens on {n_layers} layers of {n_heads} heads has {megabytes:,} MB of attention and logits; "
        "at most {limit:,} MB are kept. Of this length {fit_rows} texts fit; {n_rows} texts fit with {fit_tokens} tokens each."
    )


class NotAGenerator(VizError):
    template = N_("{checkpoint} guesses masked words and does not continue a text. Choose a GPT-2 model.")


class TooLongToContinue(VizError):
    template = N_(
        "Prompt {number} has {n_tokens:,} tokens and {max_new_tokens:,} more are asked for; this model reads {max_positions:,}, "
        "so {n_left:,} more fit. Ask for fewer, or shorten the prompt."
    )


class SettingOutOfRange(VizError):
    template = N_("{name} is {seen}. Give a number with {allowed}.")


class AllTokensHidden(VizError):
    template = N_("All {n_tokens} tokens are hidden: nothing is left to look at. Show at least one token.")


class ScoresNotKept(VizError):
    template = N_(
        "The scores before softmax are not in this run of {checkpoint} ({n_rows} x {n_tokens:,} tokens): the text is too long for them "
        "to be kept, or the model's attention can only be read, or the file was saved without them. "
        "Take a shorter text, or run it with {shipped}."
    )


class UnknownHiding(VizError):
    template = N_("Cannot hide with '{fill}' in {dtype}. Give min, -inf or a number, and one of {dtypes}.")


class NotRecorded(VizError):
    template = N_(
        "The attention of {checkpoint} can only be read: what is added to its scores is out of reach. Choose {shipped}."
    )


class HeadsStayOn(VizError):
    template = N_("The attention of {checkpoint} can only be read: its heads cannot be switched off. Choose {shipped}.")


class NotOneToken(VizError):
    template = N_(
        "'{word}' is not one of {checkpoint}'s tokens: the model reads it as {tokens}, so it has no probability of its own. "
        "Type a word that is one token, for example: {example}"
    )


class MaskUnreadable(VizError):
    template = N_(
        "Cannot read the mask in '{name}': {reason} Give one row of 0 and 1 for each query, as text, JSON or .npy."
    )


class MaskDoesNotFit(VizError):
    template = N_(
        "The mask in '{name}' has the size {seen}; this text has {n_tokens:,} tokens, so it must be {n_tokens:,} x {n_tokens:,}."
    )


class TokensDoNotFit(VizError):
    template = N_("The tokens at positions {positions} do not exist: this text has positions 1 to {n_tokens}.")


class EmptyReplacement(VizError):
    template = N_("'{word}' leaves no token to put in place. Type a word, or [MASK].")


class UnknownHead(VizError):
    template = N_("'{name}' is not the name of a head. Write Layer4_Head11 (counted from 1) or L3H10 (counted from 0).")


class HeadOutOfRange(VizError):
    template = N_("{label} does not exist: this model has {n_layers} layers of {n_heads} heads.")


class ModelNotFound(VizError):
    template = N_(
        "There is no model '{checkpoint}'. Choose {shipped}, give a folder with the weights, or the name of a model on the Hub."
    )


class HubUnreachable(VizError):
    template = N_(
        "Cannot load '{checkpoint}': the Hub cannot be reached and no copy is on this computer. "
        "Choose {shipped}, or give a folder with the weights."
    )


class ModelRefused(VizError):
    template = N_("Cannot use '{checkpoint}': {reason}")


class CaptureFailed(VizError):
    template = N_(
        "'{checkpoint}' returned attention for {n_returned} of {n_layers} layers, so it cannot be drawn. Choose {shipped}."
    )


class WordNotInText(VizError):
    template = N_("The word '{word}' is not in text {number}. Its words are: {words}.")


class AmbiguousWord(VizError):
    template = N_(
        "The word '{word}' stands in text {number} more than once, at positions {positions}. Give one of these positions instead."
    )


class NothingToMeasure(VizError):
    template = N_("In this text no token can be measured by '{measure}'. Take a longer text, or another measure.")


class PairForMeasure(VizError):
    template = N_(
        "The measure is '{measure}'. A query and a key are given, both, for the measure 'pair', and for no other."
    )


class CannotRead(VizError):
    template = N_("Cannot read '{name}': {reason} Give a text file in UTF-8.")


class NoSentences(VizError):
    template = N_(
        "There is no sentence. Write one a line, with the query as *so* and the key as _so_, for example: {example}"
    )


class TooManySentences(VizError):
    template = N_("There are {n_sentences:,} sentences; at most {limit} are tested at once. Remove some lines.")


class WrongMarks(VizError):
    template = N_(
        "Line {number} marks {n_queries} query words and {n_keys} key words: {line} "
        "Mark one query as *so* and one key as _so_; a sign that marks nothing is written with a backslash before it."
    )


class WrongTemplate(VizError):
    template = N_(
        "The template and its lists do not fit together: {reason} Write {{animal}} in the template and a line such as: animal: turtle, dog"
    )


class SentenceNotFound(VizError):
    template = N_("None of the {n_texts} texts that were run consists of the words of this sentence: {text}")


class MarksShareToken(VizError):
    template = N_("Query and key share a token in this sentence: {text} Mark two different words.")


class RunsDoNotMatch(VizError):
    template = N_("The runs are of different models, with layers x heads: {shapes}. Take runs of one model.")


class NoKeyInSight(VizError):
    template = N_(
        "The model reads from left to right, and in none of the {n_sentences} sentences does the key stand before the query. "
        "Mark keys that come earlier, or choose a BERT model."
    )


class TooManyExamples(VizError):
    template = N_("There are {n_texts:,} sentences; a training batch has at most {limit} here. Remove some lines.")


class TrainingBatchTooLarge(VizError):
    template = N_(
        "A training batch of {n_rows} x {n_tokens:,} tokens has {n_cells:,} positions, padding included; at most {limit:,} are "
        "trained on here. Remove some sentences, or shorten the longest."
    )


class NothingScored(VizError):
    template = N_(
        "With the seed {seed} and a share of {share} no token is drawn to be scored, and the loss would be no number (NaN). "
        "Take another seed, or a higher share."
    )


class NothingToGuess(VizError):
    template = N_(
        "No token has a label and a token before it, so nothing is scored and the loss would be no number (NaN). "
        "Type a longer sentence, for example: {example}"
    )


class NotARun(VizError):
    template = N_("'{name}' is not a saved run: {reason}")


class WrongShape(VizError):
    template = N_("{name} has the shape {seen}; it must be {expected}.")
