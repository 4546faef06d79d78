"""The one list of pages: dashboard, report and list of figures go by it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Page:
    """One page.

    Attributes:
        name: Of its file (``dashboard/views``) and its address.
        title: What it is called.
        question: What it answers.
        families: The files of :mod:`ctxcore.charts` that list its figures.
    """

    name: str
    title: str
    question: str
    families: tuple[str, ...] = ()


_PAGES = (
    Page("idea", "The idea", "Does a word mean the same in every sentence?"),
    Page("word", "One word, many sentences", "Where does one word go in many sentences?"),
    Page("steps", "Attention, step by step", "How does a word take in its sentence?", ("steps",)),
    Page("heads", "Attention heads", "Which heads look where, and does it matter?", ("heads", "influence")),
    Page("next", "Next word", "What does attention add for the next word?"),
    Page("unseen", "Unseen contexts", "What does a table know of a sentence it never saw?"),
    Page("relations", "Word relations", "What does one vector per word know?", ("relations",)),
    Page("side", "Side by side", "What does a fixed vector know, and what does attention add?"),
    Page("models", "Models and data", "Which models and data are at work?"),
)
PAGES = {page.name: page for page in _PAGES}
"""By their names, in the order of navigation."""
