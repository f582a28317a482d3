"""Errors that a person can act on: what was wrong, what is allowed, what to do.

Each class carries an English template (a gettext message id) and the values that fill it. ``str(error)`` is the
English sentence; a page shows the translated one with ``text.sentence(error)``.
"""


def N_(message: str) -> str:
    """Mark a template for the catalogues; it is translated when it is shown."""
    return message


class Reason:
    """Say why, as one of an error's values: ``reason=Reason("it has no {entries}.", entries=missing)``.

    The template stands in the catalogues as if it were marked with ``N_``. ``str(reason)`` is English, as an error is.
    """

    def __init__(self, template: str, **values: object):
        self.template = template
        self.values = values

    def __str__(self) -> str:
        return self.template.format(**self.values)


class VizError(Exception):
    """Say what was wrong with the value seen, what is allowed, and what to do."""

    template = N_("Something is wrong: {reason}")

    def __init__(self, **values: object):
        self.values = values
        super().__init__(self.template.format(**values))

    def __reduce__(self):
        return _made_again, (type(self), self.values)


def _made_again(kind: type[VizError], values: dict[str, object]) -> VizError:
    """Make an error that came from another process."""
    return kind(**values)


class EmptyText(VizError):
    """Refuse a text without a word."""

    template = N_("There is no text. Type a sentence, for example: {example}")


class NoMaskToken(VizError):
    """Refuse a text in which no word is left to be guessed."""

    template = N_("There is no {mask_token} in the text. Put one where the word should be guessed.")


class MaskTokenInCausalModel(VizError):
    """Refuse a mask token in a text for a model that guesses only the next word."""

    template = N_(
        "{checkpoint} reads from left to right and has no [MASK]: it guesses the next word. "
        "Remove [MASK], or choose a BERT model."
    )


class TextTooLong(VizError):
    """Refuse a text of more tokens than the model has positions for."""

    template = N_(
        "Text {number} has {n_tokens:,} tokens; this model reads {max_positions:,}. Shorten it, or allow cutting."
    )


class TextOverLimit(TextTooLong):
    """Refuse a text of more tokens than the server is set to read, which the model could."""

    template = N_(
        "Text {number} has {n_tokens:,} tokens; of a text at most {max_positions:,} are read on this server. Shorten "
        "it, or allow cutting."
    )


class TextTooLarge(VizError):
    """Refuse a text of too many characters, before it is tokenized."""

    template = N_("The text has {n_characters:,} characters; at most {limit:,} are read. Shorten it by {over:,}.")


class NoPrompts(VizError):
    """Refuse a list of prompts that has only empty lines."""

    template = N_("There is no prompt. Type one a line, for example: {example}")


class TooManyPrompts(VizError):
    """Refuse more prompts than one batch takes."""

    template = N_("There are {n_prompts:,} prompts; at most {limit} are run in one batch. Remove {over:,} or more.")


class PromptsUnreadable(VizError):
    """Refuse a file of prompts that is missing, too large or no text."""

    template = N_("Cannot read '{name}': {reason}. Give a text file in UTF-8 with one prompt a line.")


class UnknownPadWord(VizError):
    """Refuse a word to pad with that is not exactly one token."""

    template = N_(
        "'{word}' is not one word of {checkpoint}'s vocabulary, so it cannot fill a batch. "
        "Choose a short word, for example: the"
    )


class MaskPerQueryRefused(VizError):
    """Refuse the mistake of a mask for each query to a model that stops at one."""

    template = N_(
        "{checkpoint} stops with an error when it is given a mask for each query, [texts, queries, keys]; a GPT-2 goes "
        "on, and reads the first row of it for all queries. Choose headlight-gpt2 to see that mistake."
    )


class TooFewWholeWords(VizError):
    """Refuse to draw random words from a vocabulary that has too few, or of which too few can be read."""

    template = N_(
        "{checkpoint} cannot be given {n_words:,} random words twice: its vocabulary has not so many whole words, or "
        "it does not read so long a text. Type a text that repeats itself, or choose another model."
    )


class BatchTooLarge(VizError):
    """Refuse a batch whose attention would not fit into memory."""

    template = N_(
        "A batch of {n_rows} x {n_tokens:,} tokens on {n_layers} layers of {n_heads} heads has {megabytes:,} MB of "
        "attention and logits; at most {limit:,} MB are kept. Of this length {fit_rows} texts fit; {n_rows} texts fit "
        "with {fit_tokens} tokens each."
    )


class OutOfMemory(VizError):
    """Refuse to go on with an answer for which the computer has no memory left."""

    template = N_(
        "This computer has too little memory left to answer this now: {wanted} more could not be had. Nothing else was "
        "lost. Try a shorter text, fewer texts or a smaller model, or again when fewer people ask."
    )


class ClusterLost(VizError):
    """Refuse a question that nobody is left to answer."""

    template = N_(
        "The computers that answer, at {address}, cannot be reached. Nothing was lost. Ask again in a minute, or tell "
        "whoever runs this server."
    )


class ClusterMissing(VizError):
    """Refuse to start for a cluster without the program that reaches it."""

    template = N_(
        "The setting HEADLIGHT_ENGINE is '{engine}', which takes Ray, and Ray is not installed. Install it with pip "
        "install -r requirements-cluster.txt, or set HEADLIGHT_ENGINE to local."
    )


class NotAGenerator(VizError):
    """Refuse to continue a text with a masked model."""

    template = N_("{checkpoint} guesses masked words and does not continue a text. Choose a GPT-2 model.")


class TwoStacks(VizError):
    """Refuse an encoder-decoder where a model of one stack is asked for."""

    template = N_(
        "{checkpoint} has an encoder and a decoder, and here a model of one stack is read. Open it on the page "
        "'Translate and cross-attention', or choose {shipped}."
    )


class OneStack(VizError):
    """Refuse a model of one stack where an encoder-decoder is asked for."""

    template = N_(
        "{checkpoint} has one stack and translates nothing: it has no cross-attention. Choose an encoder-decoder, such "
        "as a T5, BART or Marian, or open this model on the page 'Masked word'."
    )


class TargetsDoNotMatch(VizError):
    """Refuse targets that are not one a source."""

    template = N_(
        "There are {n_sources} sources and {n_targets} targets. Give one target a source, or none: then the model "
        "writes them."
    )


class TranslationTooLarge(VizError):
    """Refuse sources and targets whose attention would not fit into memory."""

    template = N_(
        "{n_rows} x {n_source:,} tokens of sources with {n_target:,} of targets have {megabytes:,} MB of attention and "
        "logits; at most {limit:,} MB are kept. Of this length {fit_rows} texts fit; {n_rows} texts fit with "
        "{fit_tokens} tokens each, and no more in a target."
    )


class TooManyExports(VizError):
    """Refuse to make one more large file while as many as are allowed are being made."""

    template = N_(
        "{n_exports} large files are being made here at this moment, and at most {limit} are made at once. Press again "
        "in a moment; the files of a single head, or of a text of few tokens, do not wait."
    )


class TooLongToContinue(VizError):
    """Refuse to continue a prompt beyond the model's last position."""

    template = N_(
        "Prompt {number} has {n_tokens:,} tokens and {max_new_tokens:,} more are asked for; this model reads "
        "{max_positions:,}, so {n_left:,} more fit. Ask for fewer, or shorten the prompt."
    )


class SettingOutOfRange(VizError):
    """Refuse a number that lies outside its range."""

    template = N_("{name} is {seen}. Give a number with {allowed}.")


class AllTokensHidden(VizError):
    """Refuse a mask that leaves no token to look at."""

    template = N_("All {n_tokens} tokens are hidden: nothing is left to look at. Show at least one token.")


class ScoresNotKept(VizError):
    """Refuse to show scores before softmax of a run that holds none."""

    template = N_(
        "The scores before softmax are not in this run of {checkpoint} ({n_rows} x {n_tokens:,} tokens): the text is "
        "too long for them to be kept, or the model's attention can only be read, or the file was saved without "
        "them. Take a shorter text, or run it with {shipped}."
    )


class UnknownHiding(VizError):
    """Refuse an additive value or a number type that masks are not made of."""

    template = N_("Cannot hide with '{fill}' in {dtype}. Give min, -inf or a number, and one of {dtypes}.")


class NoContributions(VizError):
    """Refuse to show what heads contribute where the norms of the value vectors are not known."""

    template = N_(
        "What the heads of {checkpoint} contribute is not known, only their weights: its attention can only be read, "
        "or what its heads bring is changed before their output projection, or the file was saved without the norms "
        "of the value vectors. Run the text again with {shipped}, or look at the weights."
    )


class ContributionsWithoutPlace(VizError):
    """Refuse to draw contributions on the command line where no folder is named."""

    template = N_("{option} draws what heads contribute, and no folder is named for it. Add --out DIR.")


class NotRecorded(VizError):
    """Refuse to change the mask of a model whose attention can only be read."""

    template = N_(
        "The attention of {checkpoint} can only be read: what is added to its scores is out of reach. Choose {shipped}."
    )


class HeadsStayOn(VizError):
    """Refuse to switch off heads of a model whose attention can only be read."""

    template = N_("The attention of {checkpoint} can only be read: its heads cannot be switched off. Choose {shipped}.")


class LayersAreOne(VizError):
    """Refuse to change what enters a layer of a model that has no list of its layers."""

    template = N_(
        "{checkpoint} runs one module again and again in place of a list of layers, so nothing can be put in between. "
        "Patch the outputs of its heads instead, or choose another model."
    )


class NotSameLength(VizError):
    """Refuse to put numbers of one text into another of other length."""

    template = N_(
        "The first sentence has {n_first:,} tokens and the second {n_second:,}; each token needs a partner, so both "
        "must have the same number. Add words to the shorter one or take some out of the longer one; a word may be "
        "several tokens."
    )


class TooLongToPatch(VizError):
    """Refuse to patch the states of every token of a long text, one at a time."""

    template = N_(
        "The sentences have {n_tokens:,} tokens; states are patched for at most {limit}, one token at a time. Shorten "
        "both, or patch the outputs of heads."
    )


class NotOneToken(VizError):
    """Refuse to give a probability to a word of several tokens."""

    template = N_(
        "'{word}' is not one of {checkpoint}'s tokens: the model reads it as {tokens}, so it has no probability of "
        "its own. Type a word that is one token, for example: {example}"
    )


class MaskUnreadable(VizError):
    """Refuse a mask that is no table of 0 and 1, from a file or from an address."""

    template = N_(
        "Cannot read the mask in '{name}': {reason} Give one row of 0 and 1 for each query, as text, JSON or .npy."
    )


class MaskDoesNotFit(VizError):
    """Refuse a mask made for another number of tokens."""

    template = N_(
        "The mask in '{name}' has the size {seen}; this text has {n_tokens:,} tokens, so it must be {n_tokens:,} x "
        "{n_tokens:,}."
    )


class TokensDoNotFit(VizError):
    """Refuse positions that the text does not have."""

    template = N_("The tokens at positions {positions} do not exist: this text has positions 1 to {n_tokens}.")


class EmptyReplacement(VizError):
    """Refuse to replace a token by nothing."""

    template = N_("'{word}' leaves no token to put in place. Type a word, or [MASK].")


class UnknownHead(VizError):
    """Refuse what is not the name of a head."""

    template = N_("'{name}' is not the name of a head. Write Layer4_Head11 (counted from 1) or L3H10 (counted from 0).")


class HeadOutOfRange(VizError):
    """Refuse the name of a head that the model does not have."""

    template = N_("{label} does not exist: this model has {n_layers} layers of {n_heads} heads.")


class ModelNotFound(VizError):
    """Refuse a name that is no shipped model, no folder and no model on the Hub."""

    template = N_(
        "There is no model '{checkpoint}'. Choose {shipped}, give a folder with the weights, or the name of a model "
        "on the Hub."
    )


class FolderNotListed(ModelNotFound):
    """Refuse a folder on a server that others can reach, whether it is there or not."""

    template = N_(
        "This server, which others can reach, opens no folder that it does not list, and '{checkpoint}' is none of "
        "them. Choose {shipped}, or the name of a model on the Hub; whoever runs the server can list its folder in "
        "HEADLIGHT_MODELS."
    )


class NoModelNamed(VizError):
    """Refuse to look for a model without a name."""

    template = N_("No model is named. Type a name on the Hub, for example: {example}, or a folder.")


class HubUnreachable(VizError):
    """Refuse a model of the Hub when it is neither in reach nor on this computer."""

    template = N_(
        "Cannot load '{checkpoint}': the Hub cannot be reached and no copy is on this computer. "
        "Choose {shipped}, or give a folder with the weights."
    )


class HubOffline(VizError):
    """Refuse a model of the Hub that is not on this computer where the Hub may not be asked."""

    template = N_(
        "Cannot load '{checkpoint}': HF_HUB_OFFLINE is set, so the Hub is not asked, and no copy is on this computer. "
        "Choose {shipped}, give a folder with the weights, or start Headlight without HF_HUB_OFFLINE."
    )


class WrongMirror(VizError):
    """Refuse an address that models are not fetched from."""

    template = N_("Models cannot be fetched from '{endpoint}'. {reason}")


class DownloadBroken(VizError):
    """Refuse a model whose download broke off, by no doing of ours."""

    template = N_(
        "The download of '{checkpoint}' broke off at {done_mb:,.1f} of {all_mb:,.1f} MB: {reason} "
        "What has come is kept. Begin it again, and it goes on from there."
    )


class DownloadDamaged(VizError):
    """Refuse a file that is not the one the Hub announced."""

    template = N_(
        "'{name}' of '{checkpoint}' came with other bytes than the Hub announces, so it was deleted. "
        "Begin the download again; if that does not help, fetch it from another address."
    )


class DownloadStopped(VizError):
    """Refuse a model, to those who wait for it, whose download somebody stopped."""

    template = N_(
        "The download of '{checkpoint}' was stopped. Begin it again, and it goes on from where it was, or choose "
        "{shipped}."
    )


class ModelRefused(VizError):
    """Refuse a checkpoint that cannot be read, or that would be shown wrong."""

    template = N_("Cannot use '{checkpoint}': {reason}")


class ModelTooLarge(VizError):
    """Refuse a model whose weights take more memory than is allowed."""

    template = N_(
        "The weights of '{checkpoint}' take {gigabytes:.1f} GB in single precision; at most {limit:.1f} GB are loaded "
        "here. Choose a smaller model, or set HEADLIGHT_MAX_MODEL_GB to allow more (0: no limit)."
    )


class DeviceMissing(VizError):
    """Refuse to compute on a device that is not there."""

    template = N_(
        "HEADLIGHT_DEVICE is {device}, and this computer has no such device that can be used. Set it to auto or cpu."
    )


class WrongSetting(VizError):
    """Refuse a setting of the server with a value that it cannot have."""

    template = N_("The setting {name} is '{value}'. {allowed} Change it, or leave it out.")


class UnknownSetting(VizError):
    """Refuse a setting of the server that there is not, such as one that is misspelt."""

    template = N_("There is no setting {name}. Did you mean {nearest}? README.md names all of them.")


class NoWordHead(VizError):
    """Refuse to guess words with a model that has no layer over words."""

    template = N_(
        "{checkpoint} has no layer that gives words a probability, so it guesses none, as an encoder of sentences. "
        "Its attention, boards, claims and masks can be looked at; for words choose {shipped}."
    )


class WordHeadMissing(VizError):
    """Refuse to guess words with a layer over words whose weights are not in the files."""

    template = N_(
        "The layer of {checkpoint} that gives words a probability is not in its files, so its words would be chance. "
        "Its attention, boards, claims and masks can be looked at; for words choose {shipped}, or files with all "
        "weights."
    )


class WeightsChanged(VizError):
    """Refuse to answer with other weights than an answer was made with, where those are nowhere any more."""

    template = N_("The weights of '{checkpoint}' changed since this answer was made. Run it again.")


class CaptureFailed(VizError):
    """Refuse a run in which the model kept back the attention of some layers."""

    template = N_(
        "'{checkpoint}' returned attention for {n_returned} of {n_layers} layers, so it cannot be drawn. Choose "
        "{shipped}."
    )


class WordNotInText(VizError):
    """Refuse a word that the text does not have."""

    template = N_("The word '{word}' is not in text {number}. Its words are: {words}.")


class AmbiguousWord(VizError):
    """Refuse a word that stands in the text more than once, where one place is meant."""

    template = N_(
        "The word '{word}' stands in text {number} more than once, at positions {positions}. Give one of these "
        "positions instead."
    )


class NothingToMeasure(VizError):
    """Refuse a measure that no token of the text can be counted for."""

    template = N_("In this text no token can be measured by '{measure}'. Take a longer text, or another measure.")


class NoLines(VizError):
    """Refuse a corpus that has only empty lines."""

    template = N_("There is no text in this file: of {n_lines:,} lines none has a word. Give one sentence a line.")


class NothingInCorpus(VizError):
    """Refuse a corpus of which no line can be run."""

    template = N_("No line of this corpus can be run. {reasons} Give one sentence a line.")


class CorpusTooLarge(VizError):
    """Refuse a corpus of too many bytes."""

    template = N_(
        "'{name}' has {megabytes:.1f} MB; a corpus may have {limit:,} MB here. Take a part of it: what heads do shows "
        "in a few thousand sentences."
    )


class PairForMeasure(VizError):
    """Refuse a pair of words without the measure of pairs, and that measure without one."""

    template = N_(
        "The measure is '{measure}'. A query and a key are given, both, for the measure 'pair', and for no other."
    )


class CannotRead(VizError):
    """Refuse a file of sentences or lists that is missing or no text."""

    template = N_("Cannot read '{name}': {reason} Give a text file in UTF-8.")


class NoSentences(VizError):
    """Refuse a claim without a sentence."""

    template = N_(
        "There is no sentence. Write one a line, with the query as *so* and the key as _so_, for example: {example}"
    )


class TooManySentences(VizError):
    """Refuse more sentences than are tested at once."""

    template = N_("There are {n_sentences:,} sentences; at most {limit} are tested at once. Remove some lines.")


class WrongMarks(VizError):
    """Refuse a sentence without exactly one query and one key."""

    template = N_(
        "Line {number} marks {n_queries} query words and {n_keys} key words: {line} "
        "Mark one query as *so* and one key as _so_; a sign that marks nothing is written with a backslash before it."
    )


class WrongTemplate(VizError):
    """Refuse a template that does not go with its word lists."""

    template = N_(
        "The template and its lists do not fit together: {reason} Write {{animal}} in the template and a line such "
        "as: animal: turtle, dog"
    )


class SentenceNotFound(VizError):
    """Refuse to test a sentence on runs of other texts."""

    template = N_("None of the {n_texts} texts that were run consists of the words of this sentence: {text}")


class MarksShareToken(VizError):
    """Refuse a query and a key that the tokenizer does not part."""

    template = N_("Query and key share a token in this sentence: {text} Mark two different words.")


class RunsDoNotMatch(VizError):
    """Refuse to test one claim on runs of different models."""

    template = N_("The runs are of different models, with layers x heads: {shapes}. Take runs of one model.")


class NoKindInCommon(VizError):
    """Refuse to compare runs that hold no maps of one kind."""

    template = N_(
        "The kinds of attention in A are: {kinds_a}; in B: {kinds_b}. None is in both, so there is nothing to compare. "
        "Choose two models of one stack, or two encoder-decoders."
    )


class NoTokenNumbers(VizError):
    """Refuse what names no tokens by their numbers."""

    template = N_(
        "'{text}' names no tokens. Write the numbers that stand under them, parted by commas, for example: 4 or 2, 5"
    )


class NothingHiddenInTwoStacks(VizError):
    """Refuse to hide tokens of an encoder-decoder where that is not asked of it."""

    template = N_(
        "{checkpoint} has an encoder and a decoder; here tokens are hidden only in models of one stack. Leave the "
        "numbers out, or choose {shipped}."
    )


class NoKeyInSight(VizError):
    """Refuse a claim whose keys all stand where a causal model cannot look."""

    template = N_(
        "The model reads from left to right, and in none of the {n_sentences} sentences does the key stand before "
        "the query. Mark keys that come earlier, or choose a BERT model."
    )


class TooManyExamples(VizError):
    """Refuse more sentences than one training batch takes."""

    template = N_("There are {n_texts:,} sentences; a training batch has at most {limit} here. Remove some lines.")


class TrainingBatchTooLarge(VizError):
    """Refuse a training batch of too many positions."""

    template = N_(
        "A training batch of {n_rows} x {n_tokens:,} tokens has {n_cells:,} positions, padding included; at most "
        "{limit:,} are trained on here. Remove some sentences, or shorten the longest."
    )


class NothingScored(VizError):
    """Refuse a training batch in which the draw leaves no label."""

    template = N_(
        "With the seed {seed} and a share of {share} no token is drawn to be scored, and the loss would be no number "
        "(NaN). Take another seed, or a higher share."
    )


class NothingToGuess(VizError):
    """Refuse a training batch for a causal model in which no token follows another."""

    template = N_(
        "No token has a label and a token before it, so nothing is scored and the loss would be no number (NaN). "
        "Type a longer sentence, for example: {example}"
    )


class NothingToShuffle(VizError):
    """Refuse to shuffle a text in which too few tokens can change places."""

    template = N_(
        "Tokens of this text that can change places: {n_tokens} ([MASK] and special ones cannot); {least} are needed. "
        "Type a longer text, for example: {example}"
    )


class PositionsBeyondTable(VizError):
    """Refuse to move a text to positions that a model does not have."""

    template = N_(
        "Moved by {shift:,}, the positions of this text would be {first:,} to {last:,}; {checkpoint} has 0 to "
        "{max_position:,}. Move it by 0 to {allowed:,}."
    )


class TakesNoPositions(VizError):
    """Refuse to give positions to a model that takes none."""

    template = N_(
        "{checkpoint} (family {family}) takes no position_ids: it counts by itself, or only distances. Shuffle the "
        "words instead, or choose {shipped}."
    )


class NotARun(VizError):
    """Refuse a file that is no saved run, or a damaged one."""

    template = N_("'{name}' is not a saved run: {reason}")


class NoAttentionsReturned(VizError):
    """Refuse an output of somebody's script that holds no attention, and say how to get it."""

    template = N_(
        "The output holds no {of}. Load the model with attn_implementation='eager', call it with "
        "output_attentions=True, and pass on what it returns: its default attention returns none, without an error."
    )


class MapsDoNotFitTokens(VizError):
    """Refuse maps, tokens or masks of a script that do not belong together."""

    template = N_("{name}: {seen} was given; it must be {expected}.")


class RunNotOffered(VizError):
    """Refuse the name of a saved run that this server does not offer, whether there is such a file or not."""

    template = N_("This server offers no saved run '{name}'. Choose one from the list, or open a file of yours.")


class RunNotKept(VizError):
    """Refuse to show a run of the list whose file is no longer kept."""

    template = N_(
        "'{name}' is no longer kept here: it had to make room for others, or the server was started anew. Open its "
        "file again, or ask for it again where it was asked."
    )


class RunOfAnotherVisit(VizError):
    """Refuse a link to a run of a visit that is not this one."""

    template = N_(
        "This link leads to a run of another visit ('{key}'), which only the browser that opened it can show. Ask for "
        "the file of the run, and open it here."
    )


class HoldsTwoStacks(VizError):
    """Refuse a saved run of three kinds of attention where one kind is read."""

    template = N_(
        "'{name}' holds a run of an encoder-decoder, with three kinds of attention; here one kind is read. Open it on "
        "the page 'Translate and cross-attention'."
    )


class HoldsOneStack(VizError):
    """Refuse a saved run without cross-attention where it is looked at."""

    template = N_(
        "'{name}' holds a run of a model with one stack: it has no cross-attention. Open it on the page 'Head board'."
    )


class WrongShape(VizError):
    """Refuse an array of another shape than its neighbours ask for."""

    template = N_("{name} has the shape {seen}; it must be {expected}.")


class TooManyForLines(VizError):
    """Refuse to draw the lines of a long text."""

    template = N_(
        "The text has {n_tokens:,} tokens; lines are drawn for at most {limit}: with more nothing could be told apart. "
        "Look at the map, or shorten the text."
    )


class OwnFileUnreadable(VizError):
    """Refuse to go on without a file of Headlight's own that is missing or damaged."""

    template = N_(
        "'{name}', which comes with Headlight, is missing or cannot be read. Put it back, or install Headlight anew."
    )


class WrongKnownHeads(VizError):
    """Refuse a file of known heads of which an entry cannot be used."""

    template = N_("The known heads in '{name}' cannot be read: {reason}")


class NothingKnown(VizError):
    """Refuse to measure again what was found of a model of which nothing is known."""

    template = N_(
        "Nothing is known of the heads of '{checkpoint}'. Known are heads of {known}; for the same weights under "
        "another name give that name with --model."
    )


class NoFontFor(VizError):
    """Refuse to write characters that no installed font has."""

    template = N_(
        "No installed font has these characters: {characters}. A PNG shows boxes in their place; no PDF is written. "
        "Install a font that has them (for Chinese, Japanese and Korean the package fonts-noto-cjk of Debian and "
        "Ubuntu), or take the SVG."
    )


class NeedsShaping(VizError):
    """Refuse letters that a PDF's writer would set apart, or in the wrong order."""

    template = N_(
        "The PDF cannot hold these characters as they are written: {characters}. They join, are stacked, or run from "
        "right to left, and would stand there wrongly. Take the SVG, which a browser sets right."
    )


class LayersOutOfReach(VizError):
    """Refuse to take values away in a model whose layers cannot be called alone."""

    template = N_(
        "In {checkpoint} ({family}) no token's value can be taken away: its layers or their attention are out of "
        "reach. Choose {shipped}, or another BERT, RoBERTa, ELECTRA or GPT-2."
    )


class NothingToWeigh(VizError):
    """Refuse to say which word decided where there is none."""

    template = N_("The text has no word that could have decided: beside {kept} nothing stands in it. Add words.")


class EmbeddingsOutOfReach(VizError):
    """Refuse integrated gradients in a model that does not answer the same when it is given its own word vectors."""

    template = N_(
        "{checkpoint} ({family}) does not give the same answer when it is given its own word vectors, so what each of "
        "them does cannot be measured. Choose {shipped}."
    )


class TooLongForGradients(VizError):
    """Refuse a text whose gradients would not fit."""

    template = N_(
        "For gradients through {n_tokens:,} tokens about {megabytes:,} MB are kept; at most {limit:,} MB are allowed. "
        "Shorten the text."
    )


class WordsNotLinear(VizError):
    """Refuse to share an answer out in a model that makes its words by more than one linear layer."""

    template = N_(
        "{checkpoint} guesses masked words through a layer that is not linear (dense, GELU, norm), so its logit is no "
        "sum of what heads write. Choose {shipped}, or switch heads off and see what that does."
    )


class NotShared(VizError):
    """Refuse to share an answer out in a model whose parts are not all found, or do not sum to its logit."""

    template = N_(
        "In {checkpoint} ({family}) the parts that write an answer are out of reach, or do not sum to its logit, so "
        "nothing is shown of them. Choose {shipped}, or another GPT-2."
    )
