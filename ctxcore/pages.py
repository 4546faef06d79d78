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
        families: What lists its figures: file and function of :mod:`ctxcore.charts`.
    """

    name: str
    title: str
    question: str
    families: tuple[str, ...] = ()


_PAGES = (
    Page(
        "idea", "The idea", "Does a word mean the same in every sentence?", ("words.pair", "static_words.point", "controls.pair")
    ),
    Page(
        "word", "One word, many sentences", "Where does one word go in many sentences?",
        (
            "words.picture", "static_words.point", "static_words.charts", "words.charts", "controls.charts",
            "substitutes.charts", "senses.charts",
        ),
    ),
    Page("steps", "Attention, step by step", "How does a word take in its sentence?", ("steps.charts",)),
    Page(
        "heads", "Attention heads", "Which heads look where, and does it matter?", ("heads.charts", "head_pairs.charts", "influence.charts")
    ),
    Page("moving", "Move the meaning", "Where does a word take its meaning from?", ("moving.charts",)),
    Page(
        "next", "Next word", "What does attention add for the next word?",
        ("next_word.charts", "information.prompt_charts", "contributions.charts"),
    ),
    Page(
        "unseen", "Unseen contexts", "What does a table know of a sentence it never saw?",
        ("unseen.sentence_charts", "unseen.charts", "information.held_out_charts"),
    ),
    Page("usages", "Usages", "How is a word used in a whole text?", ("usages.charts", "usage_change.charts")),
    Page("relations", "Word relations", "What does one vector per word know?", ("relations.charts",)),
    Page(
        "side", "Side by side", "What does a fixed vector know, and what does attention add?", ("senses.whole_bank",)
    ),
    Page("models", "Models and data", "Which weights are at work, and which could be?"),
)  # fmt: skip
PAGES = {page.name: page for page in _PAGES}
"""By their names, in the order of navigation."""
MISSING = "missing"
"""Stands in an address that was led to the first page, since there is no page of its name."""
