"""See how words mean: static vectors, contextual vectors and attention from real pretrained models.

``import ctxcore`` is light. torch, transformers and gensim are imported when a model is loaded.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOME = {
    "ctxcore.ablation": ("head_shifts", "influence"),
    "ctxcore.bank": ("BankWord", "background_sentences", "sense_bank"),
    "ctxcore.bank_senses": ("bank_accuracy",),
    "ctxcore.corpora": ("lesson_sentences", "news_sentences", "sentences_with"),
    "ctxcore.errors": (
        "BadInputError", "CtxError", "ExportError", "FileFormatError", "MissingWeightsError", "ModelError",
        "NoMentionError", "NoSentencesError", "NotADecoderError", "OfflineError", "StoppedError", "TooLongError",
        "TooManyCharactersError", "UnknownWordError", "UnsupportedModelError",
    ),
    "ctxcore.evaluation": ("analogy_score", "pair_score"),
    "ctxcore.interventions": ("Attend",),
    "ctxcore.models.catalogue": ("CATALOGUE",),
    "ctxcore.models.contextual": ("ContextualModel",),
    "ctxcore.models.loading": ("load_model",),
    "ctxcore.models.static": ("StaticSpace", "load_static"),
    "ctxcore.relations": ("direction", "near", "word_analogy", "word_list", "word_map", "word_plane"),
    "ctxcore.next_word": ("held_out",),
    "ctxcore.rungs": ("ladder", "window_curve"),
    "ctxcore.steps": ("attention_steps",),
    "ctxcore.substitution": ("substitutes",),
    "ctxcore.text": ("find", "words_of"),
    "ctxcore.training": ("train_static", "word2vec_bytes"),
    "ctxcore.types": (
        "Attention", "AttentionSteps", "Background", "Contradiction", "Coverage", "Encoding", "Faithfulness", "Fan",
        "GeneratedToken", "HeadScores", "HeadShifts", "HeadTrace", "HeldOut", "Influence", "Ladder", "Lens",
        "LookupAnswer", "Mention", "Neighbour", "Occurrences", "Origin",
        "Prediction", "Projection", "SelfSimilarity", "SenseReading", "SentenceScore",
        "Substitutes", "Swap", "Token", "Units", "Word",
        "AnalogyScore", "PairScore", "SectionScore", "Term", "WordAnalogy", "WordMap", "WordPlane",
        "BankAccuracy",
    ),
}  # fmt: skip
_SUBMODULES = (
    "claims",
    "evaluation",
    "exchange",
    "export",
    "figures",
    "measures",
    "reading",
    "report",
    "tables",
    "text",
    "workspace",
)
_WHERE = {name: home for home, names in _HOME.items() for name in names}

__version__ = "0.1.0"
__all__ = sorted([*_WHERE, *_SUBMODULES, "__version__"], key=str.casefold)


def __getattr__(name: str) -> Any:
    if name in _SUBMODULES:
        return import_module(f"ctxcore.{name}")
    if name in _WHERE:
        return getattr(import_module(_WHERE[name]), name)
    raise AttributeError(f"module 'ctxcore' has no attribute {name!r}")


def __dir__() -> list[str]:
    return list(__all__)
