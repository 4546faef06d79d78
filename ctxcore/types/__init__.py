"""The values that pass between layers. All are frozen, none holds a model; arrays are numpy float32 unless said.

Axes are written in square brackets, outermost first: ``[occurrence, layer, feature]``. Layer 0 is the output of the
embedding layer (token, position and segment embeddings summed and normalised where the model does so); layer *n* is the
output of the n-th transformer block. For decoders with a final norm the last layer is taken after it, as transformers does.
"""

from __future__ import annotations

from ctxcore.types.attention import (
    AlignedMaps,
    Attention,
    AttentionSteps,
    HeadMap,
    HeadMaps,
    HeadScores,
    HeadShifts,
    HeadTrace,
    Influence,
    Units,
)
from ctxcore.types.prediction import (
    Coverage,
    GeneratedText,
    GeneratedToken,
    HeldOut,
    Ladder,
    LastWord,
    Lens,
    LookupAnswer,
    Prediction,
    SentenceScore,
    Swap,
    WindowCurves,
)
from ctxcore.types.result import Result
from ctxcore.types.static import AnalogyScore, Neighbour, PairScore, SectionScore, Term, WordAnalogy, WordMap, WordPlane
from ctxcore.types.text import Mention, Span, Token, TrainingWords, Word
from ctxcore.types.vectors import (
    Background,
    BankAccuracy,
    Contradiction,
    Encoding,
    Faithfulness,
    Fan,
    Occurrences,
    Origin,
    Projection,
    SelfSimilarity,
    SenseReading,
    Substitutes,
)

__all__ = [
    "AlignedMaps",
    "HeadMap",
    "HeadMaps",
    "AnalogyScore",
    "Attention",
    "AttentionSteps",
    "Background",
    "BankAccuracy",
    "Contradiction",
    "Coverage",
    "Encoding",
    "Faithfulness",
    "Fan",
    "GeneratedText",
    "GeneratedToken",
    "HeadScores",
    "HeadShifts",
    "HeadTrace",
    "HeldOut",
    "Influence",
    "Ladder",
    "LastWord",
    "Lens",
    "LookupAnswer",
    "Mention",
    "Neighbour",
    "Occurrences",
    "Origin",
    "PairScore",
    "Prediction",
    "Projection",
    "Result",
    "SectionScore",
    "SelfSimilarity",
    "SenseReading",
    "SentenceScore",
    "Span",
    "Substitutes",
    "Swap",
    "Term",
    "Token",
    "TrainingWords",
    "Units",
    "WindowCurves",
    "Word",
    "WordAnalogy",
    "WordMap",
    "WordPlane",
]
