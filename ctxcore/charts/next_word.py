"""Next word: the ladder from a table to full attention, a growing window, what each layer would say, a continuation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Self

import ctxcore
from ctxcore.charts.chart import Chart
from ctxcore.charts.texts import Said, TableOf, training_text
from ctxcore.data.corpora import LESSON, TrainingText
from ctxcore.engine import Engine, Query
from ctxcore.errors import BadInputError, StoppedError
from ctxcore.explained import ending, number, short_window
from ctxcore.figures.prediction import continuation_figure, ladder_figure, lens_figure, window_figure
from ctxcore.models.catalogue import CATALOGUE, DECODER
from ctxcore.progress import Progress
from ctxcore.text import check_length
from ctxcore.types import GeneratedText, GeneratedToken, Ladder, Lens, Prediction, WindowCurves
from ctxcore.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

    from ctxcore.figures.drawing import Drawing

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
class PromptLevels(Query[Ladder]):
    """What each context level expects after one prompt, which stays when another prompt is changed."""

    model: str
    prompt: str
    candidates: tuple[str, ...]
    text: TrainingText
    n: int
    window: int
    part: ClassVar[bool] = True

    def run(self, engine: Engine, progress: Progress) -> Ladder:
        from ctxcore.studies.prediction_ladder import ladder

        table = engine.get(TableOf(self.text, self.n), progress)
        return ladder(engine.model(self.model), [self.prompt], self.candidates, table, self.window, progress)


@dataclass(frozen=True)
class ContextLevels(Query[Ladder]):
    """What each context level, from a lookup table to full attention, expects after each prompt."""

    model: str
    prompts: tuple[str, ...]
    candidates: tuple[str, ...]
    text: TrainingText = LESSON
    n: int = 3
    window: int = 2

    def parts(self) -> list[PromptLevels]:
        """The question for each prompt."""
        rest = self.candidates, self.text, self.n, self.window
        return [PromptLevels(self.model, prompt, *rest) for prompt in self.prompts]

    def is_kept(self) -> bool:
        return False  # its parts are, and each holds a number for every token of the vocabulary on every level

    def is_slow(self, engine: Engine) -> bool:
        return not (engine.has(Said(self.text)) and all(engine.has(part) for part in self.parts()))

    def run(self, engine: Engine, progress: Progress) -> Ladder:
        from ctxcore.studies.prediction_ladder import joined

        said, levels = engine.get(Said(self.text), progress), []
        for done, part in enumerate(self.parts()):
            progress(done / len(self.prompts), f"Asking the model, {done + 1} of {len(self.prompts)}")
            levels.append(engine.get(part, progress))
        return replace(joined(levels), training=said)


@dataclass(frozen=True)
class LadderChart(Chart[Ladder]):
    """Probability of the first few candidates on each context level, after each prompt."""

    of: ContextLevels
    key: ClassVar[str] = "ladder"
    compared: ClassVar[bool] = True
    name: ClassVar[str] = "The ladder"

    def draw(self, answer: Ladder) -> Drawing:
        return ladder_figure(answer.first(DRAWN), note=self.caption(answer))

    def table(self, answer: Ladder) -> pd.DataFrame:
        return ctxcore.tables.ladder_table(answer)

    def alt(self, answer: Ladder) -> str:
        word, full = answer.candidates[0], answer.probability[:, -1, 0]
        given = (
            f"{number(float(p))} after \u201c{ending(one)}\u201d" for one, p in zip(answer.prompts, full, strict=True)
        )
        return (
            "Probability of each candidate on five context levels, after each prompt. "
            f"With full attention \u201c{word}\u201d gets {' and '.join(given)}."
        )

    def remark(self, answer: Ladder, engine: Engine) -> str:
        """Why the last few words can give more than the whole prompt; what is not drawn; what several tokens mean."""
        said = [short_window(answer) or ""]
        if len(answer.candidates) > DRAWN:
            said.append(f"The first {DRAWN} candidates are drawn; the CSV has all of them.")
        if split := [c for c, pieces in zip(answer.candidates, answer.pieces, strict=True) if pieces > 1]:
            names = ", ".join(f"\u201c{candidate}\u201d" for candidate in split)
            said.append(
                f"Read as several tokens: {names}. The probability is the product over all of them; the rank is the place of that "
                "product among all tokens, in the place of the first."
            )
        return " ".join(filter(None, said))

    def caption(self, answer: Ladder) -> str:
        return (
            f"The lookup table holds {answer.n}-grams from {answer.training}; train it on another text in "
            "\u201cUnseen contexts\u201d. Attention off: every token sees itself alone, a state that the model was never trained in. "
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

    @classmethod
    def of_levels(cls, levels: ContextLevels) -> Self:
        """What the page shows beside these context levels."""
        return cls(GrowingWindow(levels.model, levels.prompts, levels.candidates[:DRAWN]))

    def draw(self, answer: WindowCurves) -> Drawing:
        asked = answer.prompts, answer.candidates
        return window_figure(answer.shown, answer.probability, *asked, note=self.caption(answer))

    def table(self, answer: WindowCurves) -> pd.DataFrame:
        return ctxcore.tables.window_table(answer.shown, answer.probability, answer.prompts, answer.candidates)

    def alt(self, answer: WindowCurves) -> str:
        word, curve = answer.candidates[0], answer.probability[0, :, 0]
        return (
            "Probability of each candidate as more words of each prompt are shown. After "
            f"\u201c{ending(answer.prompts[0])}\u201d \u201c{word}\u201d gets {number(float(curve[0]))} with one word shown and "
            f"{number(float(curve[-1]))} with {answer.shown[-1]}."
        )

    def caption(self, answer: WindowCurves) -> str:
        return (
            "The model is shown only the last words of the prompt, one word more each time: at the right the whole prompt, or "
            f"{self.of.most} words. One word is the context level \u201clast word alone\u201d. The curve of a shorter prompt stays "
            "level once all of it is shown."
        )


@dataclass(frozen=True)
class LayerByLayer(Query[tuple[Lens, ...]]):
    """What each layer would say comes after each prompt."""

    model: str
    prompts: tuple[str, ...]
    candidates: tuple[str, ...]
    slow: ClassVar[bool] = True

    def run(self, engine: Engine, progress: Progress) -> tuple[Lens, ...]:
        model, lenses = engine.model(self.model), []
        for done, prompt in enumerate(self.prompts):
            progress(done / len(self.prompts), f"Reading the layers, {done + 1} of {len(self.prompts)}")
            lenses.append(model.lens(prompt, self.candidates))
        return tuple(lenses)


@dataclass(frozen=True)
class LensChart(Chart[tuple[Lens, ...]]):
    """Probability of each candidate by layer."""

    of: LayerByLayer
    key: ClassVar[str] = "lens"
    name: ClassVar[str] = "Layer by layer"

    @classmethod
    def of_levels(cls, levels: ContextLevels) -> Self:
        """What the page shows beside these context levels."""
        return cls(LayerByLayer(levels.model, levels.prompts, levels.candidates[:DRAWN]))

    def draw(self, answer: tuple[Lens, ...]) -> Drawing:
        return lens_figure(answer, note=self.caption(answer))

    def table(self, answer: tuple[Lens, ...]) -> pd.DataFrame:
        return ctxcore.tables.lens_table(answer)

    def alt(self, answer: tuple[Lens, ...]) -> str:
        word, shares = next(iter(answer[0].candidates.items()))
        return (
            f"Probability of each candidate by layer. After \u201c{ending(answer[0].prefix)}\u201d \u201c{word}\u201d gets "
            f"{number(float(shares[0]))} at layer 0 and {number(float(shares[-1]))} at the last."
        )

    def caption(self, answer: tuple[Lens, ...]) -> str:
        return (
            "Logit lens: each layer\u2019s state read with the final norm and the output matrix (nostalgebraist 2020); of a candidate "
            "of several tokens the first. The last layer is the model\u2019s own answer. Values below 1e-8 are drawn at 1e-8."
        )


@dataclass(frozen=True)
class Continuation(Query[GeneratedText]):
    """What a model generates after a prompt."""

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

    @classmethod
    def of_workspace(cls, workspace: Workspace, levels: ContextLevels) -> Self:
        """What the page shows: the chosen prompt, or the first where there is no second."""
        controls, prompts = workspace.next, levels.prompts
        prompt, drawn = prompts[min(controls.prompt, len(prompts) - 1)], controls.sampling > 0
        return cls(
            Continuation(levels.model, prompt, temperature=controls.sampling, seed=controls.seed if drawn else 0)
        )

    def draw(self, answer: GeneratedText) -> Drawing:
        return continuation_figure(answer.tokens, note=self.caption(answer))

    def table(self, answer: GeneratedText) -> pd.DataFrame:
        return ctxcore.tables.continuation_table(answer.tokens)

    def alt(self, answer: GeneratedText) -> str:
        return f"The probability of each token of the continuation \u201c{answer.text.strip()}\u201d."

    def caption(self, answer: GeneratedText) -> str:
        return (
            "The probability of each generated token; point at a bar for the other likely ones. Blue: the likeliest token was taken; "
            "purple: another was drawn. Every token is predicted from all before it, so one unlikely word changes what follows."
        )


def levels_of(workspace: Workspace, engine: Engine) -> ContextLevels:
    """What *Next word* asks of a workspace.

    Raises:
        BadInputError: There is no prompt, one that is too long, no candidate, or no training text.
        CtxError: The workspace's model cannot be opened.
    """
    prompts = tuple(dict.fromkeys(prompt for prompt in workspace.prompts if prompt))
    if not prompts:
        raise BadInputError("A prompt is needed.", "two empty fields", "Write the beginning of a sentence.")
    if not workspace.candidates:
        raise BadInputError("A candidate is needed.", "an empty field", "Write a word that could come next.")
    check_length(prompts)
    model, text = predictor(workspace, engine), training_text(workspace)
    return ContextLevels(model, prompts, workspace.candidates, text, workspace.n, workspace.next.window)


def charts(workspace: Workspace, engine: Engine) -> Iterator[Chart[Any]]:
    """All figures of *Next word*."""
    levels = levels_of(workspace, engine)
    yield LadderChart(levels)
    yield WindowChart.of_levels(levels)
    yield LensChart.of_levels(levels)
    yield ContinuationChart.of_workspace(workspace, levels)
