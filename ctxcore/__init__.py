"""See how words mean: static vectors, contextual vectors and attention from real pretrained models.

``import ctxcore`` is light. torch, transformers and gensim are imported when a model is loaded.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOME = {
    "ctxcore.studies.influence": ("head_shifts", "influence"),
    "ctxcore.data.bank": ("BankWord", "background_sentences", "sense_bank"),
    "ctxcore.studies.sense_accuracy": ("bank_accuracy",),
    "ctxcore.data.corpora": ("TrainingText", "lesson_sentences", "news_sentences", "sentences_with", "training_sentences"),
    "ctxcore.errors": (
        "BadInputError", "CtxError", "ExportError", "FileFormatError", "MissingWeightsError", "ModelError",
        "NoMentionError", "NoSentencesError", "NotADecoderError", "OfflineError", "StoppedError", "TooLongError",
        "TooManyCharactersError", "UnknownWordError", "UnsupportedModelError",
    ),
    "ctxcore.engine": ("Engine", "Query"),
    "ctxcore.studies.evaluation": ("analogy_score", "pair_score"),
    "ctxcore.models.interventions": ("Attend",),
    "ctxcore.models.catalogue": ("CATALOGUE",),
    "ctxcore.models.contextual": ("ContextualModel",),
    "ctxcore.models.loading": ("load_model",),
    "ctxcore.models.static": ("StaticSpace", "load_static"),
    "ctxcore.studies.relations": ("direction", "near", "word_analogy", "word_list", "word_map", "word_plane"),
    "ctxcore.studies.held_out": ("held_out",),
    "ctxcore.studies.prediction_ladder": ("ladder", "window_curve", "window_curves"),
    "ctxcore.measures.attention_steps": ("attention_steps",),
    "ctxcore.studies.substitution": ("substitutes",),
    "ctxcore.text": ("find", "words_of"),
    "ctxcore.studies.trained": ("Training",),
    "ctxcore.studies.training": ("train_static", "word2vec_bytes"),
    "ctxcore.types": (
        "AlignedMaps", "Attention", "AttentionSteps", "Background", "Contradiction", "Coverage", "Encoding", "Faithfulness", "Fan",
        "GeneratedText", "GeneratedToken", "HeadMap", "HeadMaps", "HeadScores", "HeadShifts", "HeadTrace", "HeldOut", "Influence", "Ladder",
        "LastWord", "Lens", "LookupAnswer", "Mention", "Neighbour", "Occurrences", "Origin",
        "Prediction", "Projection", "SelfSimilarity", "SenseReading", "SentenceScore",
        "Substitutes", "Swap", "Token", "TrainingWords", "Units", "WindowCurves", "Word",
        "AnalogyScore", "NearWords", "PairScore", "SectionScore", "SpaceScores", "Term", "WordAnalogy", "WordMap", "WordMatrix",
        "WordPlane",
        "BankAccuracy", "ByHand", "HandSum", "MentionPoints", "MentionTrails", "PinnedPoint", "PlacedSubstitutes",
    ),
}  # fmt: skip
_SUBMODULES = {
    name: f"ctxcore.{home}"
    for name, home in {
        "claims": "claims",
        "evaluation": "studies.evaluation",
        "exchange": "export.vectors",
        "export": "export",
        "figures": "figures",
        "measures": "measures",
        "reading": "reading",
        "report": "export.report",
        "tables": "tables",
        "text": "text",
        "workspace": "workspace",
    }.items()
}
_WHERE = {name: home for home, names in _HOME.items() for name in names}

__version__ = "0.1.0"
__all__ = sorted([*_WHERE, *_SUBMODULES, "__version__"], key=str.casefold)


def __getattr__(name: str) -> Any:
    if name in _SUBMODULES:
        return import_module(_SUBMODULES[name])
    if name in _WHERE:
        return getattr(import_module(_WHERE[name]), name)
    raise AttributeError(f"module 'ctxcore' has no attribute {name!r}")


def __dir__() -> list[str]:
    return list(__all__)
