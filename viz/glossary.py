"""Hold the terms of the field: what each means here, its name in every language, and the pages where it is seen.

Names and definitions are message ids. Words between backticks are code. A term's key stands in addresses
(``glossary?term=attention_mask``) and does not change.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from viz.errors import N_
from viz.text import catalogue, languages, translated


@dataclass(frozen=True, slots=True)
class Term:
    """Describe a term; ``pages`` are the folders of the pages where it is seen, ``code`` what programs call it."""

    key: str
    name: str
    definition: str
    pages: tuple[str, ...]
    code: tuple[str, ...] = ()

    def named(self) -> dict[str, str]:
        """Give its name in every language of the app, by the language's code, the reader's own way of writing it."""
        return {language: catalogue(language).gettext(self.name) for language in languages()}


_TEXT = (
    Term(
        "token",
        N_("token"),
        N_(
            "One entry of the model's vocabulary: a word, a piece of a word, a punctuation mark or a special token. A "
            "text of T tokens is given to the model as T whole numbers, `input_ids`; those of a batch have the shape "
            "[B, T]."
        ),
        ("masked_word", "batch"),
        ("input_ids",),
    ),
    Term(
        "word_piece",
        N_("word piece"),
        N_(
            "A token that is a part of a word. BERT writes `##` before every piece that goes on with a word; GPT-2 "
            "keeps the space before a word as a part of its first piece, shown here as `␣`. A character whose bytes "
            "fall on several tokens stands on each of them with its part: `北·1/2`, `北·2/2`."
        ),
        ("masked_word", "generation"),
    ),
    Term(
        "special_token",
        N_("special token"),
        N_(
            "A token that stands for no word of the text: `[CLS]` begins and `[SEP]` ends what BERT reads, `[MASK]` "
            "marks a word to be guessed, `[PAD]` fills. Maps can leave special tokens out, and so can the measures of "
            "heads."
        ),
        ("masked_word", "board"),
    ),
    Term(
        "vocabulary",
        N_("vocabulary"),
        N_(
            "The V tokens that a model knows, each with its number, the id, from 0 to V − 1. A probability in this app "
            "is over all V of them, except where it says “after cutting”."
        ),
        ("masked_word", "generation"),
    ),
    Term(
        "batch",
        N_("batch"),
        N_(
            "B texts that go through the model together, as one rectangle of B rows and T columns; T is the length of "
            "the longest. Shorter texts are filled up with padding, and each must be answered as it is alone."
        ),
        ("batch", "same_alone"),
    ),
    Term(
        "position_ids",
        N_("position ids"),
        N_(
            "The numbers that tell a model where each token stands, of the shape [B, T]. Headlight counts the real "
            "tokens, in BERT and GPT-2 from 0, so that the first real token of a row padded on the left has 0, as it "
            "has alone."
        ),
        ("positions", "same_alone", "batch"),
        ("position_ids",),
    ),
    Term(
        "embedding",
        N_("embedding"),
        N_(
            "The vector with which a token enters the first layer. In BERT and GPT-2 it is the sum of its word's row "
            "of one table and its position's row of another; BERT adds a row for the segment and normalises the sum."
        ),
        ("positions", "attribution"),
    ),
)

_MASKS = (
    Term(
        "padding",
        N_("padding"),
        N_(
            "Tokens without a meaning that fill the shorter rows of a batch up to T, on the left or on the right. With "
            "the attention mask no token gives them any weight; maps draw their rows and columns grey and hatched."
        ),
        ("batch", "same_alone", "inside"),
    ),
    Term(
        "pad_token",
        N_("padding token"),
        N_(
            "The token that is written where padding stands. Which places are padding is told by `attention_mask`, not "
            "by this token: a GPT-2 has none of its own and is filled with its end token, which may be real elsewhere."
        ),
        ("batch", "same_alone", "training"),
        ("pad_token",),
    ),
    Term(
        "padding_side",
        N_("side of padding"),
        N_(
            "`right` puts padding behind a text, `left` before it. A batch that a GPT-2 continues is padded on the "
            "`left`: then the last column holds the last real token of every row, and the next one is read off there."
        ),
        ("batch", "same_alone", "generation"),
        ("padding_side",),
    ),
    Term(
        "attention_mask",
        N_("attention mask"),
        N_(
            "Numbers of the shape [B, T]: 1 = a real token, which may be looked at; 0 = padding, which may not. It "
            "hides keys, the columns of a map; the rows of padding are computed all the same, and mean nothing."
        ),
        ("inside", "batch", "training"),
        ("attention_mask",),
    ),
    Term(
        "additive_mask",
        N_("additive mask"),
        N_(
            "What is added to the scores before the softmax, of the shape [B, 1, Q, K]: 0 where a query may look at a "
            "key, and −inf, or the smallest number of the type (in float32 about −3.4·10³⁸), where it may not. A row "
            "in which all is hidden becomes NaN with −inf, and with the smallest number an even look at every key."
        ),
        ("inside",),
        ("-inf",),
    ),
    Term(
        "causal_mask",
        N_("causal mask"),
        N_(
            "Hides every later key: the query at position i may look at the keys 0 to i. With it a GPT-2 reads from "
            "left to right; a BERT has none. On maps these cells stay empty."
        ),
        ("inside", "generation"),
    ),
    Term(
        "local_window",
        N_("local window"),
        N_(
            "Hides every key that stands farther from the query than a given number of tokens. Some models have such a "
            "window in some of their layers, and a mask of your own can have one too."
        ),
        ("inside",),
    ),
)

_ATTENTION = (
    Term(
        "attention",
        N_("attention"),
        N_(
            "The way tokens take something from one another: each query gets weights over the keys, softmax(scores + "
            "mask), and the keys' value vectors are summed with these weights. The weights of a layer have the shape "
            "[B, H, Q, K]; those of a row are 0 or more and sum to 1."
        ),
        ("masked_word", "inside"),
        ("attentions",),
    ),
    Term(
        "attention_map",
        N_("attention map"),
        N_(
            "A picture of one head for one text: Q rows, one a query, and K columns, one a key. The colour of a cell "
            "is its weight, from 0 to 1 unless the map says otherwise; padding is grey and hatched, what the causal "
            "mask hides is empty, what a person hid is crossed."
        ),
        ("masked_word", "head"),
    ),
    Term(
        "query",
        N_("query"),
        N_(
            "The token that looks: a row of the map. Its vector q is made from its state with the head's own weights, "
            "and compared with the vector k of every key."
        ),
        ("masked_word", "inside"),
    ),
    Term(
        "key",
        N_("key"),
        N_(
            "The token that is looked at: a column of the map. Its vector k is made from its state with the head's own "
            "weights; the larger q·k, the more the query looks at it."
        ),
        ("masked_word", "inside"),
    ),
    Term(
        "value_vector",
        N_("value vector"),
        N_(
            "What a key hands over: v = x·W_V + b_V, where x is what enters the layer's attention at the key. A head "
            "brings each query the sum of the value vectors, each times its weight α: Σ α·v."
        ),
        ("importance", "masked_word"),
    ),
    Term(
        "score",
        N_("score"),
        N_(
            "How well a query and a key fit, before the softmax: in BERT and GPT-2 q·k/√d, where d is the length of "
            "one head's vectors q and k. It may be any number; the mask is added to it."
        ),
        ("inside",),
    ),
    Term(
        "softmax",
        N_("softmax"),
        N_(
            "Turns a row of scores s into weights: exp(sₖ) / Σⱼ exp(sⱼ), where the sum goes over the keys. So every "
            "row sums to 1; a column need not."
        ),
        ("inside",),
    ),
    Term(
        "cross_attention",
        N_("cross-attention"),
        N_(
            "In a model that translates, an encoder reads the source and a decoder writes the target. In "
            "self-attention a text looks at itself; in cross-attention the queries are tokens of the target and the "
            "keys tokens of the source, so that Q and K may differ."
        ),
        ("cross",),
    ),
    Term(
        "contribution",
        N_("contribution"),
        N_(
            "The length of the vector that a head adds to a query's state because of one key: ‖α·f(x)‖ = α·‖(x W_V + "
            "b_V) W_O‖. A large weight on a short vector contributes little (Kobayashi et al. 2020)."
        ),
        ("masked_word", "board"),
    ),
    Term(
        "rollout",
        N_("rollout"),
        N_(
            "One map for several layers: from each layer's mean over heads, A, comes Â = (A + I) / 2, and the layers "
            "are multiplied, later ones on the left: Â_L … Â_1 (Abnar and Zuidema 2020). A row tells how much of each "
            "first token is in a token after layer L, if heads only mixed tokens."
        ),
        ("masked_word", "importance"),
    ),
)

_HEADS = (
    Term(
        "layer",
        N_("layer"),
        N_(
            "One of L steps that all tokens go through one after another. Each has H attention heads and an MLP, and "
            "both add their result to the tokens' states. `Layer4` is the fourth; where libraries count from 0 it is "
            "number 3."
        ),
        ("board", "patching"),
    ),
    Term(
        "head",
        N_("attention head"),
        N_(
            "One of H attentions that a layer computes side by side, each with its own weights for q, k and v. It has "
            "two names: `Layer4_Head11` counts from 1, and `L3H10` is the same head counted from 0."
        ),
        ("board", "head"),
        ("Layer4_Head11", "L3H10"),
    ),
    Term(
        "job",
        N_("job"),
        N_(
            "What a head is measured for: a weighted sum over the cells of its map, averaged over the queries that "
            "count. That a head does a job better than the others proves neither that it does nothing else, nor that "
            "the answer needs it."
        ),
        ("board", "corpus", "head"),
    ),
    Term(
        "previous_token",
        N_("previous-token head"),
        N_(
            "A head that looks at the token just before the query. Measured as the mean of A[q, q−1] over the queries "
            "that have one, where A[q, k] is the weight in row q and column k."
        ),
        ("board", "claim"),
    ),
    Term(
        "duplicate_token",
        N_("duplicate-token head"),
        N_(
            "A head that looks at earlier copies of the query's own token. Measured as the mean over queries of "
            "Σ A[q, p] over all p < q where the token is the same."
        ),
        ("board",),
    ),
    Term(
        "induction",
        N_("induction head"),
        N_(
            "A head that looks at the token that came just after an earlier copy of the query's token, and so can tell "
            "what comes next. Measured as the mean over queries of Σ A[q, p+1] over all p < q where the token is the "
            "same; random words written twice show it best."
        ),
        ("board",),
    ),
    Term(
        "sink",
        N_("attention sink"),
        N_(
            "A token on which heads rest that find nothing to look at, often the first one or `[SEP]`; a large weight "
            "there says little about the text. Measured as the weight on the first token and on `[SEP]` together."
        ),
        ("board", "switch_off"),
    ),
    Term(
        "entropy",
        N_("entropy"),
        N_(
            "How widely a row's weights are spread: −Σ α·log₂ α, in bits. 0 is a look at one token, log₂ K an even "
            "look at K of them."
        ),
        ("board", "head"),
    ),
)

_EVIDENCE = (
    Term(
        "logit",
        N_("logit"),
        N_(
            "The number a model gives to a token of the vocabulary before the softmax over all V. Only differences "
            "count: the same number added to all of them changes no probability."
        ),
        ("attribution", "importance"),
    ),
    Term(
        "probability",
        N_("probability"),
        N_(
            "The softmax of the logits over the whole vocabulary at one place, a `[MASK]` or the last token: from 0 to "
            "1, and 1 in sum. It tells what the model expects there, not what is true."
        ),
        ("masked_word", "generation"),
    ),
    Term(
        "residual_stream",
        N_("residual stream"),
        N_(
            "The vector, or state, that each token carries through all layers; every head and every MLP reads it and "
            "adds its output to it. In a GPT-2 the next word is read off that of the last token."
        ),
        ("attribution", "patching"),
    ),
    Term(
        "direct_logit_attribution",
        N_("direct logit attribution"),
        N_(
            "Shares the answer's logit out: a GPT-2's last state is a sum, so with the scale of the last norm as it "
            "is, the logit is a sum too, of what each head, MLP, embedding and bias wrote. What a part did through "
            "later ones counts for those."
        ),
        ("attribution",),
    ),
    Term(
        "logit_lens",
        N_("logit lens"),
        N_(
            "The answer after each layer: the state there goes through the model's last norm and its output layer, as "
            "if no layer followed."
        ),
        ("attribution",),
    ),
    Term(
        "switching_off",
        N_("switching off a head"),
        N_(
            "Puts something else in place of a head's output: zeros, its mean over the text's tokens, or its output on "
            "another text (resample). The effect is KL(before ‖ after) = Σ p·log₂(p/q) over the vocabulary, in bits; 0 "
            "is the same answer."
        ),
        ("switch_off", "head", "cross"),
    ),
    Term(
        "patching",
        N_("patching"),
        N_(
            "Puts a part of the pass over a text B, a head's output or a token's state, into the pass over a text A. "
            "Read is the difference of two words' logits: 0 = as in A, 1 = as in B."
        ),
        ("patching",),
    ),
    Term(
        "integrated_gradients",
        N_("integrated gradients"),
        N_(
            "What each word did to the answer's logit: the gradients at it are added up on the straight way from a "
            "text with a baseline token in place of every word to the text itself. All words together give the "
            "difference between the two logits."
        ),
        ("importance",),
    ),
    Term(
        "occlusion",
        N_("occlusion"),
        N_(
            "The answer's logit minus what it is with a baseline token in one word's place: `[MASK]` where the model "
            "has one, else the end token."
        ),
        ("importance",),
    ),
    Term(
        "value_zeroing",
        N_("value zeroing"),
        N_(
            "Sets a token's value vectors to zero in all heads of a layer and measures how far the layer's output "
            "turns at each token: 1 − cos, each row divided by its sum (Mohebbi et al. 2023)."
        ),
        ("importance",),
    ),
    Term(
        "claim",
        N_("claim"),
        N_(
            "A sentence about a head that can turn out false: from this word it looks most at that word. A sentence is "
            "a hit if, of all candidates, the key gets the largest weight; the verdict weighs the hits against luck, "
            "against position and in swapped order."
        ),
        ("claim", "head"),
    ),
    Term(
        "chance_level",
        N_("chance level"),
        N_(
            "What a head without a preference reaches: in each sentence 1 over the number of candidates. p is the "
            "probability of as many hits or more by luck; where n heads were searched it becomes 1 − (1 − p)ⁿ."
        ),
        ("claim",),
    ),
    Term(
        "even_look",
        N_("an even look"),
        N_(
            "What a head without a preference does: it gives 1/n to each of the n keys that its layer lets the query "
            "look at. Measured values are compared with it."
        ),
        ("board", "claim", "corpus"),
    ),
)

_TRAINING = (
    Term(
        "masked_language_model",
        N_("masked language model"),
        N_(
            "A model such as BERT that guesses a word from what stands on both sides of it. In training some words are "
            "drawn to be guessed: of 10 about 8 become `[MASK]`, 1 a random word, and 1 stays as it is."
        ),
        ("masked_word", "training"),
        ("[MASK]",),
    ),
    Term(
        "causal_language_model",
        N_("causal language model"),
        N_(
            "A model such as GPT-2 that guesses the next token from those before it: each token's row holds the guess "
            "of the one after it. So in training labels are shifted by one, and nothing is guessed before the first."
        ),
        ("generation", "training"),
    ),
    Term(
        "label",
        N_("label"),
        N_(
            "The right token at a place that the loss counts; `labels` have the shape [B, T]. `-100` takes a place out "
            "of the loss and hides nothing: the model still sees what stands there."
        ),
        ("training",),
        ("labels", "-100"),
    ),
    Term(
        "loss",
        N_("loss"),
        N_(
            "What training makes smaller: the mean of −ln p over all scored places of the batch, where p is the "
            "probability of the right token (cross entropy)."
        ),
        ("training",),
    ),
    Term(
        "data_collator",
        N_("data collator"),
        N_(
            "Makes one batch of single texts: it pads them, writes `attention_mask` and `labels`, and for a masked "
            "language model draws the words to be guessed. Bare lists of ids come back without an `attention_mask`."
        ),
        ("training",),
    ),
)

_GENERATION = (
    Term(
        "greedy",
        N_("greedy generation"),
        N_(
            "Takes the token with the largest probability at every step, so that a prompt always goes on in the same "
            "way. The other way is sampling: each token is drawn at random, by its probability."
        ),
        ("generation", "cross"),
    ),
    Term(
        "temperature",
        N_("temperature"),
        N_(
            "The number by which logits are divided before the softmax when a token is drawn. Below 1 it favours the "
            "best tokens, above 1 the others; 1 changes nothing."
        ),
        ("generation",),
    ),
    Term(
        "top_k_top_p",
        N_("top-k and top-p"),
        N_(
            "What may be drawn: first only the k best tokens stay (0 = all), then only the best of these whose "
            "probabilities first reach p together. The rest get 0, and what stays is scaled up to sum to 1."
        ),
        ("generation",),
        ("top_k", "top_p"),
    ),
    Term(
        "end_token",
        N_("end token"),
        N_(
            "The token with which a text ends, `<|endoftext|>` in GPT-2. A row that has written it is finished, and is "
            "filled with padding while the others go on."
        ),
        ("generation", "training"),
        ("eos_token",),
    ),
)

# By subject, in the order in which a reader needs them.
SUBJECTS: dict[str, tuple[Term, ...]] = {
    N_("Text and tokens"): _TEXT,
    N_("Masks and padding"): _MASKS,
    N_("Attention"): _ATTENTION,
    N_("Heads"): _HEADS,
    N_("Answers and evidence"): _EVIDENCE,
    N_("Training"): _TRAINING,
    N_("Generation"): _GENERATION,
}
TERMS: dict[str, Term] = {term.key: term for terms in SUBJECTS.values() for term in terms}


def exact(asked: str) -> Term | None:
    """Give the term of this very key, name (in any language) or parameter; None if there is none."""
    wanted = _plain(asked)
    return TERMS.get(asked.strip()) or next((term for term in TERMS.values() if wanted in _called(term)), None)


def subject_of(term: Term) -> str:
    """Give the subject, a message id, that a term belongs to."""
    return next(subject for subject, terms in SUBJECTS.items() if term in terms)


def found(asked: str) -> list[Term]:
    """List the terms that have these words in what they are called, then those that have them in their definition."""
    wanted = _plain(asked)
    called = [term for term in TERMS.values() if any(wanted in name for name in _called(term))]
    told = [term for term in TERMS.values() if wanted in _plain(translated(term.definition))]
    return [*called, *(term for term in told if term not in called)]


def _called(term: Term) -> Iterable[str]:
    """List a term's key, its names and its parameters, as they are compared."""
    return {_plain(name) for name in (term.key, *term.named().values(), *term.code)}


def _plain(text: str) -> str:
    """Write a text as searches compare it: ``Attention_Mask`` as ``attention mask``, ``стёрто`` as ``стерто``."""
    return " ".join(text.casefold().replace("ё", "е").replace("_", " ").replace("`", "").split())
