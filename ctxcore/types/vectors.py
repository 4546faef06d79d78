"""Results that hold vectors: encodings, occurrences, what is measured on them, and where a model comes from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ctxcore.errors import BadInputError
from ctxcore.types.result import Result
from ctxcore.types.text import Span, Token, Word

if TYPE_CHECKING:
    import pandas as pd


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
        import pandas as pd

        names = ("text", "id", "start", "end", "special")
        return pd.DataFrame({name: [getattr(token, name) for token in self.tokens] for name in names})


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

    def with_layers(self, layers: Sequence[int] = ()) -> Occurrences:
        """The same occurrences with the vectors of these layers alone: ``vectors`` is ``[occurrence, of these, feature]``."""
        return replace(self, vectors=self.vectors[:, list(layers)])

    def to_frame(self, layer: int | None = None) -> pd.DataFrame:
        """One row an occurrence: ``sentence``, ``sentence_index``, ``word``, ``start``, ``end``, ``tokens``.

        With a layer, its vector follows as columns 0 to the number of features less 1.

        Raises:
            BadInputError: There is no such layer.
        """
        import pandas as pd

        table = pd.DataFrame({
            "sentence": [self.sentences[i] for i in self.sentence_index], "sentence_index": list(self.sentence_index),
            "word": list(self.words), "start": [start for start, _ in self.spans], "end": [end for _, end in self.spans],
            "tokens": [" ".join(pieces) for pieces in self.pieces],
        })  # fmt: skip
        if layer is None:
            return table
        layers = self.vectors.shape[1]
        if not 0 <= layer < layers:
            raise BadInputError(f"The vectors have layers 0 to {layers - 1}.", f"layer {layer}", "Choose one of them.")
        return table.join(pd.DataFrame(self.vectors[:, layer]))


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
        word: Mean cosine over the pairs of the word's mentions in different sentences.
        same_words: The same over pairs in different sentences, averaged over the words that recur in the background.
        random_words: Mean cosine of random pairs of different words in the background: the anisotropy.
        less_random: ``word`` minus ``random_words``: adjusted for anisotropy. (The centred cosine is another thing.)
        pairs: Number of random pairs behind ``random_words``.
        recurring: Number of recurring words behind ``same_words``.
    """

    word: np.ndarray
    same_words: np.ndarray
    random_words: np.ndarray
    less_random: np.ndarray
    pairs: int
    recurring: int


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
class MentionTrails(Result):
    """A fan, and the mentions whose trails it holds.

    Attributes:
        fan: The trails.
        mentions: The mentions, in the same order, with the vectors of layer 0 alone.
    """

    fan: Fan
    mentions: Occurrences


@dataclass(frozen=True, eq=False, repr=False)
class MentionPoints(Result):
    """A projection, and the mentions whose points it holds.

    Attributes:
        projection: The points.
        mentions: The mentions, in the same order, with the vectors of the layer that is shown alone.
    """

    projection: Projection
    mentions: Occurrences


@dataclass(frozen=True, eq=False, repr=False)
class PlacedSubstitutes(Result):
    """Substitutes, and the mentions in whose places they were put.

    Attributes:
        substitutes: How near each comes in each place.
        mentions: The mentions, in the same order, without their vectors.
    """

    substitutes: Substitutes
    mentions: Occurrences


@dataclass(frozen=True)
class Origin:
    """Where a model's weights come from.

    Attributes:
        source: A repository, a publication or a path.
        licence: As its source states it; empty where it states none.
        disk: Size of the weights on disk, in bytes.
        note: What a reader should know about how it was opened, such as that no copy could be kept; mostly empty.
        place: Where its files are found, where readers know it by another name.
    """

    source: str
    licence: str = ""
    disk: int = 0
    note: str = ""
    place: str = ""
