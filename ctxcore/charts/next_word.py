"""The next word: the ladder from a table to full attention, a growing window, what each layer would say, a continuation."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from ctxcore import figures, tables
from ctxcore.charts.chart import Chart
from ctxcore.charts.texts import Said, TableOf
from ctxcore.data.corpora import LESSON, TrainingText
from ctxcore.engine import Engine, Query
from ctxcore.errors import StoppedError
from ctxcore.models.catalogue import CATALOGUE, DECODER
from ctxcore.progress import Progress
from ctxcore.types import GeneratedText, GeneratedToken, Ladder, Lens, Prediction, WindowCurves
from ctxcore.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

_BOTH_SIDES = "reads both sides of a word"
DRAWN = 4
"""Candidates that have room side by side; the table lists them all."""


@dataclass(frozen=True)
class NextWord(Query[Prediction]):
    """What a model expects after a prefix, and what it gives one word."""

    model: str
    prefix: str
    word: str

    def run(self, engine: Engine, progress: Progress) -> Prediction:
        return engine.model(self.model).next_words([self.prefix], [self.word], 0)[0]


@dataclass(frozen=True)
class WhyNoNextWord(Query[str]):
    """Why a model predicts no next word; empty where it does."""

    model: str

    def run(self, engine: Engine, progress: Progress) -> str:
        model = engine.model(self.model)
        if "next words" in model.uses:
            return ""
        return "has no output head of its own" if model.kind == "decoder" else _BOTH_SIDES


def why_no_next_word(model: str, engine: Engine) -> str:
    """The same by a model's name. A bundled model is known and not opened for it.

    Raises:
        CtxError: It is no bundled model and cannot be opened.
    """
    entry = CATALOGUE.get(model)
    if entry is None:
        return engine.get(WhyNoNextWord(model))
    return "" if entry.kind == "decoder" else _BOTH_SIDES


def predictor(workspace: Workspace, engine: Engine) -> str:
    """Name of the model that is asked for a next word: the workspace's, or the bundled decoder where that one predicts none.

    Raises:
        CtxError: The workspace's model is no bundled one and cannot be opened.
    """
    return DECODER if why_no_next_word(workspace.model, engine) else workspace.model


@dataclass(frozen=True)
class Rungs(Query[Ladder]):
    """What each rung, from a lookup table to full attention, expects after each prompt."""

    model: str
    prompts: tuple[str, ...]
    candidates: tuple[str, ...]
    text: TrainingText = LESSON
    n: int = 3
    window: int = 2
    slow: ClassVar[bool] = True

    def run(self, engine: Engine, progress: Progress) -> Ladder:
        from ctxcore.studies.prediction_ladder import ladder

        said, table = engine.get(Said(self.text), progress), engine.get(TableOf(self.text, self.n), progress)
        found = ladder(engine.model(self.model), self.prompts, self.candidates, table, self.window, progress)
        return replace(found, training=said)


@dataclass(frozen=True)
class LadderChart(Chart[Ladder]):
    """Probability of the first few candidates on each rung, after each prompt."""

    of: Rungs
    key: ClassVar[str] = "ladder"
    compared: ClassVar[bool] = True
    name: ClassVar[str] = "The ladder"

    def draw(self, answer: Ladder) -> Figure:
        return figures.ladder_figure(answer.first(DRAWN), note=self.caption(answer))

    def table(self, answer: Ladder) -> pd.DataFrame:
        return tables.ladder_table(answer)

    def alt(self, answer: Ladder) -> str:
        return "Probability of each candidate on each rung, after both prompts."

    def caption(self, answer: Ladder) -> str:
        return (
            f"The table holds runs of {answer.n} words from {answer.training}; \u201cUnseen contexts\u201d trains it on others. "
            "Attention off: every token sees itself alone, a state that the model was never trained in. "
            "A probability of 0 stands at the left edge."
        )


@dataclass(frozen=True)
class GrowingWindow(Query[WindowCurves]):
    """What a model gives candidates as more and more of each prompt is shown, word by word from its end."""

    model: str
    prompts: tuple[str, ...]
    candidates: tuple[str, ...]
    most: int = 12
    slow: ClassVar[bool] = True

    def run(self, engine: Engine, progress: Progress) -> WindowCurves:
        from ctxcore.studies.prediction_ladder import window_curves

        return window_curves(engine.model(self.model), self.prompts, self.candidates, self.most, progress)


@dataclass(frozen=True)
class WindowChart(Chart[WindowCurves]):
    """Probability of each candidate against the number of words shown."""

    of: GrowingWindow
    key: ClassVar[str] = "window"
    name: ClassVar[str] = "A growing window"

    def draw(self, answer: WindowCurves) -> Figure:
        asked = answer.prompts, answer.candidates
        return figures.window_figure(answer.shown, answer.probability, *asked, note=self.caption(answer))

    def table(self, answer: WindowCurves) -> pd.DataFrame:
        return tables.window_table(answer.shown, answer.probability, answer.prompts, answer.candidates)

    def alt(self, answer: WindowCurves) -> str:
        return "Probability of each candidate as more words of the prompt are shown."

    def caption(self, answer: WindowCurves) -> str:
        return (
            "The model is shown the last words of the prompt alone, word by word more: at the right the whole prompt, or "
            f"{self.of.most} words. One word is the rung \u201clast word alone\u201d. A shorter prompt stays as it is once all of it "
            "is shown."
        )


@dataclass(frozen=True)
class LayerByLayer(Query[tuple[Lens, ...]]):
    """What each layer would say comes after each prompt."""

    model: str
    prompts: tuple[str, ...]
    candidates: tuple[str, ...]
    slow: ClassVar[bool] = True

    def run(self, engine: Engine, progress: Progress) -> tuple[Lens, ...]:
        model, found = engine.model(self.model), []
        for done, prompt in enumerate(self.prompts):
            progress(done / len(self.prompts), f"Reading the layers, {done + 1} of {len(self.prompts)}")
            found.append(model.lens(prompt, self.candidates))
        return tuple(found)


@dataclass(frozen=True)
class LensChart(Chart[tuple[Lens, ...]]):
    """Probability of each candidate by layer."""

    of: LayerByLayer
    key: ClassVar[str] = "lens"
    name: ClassVar[str] = "Layer by layer"

    def draw(self, answer: tuple[Lens, ...]) -> Figure:
        return figures.lens_figure(answer, note=self.caption(answer))

    def table(self, answer: tuple[Lens, ...]) -> pd.DataFrame:
        return tables.lens_table(answer)

    def alt(self, answer: tuple[Lens, ...]) -> str:
        return "Probability of each candidate as each layer would say."

    def caption(self, answer: tuple[Lens, ...]) -> str:
        return (
            "Each layer\u2019s state read with the final norm and the output matrix (nostalgebraist 2020); of a candidate of several "
            "tokens the first. The last layer is the model\u2019s own answer. What lies below 1e-8 is drawn there."
        )


@dataclass(frozen=True)
class Continuation(Query[GeneratedText]):
    """How a model goes on from a prompt."""

    model: str
    prompt: str
    most: int = 24
    temperature: float = 0.0
    seed: int = 0
    slow: ClassVar[bool] = True

    def run(self, engine: Engine, progress: Progress) -> GeneratedText:
        tokens: list[GeneratedToken] = []
        try:
            for one in engine.model(self.model).generate(self.prompt, self.most, self.temperature, self.seed):
                tokens.append(one)
                progress(len(tokens) / self.most, "".join(t.text for t in tokens).strip() or "\u2026")
        except StoppedError:  # a shorter continuation is a continuation
            return GeneratedText(tuple(tokens), stopped=len(tokens) < self.most)
        return GeneratedText(tuple(tokens))

    def answered(self, answer: GeneratedText) -> Continuation:
        """One of as many tokens as there were when it was stopped."""
        return replace(self, most=len(answer.tokens)) if answer.stopped else self


@dataclass(frozen=True)
class ContinuationChart(Chart[GeneratedText]):
    """The probability of each token of a continuation."""

    of: Continuation
    key: ClassVar[str] = "continuation"
    name: ClassVar[str] = "A continuation"

    def draw(self, answer: GeneratedText) -> Figure:
        return figures.continuation_figure(answer.tokens, note=self.caption(answer))

    def table(self, answer: GeneratedText) -> pd.DataFrame:
        return tables.continuation_table(answer.tokens)

    def alt(self, answer: GeneratedText) -> str:
        return "The probability of each token of the continuation."

    def caption(self, answer: GeneratedText) -> str:
        return (
            "The probability that each token had where it was taken; point at a bar for what else was likely. Blue: the likeliest "
            "one; purple: another was drawn. Every token is read with all before it, so one unlikely word turns what follows."
        )
