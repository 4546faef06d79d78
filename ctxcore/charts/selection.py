"""Which mentions of a workspace are drawn, and why the others are not."""

from __future__ import annotations

from dataclasses import dataclass, field

from ctxcore.charts.words import Labels, MentionSpan, TokensPerWord, TooLong, Vectors
from ctxcore.engine import Engine
from ctxcore.errors import BadInputError, IncompleteError, NoMentionError, NoSentencesError
from ctxcore.models.catalogue import CATALOGUE
from ctxcore.text import near_misses, no_mention
from ctxcore.workspace import Workspace, marks

_SAMPLE = 100
"""Sentences on which it is measured how finely a tokenizer splits words."""
_FINELY = 1.4
"""Tokens a word: English prose has 1.0 to 1.15 with both bundled models; German, French, Spanish, Italian and Dutch 1.5 to 1.9."""
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
        groups: The group of each one's sentence, or None.
        notices: What was left out and why, for the reader.
    """

    sentences: tuple[str, ...]
    spans: tuple[MentionSpan, ...]
    words: tuple[str, ...]
    senses: Labels
    notices: tuple[str, ...] = field(default=())
    groups: Labels = ()

    def vectors(self, model: str) -> Vectors:
        """The question for their contextual vectors."""
        return Vectors(model, self.sentences, self.spans)


def select(workspace: Workspace, engine: Engine) -> Selection:
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
    found = marks(workspace)
    if not found:
        error = no_mention(workspace.word, workspace.sentences)
        if isinstance(error, NoMentionError):
            raise error
        raise IncompleteError(error.rule, error.received, error.remedy)  # no word yet, such as a full stop
    notices = []
    without = sorted(set(range(len(workspace.sentences))) - {m.mention.sentence_index for m in found})
    if without:
        near = near_misses(workspace.word, [workspace.sentences[i] for i in without])
        notices.append(
            f"Without \u201c{workspace.word}\u201d as a whole word, so not drawn: {_numbered(without)}."
            + (f" There it is only a part of {', '.join(map(_quoted, near))}." if near else "")
        )
    too_long = engine.get(TooLong(workspace.model, workspace.sentences))
    if too_long:
        limit = engine.model(workspace.model).limit
        counts = ", ".join(f"{i + 1} ({count} tokens)" for i, count in too_long.items())
        notices.append(
            f"Longer than the {limit} tokens this model reads, so not drawn and not cut: sentence {counts}. Shorten it."
        )
    notices += _foreign(workspace, engine)
    used = [m for m in found if m.used and m.mention.sentence_index not in too_long]
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
        tuple(m.group for m in used),
    )


def _foreign(workspace: Workspace, engine: Engine) -> list[str]:
    """Words that a tokenizer of English splits finely are of another language, or rare: that is said, with the figure."""
    model = workspace.model
    if model not in CATALOGUE:
        return []
    split = engine.get(TokensPerWord(model, workspace.sentences[:_SAMPLE]))
    if split is None or split < _FINELY:
        return []
    return [
        f"{CATALOGUE[model].title} was trained on English. It splits a word of these sentences into {split:.1f} tokens on "
        "average (English prose: about 1.1), so of these words, or of this language, it knows little."
    ]


def _quoted(text: str) -> str:
    return f"\u201c{text}\u201d"


def _numbered(indices: list[int]) -> str:
    shown = ", ".join(str(i + 1) for i in indices[:12])
    more = f" and {len(indices) - 12} more" if len(indices) > 12 else ""
    return f"sentence{'s' if len(indices) > 1 else ''} {shown}{more}"
