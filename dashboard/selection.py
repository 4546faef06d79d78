"""Which mentions are drawn, and why the others are not."""

from __future__ import annotations

from dataclasses import dataclass, field

import streamlit as st

import ctxcore
from ctxcore import NoMentionError, NoSentencesError
from ctxcore.errors import BadInputError
from dashboard import cache, state
from dashboard.cache import Span
from dashboard.messages import IncompleteError, literal

MOST_MENTIONS = 400
"""Drawn at once; more than that neither fit a picture nor the patience of a reader."""


@dataclass(frozen=True)
class Selection:
    """Mentions of the target that are drawn.

    Attributes:
        sentences: All sentences of the workspace.
        spans: The mentions.
        words: The text of each.
        senses: The label of each, or None.
        notices: What was left out and why, for the reader (markdown, typed text made literal).
    """

    sentences: tuple[str, ...]
    spans: tuple[Span, ...]
    words: tuple[str, ...]
    senses: tuple[str | None, ...]
    notices: tuple[str, ...] = field(default=())


def select(workspace: state.Workspace, model_name: str) -> Selection:
    """The mentions that can be drawn.

    Raises:
        NoSentencesError: There is nothing to look at.
        BadInputError: There is no target word, or all of its mentions were left out.
        NoMentionError: The target stands in none of the sentences.
    """
    if not workspace.sentences:
        raise NoSentencesError("an empty editor")
    if not workspace.word:
        raise IncompleteError(
            "A target word is needed.", "an empty field", "Write the word to look at, such as \u201cran\u201d."
        )
    marks = state.marks(workspace)
    if not marks:
        _tell_no_word(workspace)
        raise NoMentionError(workspace.word, workspace.sentences)
    notices = []
    without = sorted(set(range(len(workspace.sentences))) - {m.mention.sentence_index for m in marks})
    if without:
        notices.append(
            f"Without \u201c{literal(workspace.word)}\u201d as a whole word, so not drawn: {_numbered(without)}."
        )
    too_long = cache.too_long(model_name, workspace.sentences)
    if too_long:
        limit = cache.model(model_name).wait().limit
        counts = ", ".join(f"{i + 1} ({count} tokens)" for i, count in too_long.items())
        notices.append(
            f"Longer than the {limit} tokens this model reads, so not drawn and not cut: sentence {counts}. Shorten it."
        )
    used = [m for m in marks if m.used and m.mention.sentence_index not in too_long]
    if not used:
        raise BadInputError(
            "At least one mention must be drawn.",
            "all of them are left out or too long",
            "Tick one under \u201cSenses and mentions\u201d.",
        )
    if len(used) > MOST_MENTIONS:
        notices.append(f"The first {MOST_MENTIONS} of {len(used)} mentions are drawn.")
        used = used[:MOST_MENTIONS]
    return Selection(
        workspace.sentences,
        tuple((m.mention.sentence_index, m.mention.start, m.mention.end) for m in used),
        tuple(workspace.sentences[m.mention.sentence_index][m.mention.start : m.mention.end] for m in used),
        tuple(m.sense for m in used),
        tuple(notices),
    )


def _tell_no_word(workspace: state.Workspace) -> None:
    """Why nothing was found where that is not for want of a sentence: what was typed is no word, such as a full stop.

    Raises:
        IncompleteError: With the reason.
    """
    try:
        ctxcore.find(workspace.word, workspace.sentences)
    except BadInputError as error:
        raise IncompleteError(error.rule, error.received, error.remedy) from error


def show_notices(selection: Selection) -> None:
    """What is not drawn is said, once, above the pictures."""
    if selection.notices:
        st.warning("  \n".join(selection.notices))


def _numbered(indices: list[int]) -> str:
    shown = ", ".join(str(i + 1) for i in indices[:12])
    more = f" and {len(indices) - 12} more" if len(indices) > 12 else ""
    return f"sentence{'s' if len(indices) > 1 else ''} {shown}{more}"
