"""What could stand in a word's place in each of its sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import ctxcore
from ctxcore.charts.chart import Chart, note_below
from ctxcore.charts.selection import MentionSpan, Selection, Vectors, select
from ctxcore.engine import Engine, Query
from ctxcore.figures.bars import substitutes_figure
from ctxcore.progress import Progress
from ctxcore.text import snippet
from ctxcore.types import Mention, PlacedSubstitutes
from ctxcore.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

    from ctxcore.figures.drawing import Drawing

MOST_RANKED = 24
"""Mentions in whose place substitutes are ranked."""


@dataclass(frozen=True)
class SubstitutesInPlace(Query[PlacedSubstitutes]):
    """How little each of the words changes the vector in the place of each mention."""

    model: str
    sentences: tuple[str, ...]
    spans: tuple[MentionSpan, ...]
    words: tuple[str, ...]
    slow: ClassVar[bool] = True

    def run(self, engine: Engine, progress: Progress) -> PlacedSubstitutes:
        from ctxcore.studies.substitution import substitutes

        mentions = [Mention(*span) for span in self.spans]
        ranked = substitutes(engine.model(self.model), self.sentences, mentions, self.words, progress)
        return PlacedSubstitutes(ranked, engine.get(Vectors(self.model, self.sentences, self.spans)).with_layers())


@dataclass(frozen=True)
class SubstitutesChart(Chart[PlacedSubstitutes]):
    """Substitutes ranked in each sentence, at one layer."""

    of: SubstitutesInPlace
    layer: int
    key: ClassVar[str] = "substitutes"
    name: ClassVar[str] = "Substitutes"

    @classmethod
    def of_selection(cls, selection: Selection) -> Self:
        """What the page shows: the reader's substitutes in the place of the first mentions, at the chosen layer."""
        model, sentences, spans = selection.places
        words = selection.workspace.substitutes
        return cls(SubstitutesInPlace(model, sentences, spans[:MOST_RANKED], words), selection.layer)

    def draw(self, answer: PlacedSubstitutes) -> Drawing:
        labels = [snippet(self.of.sentences[s], (start, end), 38) for s, start, end in self.of.spans]
        similarity = answer.substitutes.similarity[..., self.layer]
        height = 160 + 26 * len(labels)
        return substitutes_figure(similarity, self.of.words, labels, layer=self.layer, height=height)

    def table(self, answer: PlacedSubstitutes) -> pd.DataFrame:
        return ctxcore.tables.substitutes_table(answer.substitutes, answer.mentions, self.layer)

    def alt(self, answer: PlacedSubstitutes) -> str:
        cosines = answer.substitutes.similarity[..., self.layer]
        nearest = Counter(self.of.words[i] for i in cosines.argmax(1).tolist()).most_common()
        return (
            f"How near each substitute comes to the word in each sentence: cosines from {cosines.min():.2f} to {cosines.max():.2f}. "
            f"The nearest is {', '.join(f'{word} in {count}' for word, count in nearest)} of {len(cosines)}."
        )

    def caption(self, answer: PlacedSubstitutes) -> str:
        return note_below(self.draw(answer))


def charts(workspace: Workspace, engine: Engine) -> Iterator[Chart[Any]]:
    """Substitutes on *One word, many sentences*, where there are some."""
    selection = select(workspace, engine)
    if workspace.substitutes:
        yield SubstitutesChart.of_selection(selection)
