"""The values that pass between layers. All are frozen, none holds a model; arrays are numpy float32 unless said.

Axes are written in square brackets, outermost first: ``[occurrence, layer, feature]``. Layer 0 is the output of the
embedding layer (token, position and segment embeddings summed and normalised where the model does so); layer *n* is the
output of the n-th transformer block. For decoders with a final norm the last layer is taken after it, as transformers does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

Span = tuple[int, int]
"""Character start and end in the sentence, end exclusive."""


class Result:
    """A result that holds arrays: at a prompt and in a notebook it shows names, shapes and a few rows in their place."""

    def __repr__(self) -> str:
        from ctxcore.notebook import text_of

        return text_of(self)

    def _repr_html_(self) -> str:
        from ctxcore.notebook import html_of

        return html_of(self)


@dataclass(frozen=True, order=True)
class Mention:
    """One place where a word stands: characters ``[start, end)`` of sentence ``sentence_index``."""

    sentence_index: int
    start: int
    end: int


@dataclass(frozen=True)
class Word:
    """A word of a sentence with its character span."""

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Token:
    """A token as the model reads it.

    Attributes:
        text: The vocabulary entry, as the tokenizer writes it (``##ing``, ``Ġdog``).
        id: Its index in the vocabulary.
        start: First character it stands for in the sentence, without leading white space.
        end: One past the last character. Special tokens have an empty span.
        special: Added by the tokenizer or as a start token; not part of the sentence.
    """

    text: str
    id: int
    start: int
    end: int
    special: bool


@dataclass(frozen=True)
class Neighbour:
    """A word and its cosine similarity to what was asked about."""

    word: str
    similarity: float


@dataclass(frozen=True, eq=False, repr=False)
class Encoding(Result):
    """One sentence as the model sees it.

    Attributes:
        sentence: The text as given.
        tokens: Tokens in order, special tokens included.
        words: Words of the sentence with spans.
        hidden: Hidden states ``[layer, token, feature]``.
    """

    sentence: str
    tokens: tuple[Token, ...]
    words: tuple[Word, ...]
    hidden: np.ndarray

    def to_frame(self) -> pd.DataFrame:
        """One row a token: ``text``, ``id``, ``start``, ``end``, ``special``."""
        from ctxcore.notebook import encoding_frame

        return encoding_frame(self)


@dataclass(frozen=True, eq=False, repr=False)
class Occurrences(Result):
    """Contextual vectors of chosen spans, one occurrence each.

    Attributes:
        vectors: ``[occurrence, layer, feature]``; the mean over the tokens that overlap the span.
        sentence_index: Which sentence each occurrence stands in.
        spans: Character start and end of each.
        words: The text of each span.
        sentences: All sentences, in the order they were given.
        pieces: The tokens that each vector is the mean of.
    """

    vectors: np.ndarray
    sentence_index: tuple[int, ...]
    spans: tuple[Span, ...]
    words: tuple[str, ...]
    sentences: tuple[str, ...]
    pieces: tuple[tuple[str, ...], ...]

    def __len__(self) -> int:
        return len(self.spans)

    def to_frame(self, layer: int | None = None) -> pd.DataFrame:
        """One row an occurrence: ``sentence``, ``sentence_index``, ``word``, ``start``, ``end``, ``tokens``.

        With a layer, its vector follows as columns 0 to the number of features less 1.

        Raises:
            BadInputError: There is no such layer.
        """
        from ctxcore.notebook import occurrences_frame

        return occurrences_frame(self, layer)


@dataclass(frozen=True, eq=False, repr=False)
class Attention(Result):
    """Attention weights of one sentence.

    Attributes:
        sentence: The text as given.
        weights: ``[layer, head, query, key]``; each row ``[..., query, :]`` sums to 1.
        layers: Block number (from 1) of each entry of the layer axis.
        heads: Head number (from 0) of each entry of the head axis.
        tokens: Tokens in order, special tokens included: the query and key axes.
        words: Words of the sentence with spans.
    """

    sentence: str
    weights: np.ndarray
    layers: tuple[int, ...]
    heads: tuple[int, ...]
    tokens: tuple[Token, ...]
    words: tuple[Word, ...]

    def to_frame(self) -> pd.DataFrame:
        """One row a layer, head, query and key: their numbers and texts, and the ``weight``."""
        from ctxcore.notebook import attention_frame

        return attention_frame(self)


@dataclass(frozen=True, eq=False, repr=False)
class AttentionSteps(Result):
    """One head's attention, step by step (Vaswani et al. 2017, eq. 1).

    Attributes:
        q: Queries ``[query, d_head]``.
        k: Keys ``[key, d_head]``.
        v: Values ``[key, d_head]``.
        scores: ``q @ k.T``, ``[query, key]``.
        scaling: What the scores are multiplied by, 1/sqrt(d_head) in most families.
        scaled: ``scores * scaling`` ``[query, key]``; within the softcap and with the position bias where a family has them.
        mask: ``[query, key]``, True where the query may attend to the key.
        weights: Softmax of ``scaled`` over the keys that the mask leaves, ``[query, key]``; each row sums to 1.
        values: ``weights @ v``, ``[query, d_head]``: the head's output.
    """

    q: np.ndarray
    k: np.ndarray
    v: np.ndarray
    scores: np.ndarray
    scaling: float
    scaled: np.ndarray
    mask: np.ndarray
    weights: np.ndarray
    values: np.ndarray


@dataclass(frozen=True, eq=False, repr=False)
class HeadTrace(AttentionSteps):
    """The steps of one head of a model on one sentence; queries and keys are its tokens.

    Attributes:
        sentence: The text as given.
        layer: Block number, from 1.
        head: Head number, from 0.
        tokens: Tokens in order, special tokens included.
        words: Words of the sentence with spans.
        inputs: Hidden states that enter the block ``[token, feature]``.
        own: The model's own output of this head ``[token, d_head]``, from its fused kernel; where the head is switched off,
            what it gave before.
        difference: Greatest absolute difference between ``values`` and ``own``.
        rotary: Queries and keys were turned by their position (Su et al. 2021).
        norm_first: The block normalises ``inputs`` before it makes queries, keys and values.
    """

    sentence: str
    layer: int
    head: int
    tokens: tuple[Token, ...]
    words: tuple[Word, ...]
    inputs: np.ndarray
    own: np.ndarray
    difference: float
    rotary: bool
    norm_first: bool


@dataclass(frozen=True)
class Units:
    """What the rows and columns of an attention map stand for: words or tokens, with or without special tokens.

    Attributes:
        labels: The text of each unit.
        members: Token positions of each unit, in order.
        special: Is it a token that the tokenizer added?
        left_out: Token positions that belong to no unit: hidden special tokens.
    """

    labels: tuple[str, ...]
    members: tuple[tuple[int, ...], ...]
    special: tuple[bool, ...]
    left_out: tuple[int, ...] = ()

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, eq=False, repr=False)
class HeadScores(Result):
    """Where each head looks, on average over the queries. Shares of attention 0 to 1, ``[layer, head]``; NaN where none can be.

    Attributes:
        layers: Block number (from 1) of each entry of the layer axis.
        heads: Head number (from 0) of each entry of the head axis.
        shares: Pattern -> share. ``previous``, ``itself`` and ``next`` are the unit before, the query and the one after;
            ``special`` the tokens that the tokenizer added; ``same`` other mentions of the same word.
        entropy: Mean entropy of the rows in bits.
    """

    layers: tuple[int, ...]
    heads: tuple[int, ...]
    shares: dict[str, np.ndarray]
    entropy: np.ndarray


@dataclass(frozen=True, eq=False, repr=False)
class Influence(Result):
    """Which words of a sentence moved a target word's vector.

    Attributes:
        sentence: The text.
        target: The target word.
        words: The other words, in order.
        shifts: How it was measured -> ``[word, layer]``: 1 minus the cosine between the target's vector as it was and without
            that word. ``blocked``: the target may not attend to it, in any layer; ``removed``: it is taken out of the
            sentence; ``replaced``: the neutral word stands in its place.
        attention: ``[word, layer]``: the weight of the target on the word, mean over all heads up to that layer; 0 in layer 0.
        rollout: ``[word, layer]``: the same multiplied through the layers up to that one (Abnar & Zuidema 2020).
        neutral: What stood in a word's place.
    """

    sentence: str
    target: Word
    words: tuple[Word, ...]
    shifts: dict[str, np.ndarray]
    attention: np.ndarray
    rollout: np.ndarray
    neutral: str


@dataclass(frozen=True, eq=False, repr=False)
class HeadShifts(Result):
    """What switching heads off does to a target word's vector, and to the next word.

    Attributes:
        sentence: The text.
        target: The target word.
        sets: The heads that were switched off together, ``(layer, head)``, layers from 1 and heads from 0.
        shift: ``[set, layer]``: 1 minus the cosine between the target's vector as it was and without these heads.
        next_word: ``[set]``: Jensen-Shannon divergence in bits (0 to 1) between the next-token distributions after the
            sentence with and without these heads; None for an encoder.
    """

    sentence: str
    target: Word
    sets: tuple[tuple[tuple[int, int], ...], ...]
    shift: np.ndarray
    next_word: np.ndarray | None


@dataclass(frozen=True, eq=False, repr=False)
class Fan(Result):
    """Trails of mentions through the layers in one plane fitted on the last layer.

    Attributes:
        coordinates: ``[mention, layer, axis]``, three axes; axes beyond ``rank`` are 0.
        explained: Share of the last layer's variance on each axis (0 to 1), in float64.
        explained_by_layer: ``[layer, axis]``: share of that layer's own variance that each axis carries.
        removed: ``[layer]``: length of the shared part that was subtracted (0 to 1, the mean of unit vectors).
        rank: How many axes carry any variance at the last layer (at most 3 are kept).
    """

    coordinates: np.ndarray
    explained: np.ndarray
    explained_by_layer: np.ndarray
    removed: np.ndarray
    rank: int


@dataclass(frozen=True)
class Faithfulness:
    """How far a picture can be believed; None where there are too few points, or none differ.

    Attributes:
        trustworthiness: 0 to 1 (Venna & Kaski 2001): are the picture's neighbours neighbours by cosine too?
        neighbour_overlap: Mean share of each point's k nearest by cosine that are also its k nearest in the picture.
        rank_correlation: Spearman's rho between picture distances and cosine distances of all pairs, -1 to 1.
        k: The number of neighbours that the two shares count.
    """

    trustworthiness: float | None
    neighbour_overlap: float | None
    rank_correlation: float | None
    k: int


@dataclass(frozen=True, eq=False, repr=False)
class Projection(Result):
    """Points in a plane or in space.

    Attributes:
        coordinates: ``[point, axis]``.
        method: ``pca``, ``umap`` or ``tsne``.
        explained: Share of variance on each axis (PCA only).
        faithfulness: How far the picture can be believed.
        seed: What the method was seeded with.
    """

    coordinates: np.ndarray
    method: str
    explained: tuple[float, ...] | None
    faithfulness: Faithfulness
    seed: int


@dataclass(frozen=True)
class Contradiction:
    """A pair of points that the picture shows close (or far) although the cosine says otherwise.

    Attributes:
        first: Index of one point.
        second: Index of the other.
        cosine: Their cosine similarity.
        cosine_rank: 0 where no pair is closer by cosine, 1 where none is farther.
        picture_rank: The same in the picture.
    """

    first: int
    second: int
    cosine: float
    cosine_rank: float
    picture_rank: float


@dataclass(frozen=True, eq=False, repr=False)
class Background(Result):
    """What words have in common in a model, whichever words they are. Taken from all words of many sentences.

    Attributes:
        mean: ``[layer, feature]``, float64: the mean vector.
        random_words: ``[layer]`` mean cosine of random pairs of different words in different sentences: the anisotropy.
        same_words: ``[layer]`` mean cosine of a word's mentions in different sentences, averaged over the words that recur so.
        pairs: Number of random pairs behind ``random_words``.
        recurring: Number of words behind ``same_words``.
    """

    mean: np.ndarray
    random_words: np.ndarray
    same_words: np.ndarray
    pairs: int
    recurring: int


@dataclass(frozen=True, eq=False, repr=False)
class SelfSimilarity(Result):
    """Self-similarity of a word by layer with its baselines (Ethayarajh 2019). All arrays ``[layer]``.

    Attributes:
        word: Mean cosine over all pairs of the word's mentions.
        same_words: The same over pairs in different sentences, averaged over the words that recur in the background.
        random_words: Mean cosine of random pairs of different words in the background: the anisotropy.
        corrected: ``word`` minus ``random_words``: adjusted for anisotropy. (The centred cosine is another correction.)
        pairs: Number of random pairs behind ``random_words``.
        recurring: Number of recurring words behind ``same_words``.
    """

    word: np.ndarray
    same_words: np.ndarray
    random_words: np.ndarray
    corrected: np.ndarray
    pairs: int
    recurring: int


@dataclass(frozen=True, eq=False, repr=False)
class SenseReading(Result):
    """Senses named by the nearest centroid, layer by layer.

    Attributes:
        labels: The senses, sorted.
        assigned: ``[layer, occurrence]`` index into ``labels``: the nearest centroid. A labelled occurrence is read with
            itself left out of its own centroid; -1 where it is its sense's only example and so cannot be read, -2 where two
            centroids are equally near, which is no answer.
        margin: ``[layer, occurrence]`` cosine to the nearest centroid minus that to the second nearest.
        accuracy: ``[layer]`` share of labelled occurrences named right, every sense weighted alike; no answer counts as
            ``chance``. NaN where none can be.
        chance: What a reader that always answers the same sense gets: 1 / number of senses that are counted.
        counted: Labelled occurrences that could be read.
    """

    labels: tuple[str, ...]
    assigned: np.ndarray
    margin: np.ndarray
    accuracy: np.ndarray
    chance: float
    counted: int


@dataclass(frozen=True, eq=False, repr=False)
class Substitutes(Result):
    """How little each substitute changes a word's vector in its place.

    Attributes:
        words: The substitutes.
        similarity: ``[occurrence, substitute, layer]`` cosine between the word's vector and the substitute's vector in the
            same sentence at the same place.
    """

    words: tuple[str, ...]
    similarity: np.ndarray


@dataclass(frozen=True, eq=False, repr=False)
class Prediction(Result):
    """What a decoder expects after a prefix.

    Attributes:
        prefix: The text.
        top: The likeliest next tokens as text, a leading blank shown as such, with their probability.
        candidates: Each asked word and its probability: the product over all of its tokens. That the word ends there is not
            counted: "run" includes the share of "running" where its first token is the same.
        rank: Each asked word's place among all tokens, from 1 for the likeliest to the size of the vocabulary. A word of several
            tokens stands in the place of its first token, which every word that begins with it shares: one more than the
            other tokens that are likelier than the whole word.
        tokens: Each asked word's tokens, as it is read after this prefix.
        entropy: Of the next token, in bits.
        shares: Probability of every token of the vocabulary ``[vocabulary]``; sums to 1.
    """

    prefix: str
    top: tuple[tuple[str, float], ...]
    candidates: dict[str, float]
    rank: dict[str, int]
    tokens: dict[str, tuple[str, ...]]
    entropy: float
    shares: np.ndarray

    def to_frame(self) -> pd.DataFrame:
        """One row a word: ``word``, ``probability``, ``rank``, and whether it was ``asked`` for; the likeliest tokens first."""
        from ctxcore.notebook import prediction_frame

        return prediction_frame(self)


@dataclass(frozen=True, eq=False, repr=False)
class SentenceScore(Result):
    """How likely a decoder finds a sentence, token by token.

    Attributes:
        sentence: The text.
        tokens: Its tokens, without the start token that the first is predicted from.
        steps: Natural logarithm of each token's probability given all before it ``[token]``.
        total: Their sum: the logarithm of the whole sentence's probability. That it ends there is not counted.
    """

    sentence: str
    tokens: tuple[Token, ...]
    steps: np.ndarray
    total: float


@dataclass(frozen=True, eq=False, repr=False)
class Lens(Result):
    """What each layer would say comes next: its state read with the final norm and the output matrix (nostalgebraist 2020).

    Attributes:
        prefix: The text.
        top: For each layer from 0, the likeliest tokens as text with their probability.
        candidates: Each asked word and the probability of its first token ``[layer]``.
        divergence: How far each layer's distribution is from the last one's: Kullback-Leibler divergence of the last from
            it, in bits ``[layer]``; 0 at the last.
    """

    prefix: str
    top: tuple[tuple[tuple[str, float], ...], ...]
    candidates: dict[str, np.ndarray]
    divergence: np.ndarray


@dataclass(frozen=True)
class GeneratedToken:
    """One token of a continuation.

    Attributes:
        text: What it stands for, a leading blank shown as such.
        id: Its index in the vocabulary.
        probability: What the model gave it, at temperature 1.
        rank: Its place among all tokens, 1 for the likeliest.
        entropy: Of the distribution it was taken from, in bits, at temperature 1.
        top: The likeliest tokens there with their probability.
    """

    text: str
    id: int
    probability: float
    rank: int
    entropy: float
    top: tuple[tuple[str, float], ...]


@dataclass(frozen=True, eq=False, repr=False)
class HeldOut(Result):
    """How well readers know the next word of held-out sentences.

    Attributes:
        readers: Names: ``table``, ``smoothed``, ``last word``, ``full``.
        words: The words that were asked for, in order.
        sentence_index: Which held-out sentence each stands in ``[word]``.
        logs: Natural logarithm of the probability that each reader gave each word ``[reader, word]``; -inf for none.
        seen: ``[word]``: did the table see the context with a word behind it?
        known: ``[word]``: does the word stand in the training sentences?
        first: ``[reader, word]``: was it the reader's first guess?
        five: ``[reader, word]``: was it among the reader's first five?
        left_out: Words that were not asked for, since one of their tokens belongs to the next word as well.
        n: Words in an entry of the table and of the smoothed model.
        trained_on: Words that both were trained on.
        seconds: What it took.
    """

    readers: tuple[str, ...]
    words: tuple[str, ...]
    sentence_index: tuple[int, ...]
    logs: np.ndarray
    seen: np.ndarray
    known: np.ndarray
    first: np.ndarray
    five: np.ndarray
    left_out: int
    n: int
    trained_on: int
    seconds: float

    @property
    def perplexity(self) -> np.ndarray:
        """``[reader]``: exp of the mean negative logarithm over all words; infinite where one word got no probability."""
        return np.asarray(np.exp(-self.logs.mean(1)))

    @property
    def perplexity_known(self) -> np.ndarray:
        """``[reader]``: the same over the words that stand in the training sentences; NaN where none does."""
        logs = self.logs[:, self.known]
        return np.asarray(np.exp(-logs.mean(1))) if logs.shape[1] else np.full(len(self.readers), np.nan)

    @property
    def impossible(self) -> np.ndarray:
        """``[reader]``: share of the words that got no probability at all."""
        return np.asarray(np.isneginf(self.logs).mean(1))


@dataclass(frozen=True)
class LookupAnswer:
    """What a table of memorised transitions says of one word.

    Attributes:
        context: The words it was asked about.
        word: The word that should follow.
        seen: How often the context stood in training with a word behind it.
        count: How often the word followed it there.
        ended: How often a sentence ended with the context, so that no word followed.
    """

    context: tuple[str, ...]
    word: str
    seen: int
    count: int
    ended: int = 0

    @property
    def share(self) -> float | None:
        """Share of the context's occurrences that the word followed, 0 to 1; None where the context was never seen."""
        return self.count / self.seen if self.seen else None


@dataclass(frozen=True, eq=False, repr=False)
class Coverage(Result):
    """How much of held-out text tables have never seen.

    Attributes:
        ns: The n of each table.
        sizes: Numbers of training sentences.
        words: Training words of each size.
        unseen_contexts: ``[n, size]`` share of held-out words whose context was never seen.
        unseen_steps: ``[n, size]`` share of held-out words that never followed their context.
        asked: Number of held-out words.
    """

    ns: tuple[int, ...]
    sizes: tuple[int, ...]
    words: tuple[int, ...]
    unseen_contexts: np.ndarray
    unseen_steps: np.ndarray
    asked: int


@dataclass(frozen=True, eq=False, repr=False)
class Ladder(Result):
    """What each rung, from a lookup table to full attention, expects after each prompt.

    Attributes:
        prompts: The texts.
        candidates: The asked words.
        rungs: Names of the rungs, the poorest first: ``table``, ``last word``, ``no attention``, ``window``, ``full``.
        probability: ``[prompt, rung, candidate]``; NaN where the table never saw the context.
        rank: ``[prompt, rung, candidate]``, 1 for the likeliest; 0 where there is none.
        top: The likeliest words of each prompt and rung with their probability.
        entropy: ``[prompt, rung]`` in bits; NaN where the table never saw the context.
        answers: What the table says, ``[prompt][candidate]``.
        shares: ``[prompt, rung, vocabulary]`` of the rungs above the table.
        window: Words that are shown on the rung of that name.
        n: Words in an entry of the table.
    """

    prompts: tuple[str, ...]
    candidates: tuple[str, ...]
    rungs: tuple[str, ...]
    probability: np.ndarray
    rank: np.ndarray
    top: tuple[tuple[tuple[tuple[str, float], ...], ...], ...]
    entropy: np.ndarray
    answers: tuple[tuple[LookupAnswer, ...], ...]
    shares: np.ndarray
    window: int
    n: int


@dataclass(frozen=True, eq=False, repr=False)
class Swap(Result):
    """How far apart two prompts are on one rung.

    Attributes:
        divergence: Jensen-Shannon divergence of the two next-token distributions in bits, 0 to 1.
        greatest: Greatest difference between the two probabilities of a token.
        moved: The tokens whose probability differs most: index in the vocabulary and both probabilities.
    """

    divergence: float
    greatest: float
    moved: tuple[tuple[int, float, float], ...]


@dataclass(frozen=True)
class Term:
    """A word of a sum with its sign.

    Attributes:
        sign: 1 or -1.
        word: As typed.
        start: Its first character in what was typed.
    """

    sign: int
    word: str
    start: int


@dataclass(frozen=True)
class WordAnalogy:
    """What stands to ``c`` as ``b`` stands to ``a``: the words nearest to b - a + c.

    Attributes:
        a: Vocabulary entry of the first word.
        b: Of the second.
        c: Of the third.
        excluded: The nearest words, the three input words left out, as analogies are usually asked.
        kept: The nearest words, the input words among them.
    """

    a: str
    b: str
    c: str
    excluded: tuple[Neighbour, ...]
    kept: tuple[Neighbour, ...]


@dataclass(frozen=True, eq=False, repr=False)
class WordPlane(Result):
    """Words placed by two directions that are sums of words.

    Attributes:
        words: Vocabulary entries.
        axes: The two sums, as written.
        coordinates: Cosine of each word with each direction ``[word, axis]``, -1 to 1.
        between: Cosine of the two directions: 0 where they ask different things.
    """

    words: tuple[str, ...]
    axes: tuple[str, str]
    coordinates: np.ndarray
    between: float


@dataclass(frozen=True, eq=False, repr=False)
class WordMap(Result):
    """Words and their neighbours in one plane.

    Attributes:
        words: Vocabulary entries: first those asked for, then their neighbours.
        asked: How many were asked for.
        projection: Of all of them in one fit.
    """

    words: tuple[str, ...]
    asked: int
    projection: Projection


@dataclass(frozen=True)
class PairScore:
    """How well cosines rank pairs of words as people do.

    Attributes:
        name: The list of pairs.
        spearman: Rank correlation of the cosines with people's ratings, -1 to 1.
        pearson: Linear correlation.
        pairs: Pairs in the list.
        left_out: Pairs of which a word is unknown; they do not count.
    """

    name: str
    spearman: float
    pearson: float
    pairs: int
    left_out: int


@dataclass(frozen=True)
class SectionScore:
    """Analogies of one kind.

    Attributes:
        section: Its name.
        right: Questions answered right.
        asked: Questions whose four words are known.
        left_out: The other questions; they do not count.
    """

    section: str
    right: int
    asked: int
    left_out: int

    @property
    def share(self) -> float:
        """Share of the asked questions that were answered right; NaN where none was asked."""
        return self.right / self.asked if self.asked else float("nan")


@dataclass(frozen=True)
class AnalogyScore:
    """Analogies answered by b - a + c, the input words left out.

    Attributes:
        sections: In the order of the list.
        vocabulary: So many of the most frequent words may be the answer.
    """

    sections: tuple[SectionScore, ...]
    vocabulary: int

    @property
    def total(self) -> SectionScore:
        """All sections together."""
        right, asked, left_out = (sum(getattr(s, n) for s in self.sections) for n in ("right", "asked", "left_out"))
        return SectionScore("all", right, asked, left_out)


@dataclass(frozen=True)
class Origin:
    """Where a model's weights come from.

    Attributes:
        source: A repository, a publication or a path.
        licence: As its source states it; empty where it states none.
        disk: Size of the weights on disk, in bytes.
        note: What a reader should know about how it was opened, such as that no copy could be kept; mostly empty.
    """

    source: str
    licence: str = ""
    disk: int = 0
    note: str = ""


@dataclass(frozen=True, eq=False, repr=False)
class BankAccuracy(Result):
    """Senses named by the nearest centroid on every word of the sense bank, layer by layer.

    Attributes:
        words: The bank's words.
        senses: How many senses each has.
        accuracy: ``[word, layer]`` share of the untold sentences whose sense is named right, every sense of a word weighted
            alike.
        chance: ``[word]`` what a static vector gets: it is one for all sentences, so it can only give one answer, and 1 in so
            many senses is right. Guessing gets the same.
        counted: Sentences of each word that were named.
        told: Sentences of each sense that the reader knew.
    """

    words: tuple[str, ...]
    senses: tuple[int, ...]
    accuracy: np.ndarray
    chance: np.ndarray
    counted: tuple[int, ...]
    told: int

    @property
    def by_layer(self) -> np.ndarray:
        """``[layer]``: mean over the words, each weighted alike."""
        return np.asarray(self.accuracy.mean(0))

    @property
    def static(self) -> float:
        """What a static vector gets: mean over the words."""
        return float(self.chance.mean())
