"""How much the context tells of the next word, in bits: of the reader's candidates, and of held-out words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import ctxcore
from ctxcore.charts.chart import Chart
from ctxcore.charts.next_word import DRAWN, ContextLevels, levels_of
from ctxcore.charts.unseen import HeldOutSentences, held_out_of
from ctxcore.engine import Engine, Query
from ctxcore.explained import ending
from ctxcore.figures.information import held_out_information_figure, prompt_information_figure
from ctxcore.progress import Progress
from ctxcore.types import HeldOutInformation, PromptInformation
from ctxcore.types.information import FEW
from ctxcore.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

    from ctxcore.figures.drawing import Drawing


@dataclass(frozen=True)
class PromptBits(Query[PromptInformation]):
    """How many bits each prompt tells of each candidate beyond its last word, beside shuffled and other contexts."""

    model: str
    prompts: tuple[str, ...]
    candidates: tuple[str, ...]
    orders: int = 19
    others: int = 39
    seed: int = 0
    slow: ClassVar[bool] = True

    def run(self, engine: Engine, progress: Progress) -> PromptInformation:
        from ctxcore.studies.information import pcxmi

        model = engine.model(self.model)
        return pcxmi(model, self.prompts, self.candidates, self.orders, self.others, self.seed, progress)


@dataclass(frozen=True)
class PromptBitsChart(Chart[PromptInformation]):
    """Bits that each prompt adds to its last word alone, beside other sentences' words."""

    of: PromptBits
    key: ClassVar[str] = "prompt-bits"
    name: ClassVar[str] = "What the context is worth"

    @classmethod
    def of_levels(cls, levels: ContextLevels) -> Self:
        """What the page shows beside these context levels."""
        return cls(PromptBits(levels.model, levels.prompts, levels.candidates[:DRAWN]))

    def draw(self, answer: PromptInformation) -> Drawing:
        return prompt_information_figure(answer, note=self.caption(answer))

    def table(self, answer: PromptInformation) -> pd.DataFrame:
        return ctxcore.tables.prompt_information_table(answer)

    def alt(self, answer: PromptInformation) -> str:
        said = "; ".join(
            f"{_named(answer, p, c)} {answer.whole[p, c]:+.1f} bits, other sentences\u2019 words {_range(answer, p, c)}"
            for p, c in _pairs(answer)
        )
        return f"Bits that each prompt adds to its last word alone, beside other contexts: {said}."

    def remark(self, answer: PromptInformation, engine: Engine) -> str:
        """Which prompts tell more than other sentences' words, which less, and which cannot be told from them."""
        by: dict[int | None, list[str]] = {}
        for p, c in _pairs(answer):
            verdict, of = answer.outside(p, c), len(answer.others[p])
            count = f" ({answer.as_much(p, c)} of {of} give it as much)" if verdict == 0 else ""
            by.setdefault(verdict, []).append(_named(answer, p, c) + count)
        said = []
        for verdict, words in (
            (1, "The context tells more than any other context of its length:"),
            (-1, "It makes less likely than any other context of its length does:"),
            (0, "Cannot be told from other contexts of its length:"),
            (None, "Too few contexts to tell (a prompt of one word has none):"),
        ):
            said += [f"{words} {', '.join(by[verdict])}."] if verdict in by else []
        return " ".join(said)

    def caption(self, answer: PromptInformation) -> str:
        count = max(map(len, answer.others), default=0)
        return (
            "P-CXMI (Fernandes et al. 2023): log\u2082 of the probability after the whole prompt, less that after its last word "
            f"alone. Grey: as many words of {count} other sentences before the same last word; one context of 40 lies outside all others "
            "by chance in 1 of 20. Purple: the prompt\u2019s own words in other orders; what the whole prompt has beyond them is order."
        )


@dataclass(frozen=True)
class HeldOutBits(Query[HeldOutInformation]):
    """How many bits all words before a held-out word tell of it beyond the last, beside spoilt contexts."""

    of: HeldOutSentences
    most: int = 60
    seed: int = 0
    slow: ClassVar[bool] = True

    def hint(self, engine: Engine) -> str:
        asked = (
            "" if engine.has(self.of) else f"First the held-out sentences are asked: {self.of.hint(engine)} Then up to "
        )
        return (
            f"{asked or 'Up to '}{self.most} of the held-out words are asked again behind shuffled words and behind another "
            "sentence\u2019s; about 5 words a second."
        )

    def run(self, engine: Engine, progress: Progress) -> HeldOutInformation:
        from ctxcore.studies.information import cxmi

        found = engine.get(self.of, progress)
        return cxmi(engine.model(self.of.model), found, self.most, self.seed, progress)


@dataclass(frozen=True)
class HeldOutBitsChart(Chart[HeldOutInformation]):
    """Mean bits that the words before a held-out word tell of it, beside spoilt contexts."""

    of: HeldOutBits
    key: ClassVar[str] = "held-out-bits"
    name: ClassVar[str] = "What the context is worth, over held-out words"

    def draw(self, answer: HeldOutInformation) -> Drawing:
        return held_out_information_figure(answer, note=self.caption(answer))

    def table(self, answer: HeldOutInformation) -> pd.DataFrame:
        return ctxcore.tables.held_out_information_table(answer)

    def alt(self, answer: HeldOutInformation) -> str:
        means = ", ".join(f"{name} {mean:+.2f}" for name, mean in zip(answer.contexts, answer.mean, strict=True))
        return (
            f"Mean bits that a context adds to the word before alone, over {len(answer.words)} held-out words: {means}."
        )

    def remark(self, answer: HeldOutInformation, engine: Engine) -> str:
        """Does the whole context tell more than each spoilt one?"""
        if (sentences := len(set(answer.sentence_index))) < FEW:
            return f"Words of {sentences} sentences: too few to tell whether others are like them; {FEW} are needed."
        said = []
        for number, against in ((2, "another sentence\u2019s words"), (1, "its own words in another order")):
            low, high = answer.more[number]
            found = {True: "tells more than", False: "tells less than", None: "cannot be told from"}[
                answer.beats(number)
            ]
            said.append(
                f"The whole context {found} {against}: {answer.mean[0] - answer.mean[number]:+.2f} bits a word "
                f"(95 %: {low:+.2f} to {high:+.2f})."
            )
        return " ".join(said)

    def caption(self, answer: HeldOutInformation) -> str:
        return (
            "CXMI (Fernandes et al. 2021): mean of log\u2082 of a word\u2019s probability after all words before it, less that after "
            f"the last of them alone; {len(answer.words)} words drawn of {answer.eligible:,} with three words before them or more, "
            f"in {len(set(answer.sentence_index))} sentences. Bars: 95 %, bootstrap over sentences (Efron 1979)."
        )


def held_out_bits_of(workspace: Workspace, engine: Engine) -> HeldOutBitsChart:
    """What the page shows beside the held-out sentences.

    Raises:
        CtxError: What :func:`ctxcore.charts.unseen.held_out_of` raises.
    """
    return HeldOutBitsChart(HeldOutBits(held_out_of(workspace, engine).of))


def prompt_charts(workspace: Workspace, engine: Engine) -> Iterator[Chart[Any]]:
    """The prompts of *Next word*."""
    yield PromptBitsChart.of_levels(levels_of(workspace, engine))


def held_out_charts(workspace: Workspace, engine: Engine) -> Iterator[Chart[Any]]:
    """The held-out words of *Unseen contexts*."""
    yield held_out_bits_of(workspace, engine)


def _pairs(answer: PromptInformation) -> list[tuple[int, int]]:
    return [(p, c) for c in range(len(answer.candidates)) for p in range(len(answer.prompts))]


def _named(answer: PromptInformation, prompt: int, candidate: int) -> str:
    return f"\u201c{answer.candidates[candidate]}\u201d after \u201c{ending(answer.prompts[prompt])}\u201d"


def _range(answer: PromptInformation, prompt: int, candidate: int) -> str:
    control = answer.unrelated[prompt][:, candidate]
    return f"{control.min():+.1f} to {control.max():+.1f}" if len(control) else "none"
