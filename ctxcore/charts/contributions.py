"""Next word: which head, feed-forward block or embedding speaks for which of two candidates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from ctxcore.charts.chart import Chart
from ctxcore.charts.next_word import ContextLevels, levels_of
from ctxcore.engine import Engine, Query
from ctxcore.errors import BadInputError
from ctxcore.explained import ending
from ctxcore.figures.contributions import contributions_figure
from ctxcore.progress import Progress
from ctxcore.types import Contributions
from ctxcore.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

    from ctxcore.figures.drawing import Drawing

_AGAINST = "-against"
"""What the name of the figure ends in that takes the other prompt's parts away."""


@dataclass(frozen=True)
class PartsOfLogits(Query[tuple[Contributions, ...]]):
    """What each part of a decoder gives to the difference of two candidates' logits, after each prompt."""

    model: str
    prompts: tuple[str, ...]
    candidates: tuple[str, str]
    slow: ClassVar[bool] = True

    def run(self, engine: Engine, progress: Progress) -> tuple[Contributions, ...]:
        from ctxcore.studies.contributions import contributions

        model, every = engine.model(self.model), []
        for done, prompt in enumerate(self.prompts):
            progress(done / len(self.prompts), f"Taking the model apart, {done + 1} of {len(self.prompts)}")
            every.append(contributions(model, prompt, self.candidates))
        return tuple(every)


@dataclass(frozen=True)
class ContributionsChart(Chart[tuple[Contributions, ...]]):
    """What each part gives after one prompt; or that less what it gives after another."""

    of: PartsOfLogits
    prompt: int = 0
    against: int | None = None
    key: ClassVar[str] = "contributions"

    @classmethod
    def of_levels(cls, levels: ContextLevels, workspace: Workspace) -> tuple[Self, ...]:
        """What the page shows: the chosen prompt by itself, and less the other one where there are two.

        Raises:
            BadInputError: There is one candidate alone.
        """
        if len(levels.candidates) < 2:
            raise BadInputError(
                "Two candidates are set against each other.", "one candidate", "Write a second one, after a comma."
            )
        asked = PartsOfLogits(levels.model, levels.prompts, (levels.candidates[0], levels.candidates[1]))
        prompt = min(workspace.next.prompt, len(levels.prompts) - 1)
        alone = cls(asked, prompt)
        return (alone, cls(asked, prompt, 1 - prompt, suffix=_AGAINST)) if len(levels.prompts) > 1 else (alone,)

    def shown(self, answer: tuple[Contributions, ...]) -> Contributions:
        """The parts that are drawn."""
        found = answer[min(self.prompt, len(answer) - 1)]
        return found if self.against is None else found.minus(answer[self.against])

    def draw(self, answer: tuple[Contributions, ...]) -> Drawing:
        return contributions_figure(self.shown(answer), note=self.caption(answer))

    def table(self, answer: tuple[Contributions, ...]) -> pd.DataFrame:
        return self.shown(answer).to_frame()

    def title(self) -> str:
        if self.against is None:
            return "Which part says it"
        return "Which part tells the two prompts apart"

    def alt(self, answer: tuple[Contributions, ...]) -> str:
        found = self.shown(answer)
        return (
            f"What each head, feed-forward block and the embedding give to \u201c{found.candidates[0]}\u201d over "
            f"\u201c{found.candidates[1]}\u201d, in logits; {_most(found)}."
        )

    def caption(self, answer: tuple[Contributions, ...]) -> str:
        found, (first, second) = self.shown(answer), self.of.candidates
        said = (
            f"Blue speaks for \u201c{first}\u201d, purple for \u201c{second}\u201d; {_most(found)}. The embedding gives "
            f"{round(found.embedding, 2) + 0.0:+.2f}"
        )
        said += f", biases at the end {found.constant:+.2f}. " if found.constant else ". "
        said += f"All parts add up to {found.total:+.4f}; the model\u2019s own difference is {found.own:+.4f} logits"
        said += ", before its softcap." if found.softcap else "."
        if self.against is not None:
            said = f"Less the same parts after \u201c{ending(answer[self.against].prompt)}\u201d: what is the same for both is gone. {said}"
        split = [
            f"\u201c{word}\u201d (\u201c{token.strip()}\u201d)"
            for word, token in zip(found.candidates, found.tokens, strict=True)
            if token.strip() != word
        ]
        return f"{said} Only the first token counts of {' and '.join(split)}." if split else said


def _most(found: Contributions) -> str:
    """The head and the feed-forward block that give most to either side."""
    layer, head = np.unravel_index(int(np.abs(found.heads).argmax()), found.heads.shape)
    block = int(np.abs(found.feed_forward).argmax())
    return (
        f"of the heads most gives layer {layer + 1}, head {head} ({found.heads[layer, head]:+.2f}), of the feed-forward blocks layer "
        f"{block + 1} ({found.feed_forward[block]:+.2f})"
    )


def charts(workspace: Workspace, engine: Engine) -> Iterator[Chart[Any]]:
    """What the parts of the model give, of *Next word*; nothing where there are no two candidates."""
    levels = levels_of(workspace, engine)
    if len(levels.candidates) > 1:
        yield from ContributionsChart.of_levels(levels, workspace)
