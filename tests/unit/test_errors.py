"""Every error is one sentence a person can act on, in their language."""

from tests import catalogues
from viz import errors, text
from viz.errors import Reason, VizError
from viz.packs.errors import (
    AnswerTooLong,
    HandInTooLarge,
    HandInWrong,
    NotMeasurable,
    PackNotOffered,
    PackWrong,
    Problem,
    TooFewSentences,
)

SENTENCES = {
    VizError: ({"reason": "no light"}, "Something is wrong: no light"),
    errors.NoAttentionsReturned: (
        {"of": "cross_attentions"},
        "The output holds no cross_attentions. Load the model with attn_implementation='eager', call it with "
        "output_attentions=True, and pass on what it returns: its default attention returns none, without an error.",
    ),
    errors.MapsDoNotFitTokens: (
        {"name": "attentions", "seen": [1, 2, 4, 4], "expected": "[1, heads, 3, 3] in every layer"},
        "attentions: [1, 2, 4, 4] was given; it must be [1, heads, 3, 3] in every layer.",
    ),
    PackWrong: (
        {"name": "mine.yaml", "first": Problem(4, "minutes", Reason("{n} is odd.", n=999)).sentence, "problems": ()},
        "Cannot use the pack 'mine.yaml'. Line 4, minutes: 999 is odd.",
    ),
    AnswerTooLong: (
        {"n": 2_001, "most": 2_000},
        "The answer has 2,001 characters, and 2,000 are kept. Shorten it.",
    ),
    TooFewSentences: (
        {"n": 2, "least": 4},
        "The number of marked sentences is 2; this question asks for at least 4.",
    ),
    HandInTooLarge: (
        {"n": 600_000, "most": 500_000},
        "The answers take 600,000 bytes, and 500,000 are read from a hand-in. Shorten the longest ones.",
    ),
    HandInWrong: (
        {"name": "ann.zip", "reason": Reason("it is no ZIP.")},
        "'ann.zip' is left out: it is no ZIP.",
    ),
    PackNotOffered: (
        {"name": "mine"},
        "There is no pack 'mine' here. Choose one of the list, or open its file.",
    ),
    NotMeasurable: (
        {"reason": Reason("text {text} has no padding.", text=2)},
        "The model has no answer to this question: text 2 has no padding.",
    ),
    errors.RunNotOffered: (
        {"name": "../x"},
        "This server offers no saved run '../x'. Choose one from the list, or open a file of yours.",
    ),
    errors.RunNotKept: (
        {"name": "mine.npz"},
        "'mine.npz' is no longer kept here: it had to make room for others, or the server was started anew. Open its "
        "file again, or ask for it again where it was asked.",
    ),
    errors.RunOfAnotherVisit: (
        {"key": "0123"},
        "This link leads to a run of another visit ('0123'), which only the browser that opened it can show. Ask for "
        "the file of the run, and open it here.",
    ),
    errors.LayersOutOfReach: (
        {"checkpoint": "bloom", "family": "bloom", "shipped": "headlight-bert"},
        "In bloom (bloom) no token's value can be taken away: its layers or their attention are out of reach. Choose "
        "headlight-bert, or another BERT, RoBERTa, ELECTRA or GPT-2.",
    ),
    errors.NothingToWeigh: (
        {"kept": "[CLS], [MASK], [SEP]"},
        "The text has no word that could have decided: beside [CLS], [MASK], [SEP] nothing stands in it. Add words.",
    ),
    errors.EmbeddingsOutOfReach: (
        {"checkpoint": "mine", "family": "bert", "shipped": "headlight-bert"},
        "mine (bert) does not give the same answer when it is given its own word vectors, so what each of them does "
        "cannot be measured. Choose headlight-bert.",
    ),
    errors.TooLongForGradients: (
        {"n_tokens": 512, "megabytes": 1200, "limit": 640},
        "For gradients through 512 tokens about 1,200 MB are kept; at most 640 MB are allowed. Shorten the text.",
    ),
    errors.WordsNotLinear: (
        {"checkpoint": "headlight-bert", "shipped": "headlight-gpt2"},
        "headlight-bert guesses masked words through a layer that is not linear (dense, GELU, norm), so its logit is "
        "no sum of what heads write. Choose headlight-gpt2, or switch heads off and see what that does.",
    ),
    errors.NotShared: (
        {"checkpoint": "bloom", "family": "bloom", "shipped": "headlight-gpt2"},
        "In bloom (bloom) the parts that write an answer are out of reach, or do not sum to its logit, so nothing is "
        "shown of them. Choose headlight-gpt2, or another GPT-2.",
    ),
    errors.EmptyText: (
        {"example": "The turtle [MASK]."},
        "There is no text. Type a sentence, for example: The turtle [MASK].",
    ),
    errors.NoMaskToken: (
        {"mask_token": "[MASK]"},
        "There is no [MASK] in the text. Put one where the word should be guessed.",
    ),
    errors.MaskTokenInCausalModel: (
        {"checkpoint": "gpt2"},
        "gpt2 reads from left to right and has no [MASK]: it guesses the next word. Remove [MASK], or choose a BERT "
        "model.",
    ),
    errors.TextTooLong: (
        {"number": 3, "n_tokens": 1140, "max_positions": 512},
        "Text 3 has 1,140 tokens; this model reads 512. Shorten it, or allow cutting.",
    ),
    errors.TextOverLimit: (
        {"number": 3, "n_tokens": 1140, "max_positions": 256},
        "Text 3 has 1,140 tokens; of a text at most 256 are read on this server. Shorten it, or allow cutting.",
    ),
    errors.TooManyExports: (
        {"n_exports": 4, "limit": 4},
        "4 large files are being made here at this moment, and at most 4 are made at once. Press again in a moment; "
        "the files of a single head, or of a text of few tokens, do not wait.",
    ),
    errors.TextTooLarge: (
        {"n_characters": 10001, "limit": 10000, "over": 1},
        "The text has 10,001 characters; at most 10,000 are read. Shorten it by 1.",
    ),
    errors.NoPrompts: (
        {"example": "It will rain in the"},
        "There is no prompt. Type one a line, for example: It will rain in the",
    ),
    errors.TooManyPrompts: (
        {"n_prompts": 1000, "limit": 16, "over": 984},
        "There are 1,000 prompts; at most 16 are run in one batch. Remove 984 or more.",
    ),
    errors.PromptsUnreadable: (
        {"name": "prompts.txt", "reason": "it is not text in UTF-8"},
        "Cannot read 'prompts.txt': it is not text in UTF-8. Give a text file in UTF-8 with one prompt a line.",
    ),
    errors.UnknownPadWord: (
        {"word": "turtle", "checkpoint": "gpt2"},
        "'turtle' is not one word of gpt2's vocabulary, so it cannot fill a batch. Choose a short word, for example: "
        "the",
    ),
    errors.ClusterLost: (
        {"address": "10.0.0.7:6379"},
        "The computers that answer, at 10.0.0.7:6379, cannot be reached. Nothing was lost. Ask again in a minute, or "
        "tell whoever runs this server.",
    ),
    errors.ClusterMissing: (
        {"engine": "ray://10.0.0.7:6379"},
        "The setting HEADLIGHT_ENGINE is 'ray://10.0.0.7:6379', which takes Ray, and Ray is not installed. Install it "
        "with pip install -r requirements-cluster.txt, or set HEADLIGHT_ENGINE to local.",
    ),
    errors.OutOfMemory: (
        {"wanted": "8,388,608 bytes"},
        "This computer has too little memory left to answer this now: 8,388,608 bytes more could not be had. Nothing "
        "else was lost. Try a shorter text, fewer texts or a smaller model, or again when fewer people ask.",
    ),
    errors.MaskPerQueryRefused: (
        {"checkpoint": "gpt-neo"},
        "gpt-neo stops with an error when it is given a mask for each query, [texts, queries, keys]; a GPT-2 goes on, "
        "and reads the first row of it for all queries. Choose headlight-gpt2 to see that mistake.",
    ),
    errors.TooFewWholeWords: (
        {"checkpoint": "tiny", "n_words": 20},
        "tiny cannot be given 20 random words twice: its vocabulary has not so many whole words, or it does not read "
        "so long a text. Type a text that repeats itself, or choose another model.",
    ),
    errors.BatchTooLarge: (
        {
            "n_rows": 16,
            "n_tokens": 512,
            "n_layers": 12,
            "n_heads": 12,
            "megabytes": 2415,
            "limit": 640,
            "fit_rows": 4,
            "fit_tokens": 263,
        },
        "A batch of 16 x 512 tokens on 12 layers of 12 heads has 2,415 MB of attention and logits; at most 640 MB are "
        "kept. "
        "Of this length 4 texts fit; 16 texts fit with 263 tokens each.",
    ),
    errors.NotAGenerator: (
        {"checkpoint": "headlight-bert"},
        "headlight-bert guesses masked words and does not continue a text. Choose a GPT-2 model.",
    ),
    errors.TwoStacks: (
        {"checkpoint": "t5-small", "shipped": "A or B"},
        "t5-small has an encoder and a decoder, and here a model of one stack is read. Open it on the page 'Translate "
        "and cross-attention', or choose A or B.",
    ),
    errors.OneStack: (
        {"checkpoint": "gpt2"},
        "gpt2 has one stack and translates nothing: it has no cross-attention. Choose an encoder-decoder, such as a "
        "T5, BART or Marian, or open this model on the page 'Masked word'.",
    ),
    errors.TargetsDoNotMatch: (
        {"n_sources": 2, "n_targets": 1},
        "There are 2 sources and 1 targets. Give one target a source, or none: then the model writes them.",
    ),
    errors.TranslationTooLarge: (
        {
            "n_rows": 4,
            "n_source": 1024,
            "n_target": 512,
            "megabytes": 1200,
            "limit": 640,
            "fit_rows": 2,
            "fit_tokens": 300,
        },
        "4 x 1,024 tokens of sources with 512 of targets have 1,200 MB of attention and logits; at most 640 MB are "
        "kept. Of this length 2 texts fit; 4 texts fit with 300 tokens each, and no more in a target.",
    ),
    errors.TooLongToContinue: (
        {"number": 2, "n_tokens": 1020, "max_new_tokens": 10, "max_positions": 1024, "n_left": 4},
        "Prompt 2 has 1,020 tokens and 10 more are asked for; this model reads 1,024, so 4 more fit. "
        "Ask for fewer, or shorten the prompt.",
    ),
    errors.SettingOutOfRange: (
        {"name": "top_p", "seen": 1.5, "allowed": "0 < top_p ≤ 1"},
        "top_p is 1.5. Give a number with 0 < top_p ≤ 1.",
    ),
    errors.AllTokensHidden: (
        {"n_tokens": 7},
        "All 7 tokens are hidden: nothing is left to look at. Show at least one token.",
    ),
    errors.ScoresNotKept: (
        {"checkpoint": "gpt2", "n_rows": 2, "n_tokens": 1024, "shipped": "A or B"},
        "The scores before softmax are not in this run of gpt2 (2 x 1,024 tokens): the text is too long for them to "
        "be kept, or the model's attention can only be read, or the file was saved without them. Take a shorter text, "
        "or run it with A or B.",
    ),
    errors.UnknownHiding: (
        {"fill": "max", "dtype": "float32", "dtypes": "float32, float16"},
        "Cannot hide with 'max' in float32. Give min, -inf or a number, and one of float32, float16.",
    ),
    errors.NoContributions: (
        {"checkpoint": "xlnet", "shipped": "A or B"},
        "What the heads of xlnet contribute is not known, only their weights: its attention can only be read, or what "
        "its heads bring is changed before their output projection, or the file was saved without the norms of the "
        "value vectors. Run the text again with A or B, or look at the weights.",
    ),
    errors.ContributionsWithoutPlace: (
        {"option": "--contribution"},
        "--contribution draws what heads contribute, and no folder is named for it. Add --out DIR.",
    ),
    errors.NotRecorded: (
        {"checkpoint": "xlnet", "shipped": "A or B"},
        "The attention of xlnet can only be read: what is added to its scores is out of reach. Choose A or B.",
    ),
    errors.MaskUnreadable: (
        {"name": "m.npy", "reason": "it is empty."},
        "Cannot read the mask in 'm.npy': it is empty. Give one row of 0 and 1 for each query, as text, JSON or .npy.",
    ),
    errors.MaskDoesNotFit: (
        {"name": "m.npy", "seen": "3 x 4", "n_tokens": 7},
        "The mask in 'm.npy' has the size 3 x 4; this text has 7 tokens, so it must be 7 x 7.",
    ),
    errors.TokensDoNotFit: (
        {"positions": "8, 9", "n_tokens": 7},
        "The tokens at positions 8, 9 do not exist: this text has positions 1 to 7.",
    ),
    errors.EmptyReplacement: (
        {"word": " "},
        "' ' leaves no token to put in place. Type a word, or [MASK].",
    ),
    errors.UnknownHead: (
        {"name": "Head 3"},
        "'Head 3' is not the name of a head. Write Layer4_Head11 (counted from 1) or L3H10 (counted from 0).",
    ),
    errors.HeadOutOfRange: (
        {"label": "Layer4_Head13", "n_layers": 12, "n_heads": 12},
        "Layer4_Head13 does not exist: this model has 12 layers of 12 heads.",
    ),
    errors.NoModelNamed: (
        {"example": "bert-base-uncased"},
        "No model is named. Type a name on the Hub, for example: bert-base-uncased, or a folder.",
    ),
    errors.ModelNotFound: (
        {"checkpoint": "brt", "shipped": "A or B"},
        "There is no model 'brt'. Choose A or B, give a folder with the weights, or the name of a model on the Hub.",
    ),
    errors.FolderNotListed: (
        {"checkpoint": "/etc", "shipped": "A or B"},
        "This server, which others can reach, opens no folder that it does not list, and '/etc' is none of them. "
        "Choose A or B, or the name of a model on the Hub; whoever runs the server can list its folder in "
        "HEADLIGHT_MODELS.",
    ),
    errors.HubUnreachable: (
        {"checkpoint": "bert", "shipped": "A or B"},
        "Cannot load 'bert': the Hub cannot be reached and no copy is on this computer. "
        "Choose A or B, or give a folder with the weights.",
    ),
    errors.HubOffline: (
        {"checkpoint": "bert", "shipped": "headlight-bert or headlight-gpt2"},
        "Cannot load 'bert': HF_HUB_OFFLINE is set, so the Hub is not asked, and no copy is on this computer. Choose "
        "headlight-bert or headlight-gpt2, give a folder with the weights, or start Headlight without HF_HUB_OFFLINE.",
    ),
    errors.WrongMirror: (
        {"endpoint": "hf-mirror", "reason": Reason("It must be an address.")},
        "Models cannot be fetched from 'hf-mirror'. It must be an address.",
    ),
    errors.DownloadBroken: (
        {"checkpoint": "bert", "done_mb": 12.04, "all_mb": 1440.0, "reason": Reason("the connection was cut.")},
        "The download of 'bert' broke off at 12.0 of 1,440.0 MB: the connection was cut. What has come is kept. Begin "
        "it again, and it goes on from there.",
    ),
    errors.DownloadDamaged: (
        {"checkpoint": "bert", "name": "model.safetensors"},
        "'model.safetensors' of 'bert' came with other bytes than the Hub announces, so it was deleted. Begin the "
        "download again; if that does not help, fetch it from another address.",
    ),
    errors.DownloadStopped: (
        {"checkpoint": "bert", "shipped": "headlight-bert or headlight-gpt2"},
        "The download of 'bert' was stopped. Begin it again, and it goes on from where it was, or choose "
        "headlight-bert or headlight-gpt2.",
    ),
    errors.ModelRefused: ({"checkpoint": "x", "reason": "it is empty."}, "Cannot use 'x': it is empty."),
    errors.ModelTooLarge: (
        {"checkpoint": "big/model", "gigabytes": 28.004, "limit": 3.0},
        "The weights of 'big/model' take 28.0 GB in single precision; at most 3.0 GB are loaded here. Choose a smaller "
        "model, or set HEADLIGHT_MAX_MODEL_GB to allow more (0: no limit).",
    ),
    errors.WrongSetting: (
        {"name": "HEADLIGHT_DEVICE", "value": "banana", "allowed": Reason("It must be one of: auto, cpu.")},
        "The setting HEADLIGHT_DEVICE is 'banana'. It must be one of: auto, cpu. Change it, or leave it out.",
    ),
    errors.UnknownSetting: (
        {"name": "HEADLIGHT_DEVIC", "nearest": "HEADLIGHT_DEVICE"},
        "There is no setting HEADLIGHT_DEVIC. Did you mean HEADLIGHT_DEVICE? README.md names all of them.",
    ),
    errors.DeviceMissing: (
        {"device": "cuda"},
        "HEADLIGHT_DEVICE is cuda, and this computer has no such device that can be used. Set it to auto or cpu.",
    ),
    errors.NoWordHead: (
        {"checkpoint": "all-MiniLM", "shipped": "headlight-bert or headlight-gpt2"},
        "all-MiniLM has no layer that gives words a probability, so it guesses none, as an encoder of sentences. Its "
        "attention, boards, claims and masks can be looked at; for words choose headlight-bert or headlight-gpt2.",
    ),
    errors.WordHeadMissing: (
        {"checkpoint": "half", "shipped": "headlight-bert or headlight-gpt2"},
        "The layer of half that gives words a probability is not in its files, so its words would be chance. Its "
        "attention, boards, claims and masks can be looked at; for words choose headlight-bert or headlight-gpt2, or "
        "files with all weights.",
    ),
    errors.WeightsChanged: (
        {"checkpoint": "my/folder"},
        "The weights of 'my/folder' changed since this answer was made. Run it again.",
    ),
    errors.CaptureFailed: (
        {"checkpoint": "x", "n_returned": 0, "n_layers": 12, "shipped": "A or B"},
        "'x' returned attention for 0 of 12 layers, so it cannot be drawn. Choose A or B.",
    ),
    errors.WordNotInText: (
        {"word": "slow", "number": 1, "words": "The, dog, runs"},
        "The word 'slow' is not in text 1. Its words are: The, dog, runs.",
    ),
    errors.AmbiguousWord: (
        {"word": "the", "number": 1, "positions": "2, 7"},
        "The word 'the' stands in text 1 more than once, at positions 2, 7. Give one of these positions instead.",
    ),
    errors.NothingToMeasure: (
        {"measure": "same"},
        "In this text no token can be measured by 'same'. Take a longer text, or another measure.",
    ),
    errors.NoLines: (
        {"n_lines": 1_200},
        "There is no text in this file: of 1,200 lines none has a word. Give one sentence a line.",
    ),
    errors.NothingInCorpus: (
        {"reasons": "1 line was left out: 1 is empty."},
        "No line of this corpus can be run. 1 line was left out: 1 is empty. Give one sentence a line.",
    ),
    errors.CorpusTooLarge: (
        {"name": "all.txt", "megabytes": 12.34, "limit": 2},
        "'all.txt' has 12.3 MB; a corpus may have 2 MB here. Take a part of it: what heads do shows in a few thousand "
        "sentences.",
    ),
    errors.PairForMeasure: (
        {"measure": "next"},
        "The measure is 'next'. A query and a key are given, both, for the measure 'pair', and for no other.",
    ),
    errors.CannotRead: (
        {"name": "a.txt", "reason": "it is a folder."},
        "Cannot read 'a.txt': it is a folder. Give a text file in UTF-8.",
    ),
    errors.NoSentences: (
        {"example": "It _moves_ *slow*."},
        "There is no sentence. Write one a line, with the query as *so* and the key as _so_, for example: It _moves_ "
        "*slow*.",
    ),
    errors.TooManySentences: (
        {"n_sentences": 1000, "limit": 200},
        "There are 1,000 sentences; at most 200 are tested at once. Remove some lines.",
    ),
    errors.WrongMarks: (
        {"number": 3, "n_queries": 2, "n_keys": 0, "line": "It *moves* *slow*."},
        "Line 3 marks 2 query words and 0 key words: It *moves* *slow*. "
        "Mark one query as *so* and one key as _so_; a sign that marks nothing is written with a backslash before it.",
    ),
    errors.WrongTemplate: (
        {"reason": "'verb' has no list."},
        "The template and its lists do not fit together: 'verb' has no list. "
        "Write {animal} in the template and a line such as: animal: turtle, dog",
    ),
    errors.SentenceNotFound: (
        {"n_texts": 3, "text": "The dog runs."},
        "None of the 3 texts that were run consists of the words of this sentence: The dog runs.",
    ),
    errors.MarksShareToken: (
        {"text": "It moves slowly."},
        "Query and key share a token in this sentence: It moves slowly. Mark two different words.",
    ),
    errors.RunsDoNotMatch: (
        {"shapes": "6 x 12, 12 x 12"},
        "The runs are of different models, with layers x heads: 6 x 12, 12 x 12. Take runs of one model.",
    ),
    errors.NoKindInCommon: (
        {"kinds_a": "self", "kinds_b": "encoder, decoder, cross"},
        "The kinds of attention in A are: self; in B: encoder, decoder, cross. None is in both, so there is nothing to "
        "compare. Choose two models of one stack, or two encoder-decoders.",
    ),
    errors.NoTokenNumbers: (
        {"text": "two"},
        "'two' names no tokens. Write the numbers that stand under them, parted by commas, for example: 4 or 2, 5",
    ),
    errors.NothingHiddenInTwoStacks: (
        {"checkpoint": "t5-small", "shipped": "A or B"},
        "t5-small has an encoder and a decoder; here tokens are hidden only in models of one stack. Leave the numbers "
        "out, or choose A or B.",
    ),
    errors.NoKeyInSight: (
        {"n_sentences": 5},
        "The model reads from left to right, and in none of the 5 sentences does the key stand before the query. "
        "Mark keys that come earlier, or choose a BERT model.",
    ),
    errors.TooManyExamples: (
        {"n_texts": 1200, "limit": 16},
        "There are 1,200 sentences; a training batch has at most 16 here. Remove some lines.",
    ),
    errors.TrainingBatchTooLarge: (
        {"n_rows": 12, "n_tokens": 100, "n_cells": 1200, "limit": 1024},
        "A training batch of 12 x 100 tokens has 1,200 positions, padding included; at most 1,024 are "
        "trained on here. Remove some sentences, or shorten the longest.",
    ),
    errors.NothingScored: (
        {"seed": 3, "share": 0.15},
        "With the seed 3 and a share of 0.15 no token is drawn to be scored, and the loss would be no number (NaN). "
        "Take another seed, or a higher share.",
    ),
    errors.NothingToGuess: (
        {"example": "The cat sat."},
        "No token has a label and a token before it, so nothing is scored and the loss would be no number (NaN). "
        "Type a longer sentence, for example: The cat sat.",
    ),
    errors.HeadsStayOn: (
        {"checkpoint": "other-model", "shipped": "headlight-bert or headlight-gpt2"},
        "The attention of other-model can only be read: its heads cannot be switched off. Choose headlight-bert or "
        "headlight-gpt2.",
    ),
    errors.LayersAreOne: (
        {"checkpoint": "some-albert"},
        "some-albert runs one module again and again in place of a list of layers, so nothing can be put in between. "
        "Patch the outputs of its heads instead, or choose another model.",
    ),
    errors.NotSameLength: (
        {"n_first": 7, "n_second": 9},
        "The first sentence has 7 tokens and the second 9; each token needs a partner, so both must have the same "
        "number. Add words to the shorter one or take some out of the longer one; a word may be several tokens.",
    ),
    errors.TooLongToPatch: (
        {"n_tokens": 300, "limit": 128},
        "The sentences have 300 tokens; states are patched for at most 128, one token at a time. Shorten both, or "
        "patch the outputs of heads.",
    ),
    errors.NotOneToken: (
        {"word": "turtles", "checkpoint": "headlight-bert", "tokens": "turtle ##s", "example": "river"},
        "'turtles' is not one of headlight-bert's tokens: the model reads it as turtle ##s, so it has no probability "
        "of its own. Type a word that is one token, for example: river",
    ),
    errors.NothingToShuffle: (
        {"n_tokens": 1, "least": 2, "example": "The turtle moves slow."},
        "Tokens of this text that can change places: 1 ([MASK] and special ones cannot); 2 are needed. Type a longer "
        "text, for example: The turtle moves slow.",
    ),
    errors.PositionsBeyondTable: (
        {"shift": 2000, "first": 2000, "last": 2010, "checkpoint": "gpt2", "max_position": 1023, "allowed": 1013},
        "Moved by 2,000, the positions of this text would be 2,000 to 2,010; gpt2 has 0 to 1,023. Move it by 0 to "
        "1,013.",
    ),
    errors.TakesNoPositions: (
        {"checkpoint": "bloom", "family": "bloom", "shipped": "headlight-bert"},
        "bloom (family bloom) takes no position_ids: it counts by itself, or only distances. Shuffle the words "
        "instead, or choose headlight-bert.",
    ),
    errors.NotARun: ({"name": "a.npz", "reason": "it is empty."}, "'a.npz' is not a saved run: it is empty."),
    errors.HoldsTwoStacks: (
        {"name": "monday.npz"},
        "'monday.npz' holds a run of an encoder-decoder, with three kinds of attention; here one kind is read. Open it "
        "on the page 'Translate and cross-attention'.",
    ),
    errors.HoldsOneStack: (
        {"name": "monday.npz"},
        "'monday.npz' holds a run of a model with one stack: it has no cross-attention. Open it on the page 'Head "
        "board'.",
    ),
    errors.WrongShape: (
        {"name": "scores", "seen": [1, 2], "expected": [1, 3]},
        "scores has the shape [1, 2]; it must be [1, 3].",
    ),
    errors.TooManyForLines: (
        {"n_tokens": 1_200, "limit": 64},
        "The text has 1,200 tokens; lines are drawn for at most 64: with more nothing could be told apart. Look at the "
        "map, or shorten the text.",
    ),
    errors.OwnFileUnreadable: (
        {"name": "assets/examples/board/first.txt"},
        "'assets/examples/board/first.txt', which comes with Headlight, is missing or cannot be read. Put it back, or "
        "install Headlight anew.",
    ),
    errors.WrongKnownHeads: (
        {"name": "heads.toml", "reason": "findings, entry 2: 'does' is missing."},
        "The known heads in 'heads.toml' cannot be read: findings, entry 2: 'does' is missing.",
    ),
    errors.NothingKnown: (
        {"checkpoint": "my-bert", "known": "gpt2 and headlight-bert"},
        "Nothing is known of the heads of 'my-bert'. Known are heads of gpt2 and headlight-bert; for the same weights "
        "under another name give that name with --model.",
    ),
    errors.NoFontFor: (
        {"characters": "北 京"},
        "No installed font has these characters: 北 京. A PNG shows boxes in their place; no PDF is written. Install "
        "a font that has them (for Chinese, Japanese and Korean the package fonts-noto-cjk of Debian and Ubuntu), or "
        "take the SVG.",
    ),
    errors.NeedsShaping: (
        {"characters": "ש"},
        "The PDF cannot hold these characters as they are written: ש. They join, are stacked, or run from right to "
        "left, and would stand there wrongly. Take the SVG, which a browser sets right.",
    ),
}


def subclasses(kind: type) -> set[type]:
    return {kind}.union(*(subclasses(sub) for sub in kind.__subclasses__()))


def test_every_error_stands_in_the_list_of_this_test():
    assert subclasses(VizError) == set(SENTENCES)


def test_every_error_says_in_a_line_of_its_own_what_it_refuses():
    lines = {kind: (vars(kind)["__doc__"] or "").strip() for kind in SENTENCES if kind is not VizError}
    assert [kind for kind, line in lines.items() if not line.startswith("Refuse ") or "\n" in line] == []
    assert len(set(lines.values())) == len(lines)


def test_an_error_is_its_english_sentence():
    for kind, (values, expected) in SENTENCES.items():
        assert str(kind(**values)) == expected


def test_an_error_keeps_its_values():
    assert [kind for kind, (values, _) in SENTENCES.items() if kind(**values).values != values] == []


def test_a_value_that_is_missing_is_noticed_when_the_error_is_made():
    unnoticed = []
    for kind, (values, _) in SENTENCES.items():
        try:
            kind(**dict(list(values.items())[1:]))
        except KeyError:
            continue
        unnoticed.append(kind)
    assert unnoticed == []


def test_an_error_is_said_in_the_readers_language(speak, tmp_path):
    catalogues.write(tmp_path, "xx", {kind.template: f"«{kind.template}»" for kind in SENTENCES})
    speak("xx")
    for kind, (values, expected) in SENTENCES.items():
        assert text.sentence(kind(**values)) == f"«{expected}»"


def test_numbers_in_an_error_follow_the_readers_language(speak):
    error = errors.TextTooLarge(n_characters=10001, limit=10000, over=1)
    speak("de")
    assert text.sentence(error) == "The text has 10.001 characters; at most 10.000 are read. Shorten it by 1."
    assert str(error) == "The text has 10,001 characters; at most 10,000 are read. Shorten it by 1."


def test_a_reason_is_said_in_the_readers_language_within_its_error(speak, tmp_path):
    russian = {"'{name}' is not a saved run: {reason}": "«{name}» — не запись: {reason}"}
    russian |= {"it has no {entries}.": "в ней нет {entries}."}
    catalogues.write(tmp_path, "ru", russian)
    error = errors.NotARun(name="a.npz", reason=Reason("it has no {entries}.", entries="meta"))
    speak("ru")
    assert text.sentence(error) == "«a.npz» — не запись: в ней нет meta."
    assert str(error) == "'a.npz' is not a saved run: it has no meta."


def test_an_error_that_is_the_reason_of_another_is_translated_too(speak, tmp_path):
    catalogues.write(tmp_path, "ru", {errors.WrongShape.template: "{name}: {seen} вместо {expected}."})
    inner = errors.WrongShape(name="scores", seen=[1], expected=[2])
    error = errors.NotARun(name="a.npz", reason=Reason("they do not fit ({error})", error=inner))
    speak("ru")
    assert text.sentence(error) == "'a.npz' is not a saved run: they do not fit (scores: [1] вместо [2].)"


def test_what_a_person_typed_is_never_read_as_a_template():
    assert str(errors.UnknownHead(name="{n_layers}{0}%s")).startswith("'{n_layers}{0}%s' is not")
    assert str(Reason("'{name}' has no list.", name="{b}")) == "'{b}' has no list."
