"""Where the trails of a fan begin, and why."""

from __future__ import annotations

from dataclasses import dataclass

from ctxcore.measures.geometry import SAME, cosine, self_similarity
from ctxcore.types import Occurrences


@dataclass(frozen=True)
class Beginnings:
    """Where the trails begin.

    Attributes:
        one: Do all mentions have the same vector at layer 0?
        cosine: Mean cosine of all pairs there; 1 for a single mention.
        moved: Mentions read as the same tokens differ all the same: their position is part of layer 0.
        forms: The word is read as other tokens in some mentions: another form, capital letter or neighbour.
    """

    one: bool
    cosine: float
    moved: bool
    forms: bool

    @property
    def said(self) -> str:
        """In a sentence, with the reason."""
        if self.one:
            return "All trails begin at one point: at layer 0 the occurrences have one vector, their word embedding."
        reasons = [
            *(["the model adds each token\u2019s position to its embedding"] if self.moved else []),
            *(["the word is read as other tokens in some sentences"] if self.forms else []),
        ]
        return f"Each trail begins at its own layer-0 vector (mean cosine there {self.cosine:.2f}): {' and '.join(reasons)}."


def beginnings(occurrences: Occurrences) -> Beginnings:
    """Do the trails begin at one point, and if not, why?"""
    vectors = occurrences.vectors[:, 0]
    firsts: dict[tuple[str, ...], int] = {}
    same = [firsts.setdefault(pieces, i) for i, pieces in enumerate(occurrences.pieces)]
    moved = bool((cosine(vectors, vectors[same]) < 1 - SAME).any())
    one = bool((cosine(vectors, vectors[:1]) >= 1 - SAME).all())
    mean = float(self_similarity(vectors[:, None])[0]) if len(vectors) > 1 else 1.0
    return Beginnings(one, mean, moved, len(firsts) > 1)
