"""Charts as values: each is Python that makes it again, and draws, tables and tells the same answer."""

from __future__ import annotations

import inspect
import itertools
import json
import pkgutil
import typing
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ctxcore.charts
from ctxcore import ByHand, Engine, PinnedPoint, Query, Training, WholeText
from ctxcore.charts import Chart, describe, script
from ctxcore.charts.attention import WholeAttention
from ctxcore.charts.contributions import ContributionsChart, PartsOfLogits
from ctxcore.charts.controls import ControlsChart, PairControls
from ctxcore.charts.head_pairs import DifferenceChart, TwoSentences
from ctxcore.charts.heads import (
    AllHeads,
    AllHeadsChart,
    EntropyChart,
    HeadChart,
    OneHead,
    Rollout,
    RolloutChart,
    Scores,
    ScoresChart,
)
from ctxcore.charts.influence import (
    EachHeadOff,
    EachHeadOffChart,
    HeadsOff,
    HeadsOffChart,
    InfluenceChart,
    WordInfluence,
)
from ctxcore.charts.information import HeldOutBits, HeldOutBitsChart, PromptBits, PromptBitsChart
from ctxcore.charts.moving import (
    MovedStates,
    MovedVectorChart,
    MovedWordsChart,
    NextWithState,
    PatchingChart,
)
from ctxcore.charts.next_word import (
    DRAWN,
    ContextLevels,
    Continuation,
    ContinuationChart,
    GrowingWindow,
    LadderChart,
    LayerByLayer,
    LensChart,
    WindowChart,
)
from ctxcore.charts.relations import (
    AllPairs,
    AllPairsChart,
    Analogy,
    AnalogyChart,
    NearestChart,
    NearestWords,
    Plane,
    PlaneChart,
    WordMapChart,
    WordsAround,
)
from ctxcore.charts.selection import Vectors, mention_labels
from ctxcore.charts.senses import BankSenses, BankSensesChart, OwnSenses, OwnSensesChart, WholeBank, WholeBankChart
from ctxcore.charts.space_scores import JudgedSpace, SectionsChart
from ctxcore.charts.static_words import (
    PinnedChart,
    StaticCosines,
    StaticNeighboursChart,
    StaticPoint,
    StaticSimilarityChart,
)
from ctxcore.charts.steps import (
    GivenChart,
    GivenWeights,
    InputsChart,
    ProjectionsChart,
    ScoreMapsChart,
    TracedHead,
    WeightedChart,
    WorkedChart,
    WorkedWeights,
)
from ctxcore.charts.substitutes import SubstitutesChart, SubstitutesInPlace
from ctxcore.charts.unseen import (
    CoverageChart,
    HeldOutChart,
    HeldOutSentences,
    NeverSeen,
    WordByWord,
    WordByWordChart,
)
from ctxcore.charts.usage_change import ChangeOfUsages, UsageChangeChart
from ctxcore.charts.usage_questions import MapOfUsages, PlaneOfUsages, SensesOfUsages, UsagesIn, VectorsOfUsages
from ctxcore.charts.usages import UsageCountsChart, UsageMapChart, UsageSensesChart
from ctxcore.charts.words import (
    ArrangedPoints,
    Baselines,
    Cosines,
    FanChart,
    Points,
    ProjectionChart,
    SelfSimilarityByLayer,
    SelfSimilarityChart,
    SimilarityChart,
    Trails,
)
from ctxcore.data.bank import sense_bank
from ctxcore.data.corpora import TrainingText
from ctxcore.errors import CtxError
from ctxcore.measures import geometry
from ctxcore.models.catalogue import title_of
from ctxcore.view import View

SENTENCE, MODEL = "The cat chased the mouse because it was hungry.", "minilm-l6"
DECODER, PROMPTS = "smollm2-135m", ("The cat ran", "In the park a dog ran")
OWN = TrainingText("own", ("The cat ran swiftly", "A horse ran away", "The dog ran", "The cat slept well"))
HEAD = OneHead(MODEL, SENTENCE, 6, 6, 11)
RAN = (
    "The dog ran quickly",
    "The program ran successfully",
    "A child ran home, and a script ran for hours on end without anybody who looked at it.",
    "She ran it",
)
PLACES = ((0, 8, 11), (1, 12, 15), (2, 8, 11), (2, 32, 35), (3, 4, 7))
SENSES = ("moved", "executed", "moved", "executed", None)
GROUPS = ("a", None, "b", "b", None)
STATIC = "glove-6b-50d"
POINT = StaticPoint(STATIC, "Ran")
SPACE, LIST = "glove-6b-50d", ("paris", "dog", "rome", "cat")
TRACED, HAND = TracedHead(MODEL, "I love AI", 4, 1), ByHand(("it's", " ", "AI"), weights=(0.5, 0.1, 0.6), query=0)
USAGES = UsagesIn(WholeText(), ("bank", "banks"))
PLANE = PlaneOfUsages(VectorsOfUsages(USAGES, MODEL))
YEARS = UsagesIn(WholeText("path", str(Path(__file__).with_name("usages.csv")), "", "text", ("year",)), ("cell",))
CHARTS: list[Chart[Any]] = [
    AllHeadsChart(AllHeads(MODEL, SENTENCE, special=False), (6, 11)),
    AllHeadsChart(AllHeads(MODEL, "I love AI", "token", weighted=True), (6, 11)),
    HeadChart(HEAD, ribbons=True),
    HeadChart(HEAD),
    HeadChart(OneHead(MODEL, "I love AI", 1, 6, 11, weighted=True)),
    ScoresChart(Scores(MODEL, SENTENCE), "previous", (1, 2)),
    ScoresChart(Scores(MODEL, SENTENCE), "entropy"),
    EntropyChart(Scores(MODEL, SENTENCE), (6, 11)),
    RolloutChart(Rollout(MODEL, SENTENCE, 6, 3, 0.25)),
    DifferenceChart(TwoSentences(HEAD, OneHead(MODEL, "It ran because it was hungry.", 3, 6, 11))),
    InfluenceChart(WordInfluence(MODEL, SENTENCE, 6, (1, 2, 4)), 6),
    HeadsOffChart(HeadsOff(MODEL, SENTENCE, 6, ((6, 11),), draws=3)),
    EachHeadOffChart(EachHeadOff(MODEL, "It ran", 0), (6, 11)),
    ControlsChart(PairControls(MODEL, RAN[:2], ((8, 11), (12, 15)))),
    ControlsChart(PairControls(MODEL, (RAN[0], RAN[3]), ((8, 11), (4, 7))), small=True, suffix="-pair"),
    PinnedChart(POINT, 5, 4),
    StaticNeighboursChart(POINT),
    StaticSimilarityChart(StaticCosines(STATIC, ("ran", "Ran", "runs")), ("1 dog", "2 program", "3 $child")),
    FanChart(Trails(MODEL, RAN, PLACES), "ran"),
    FanChart(Trails(MODEL, RAN, PLACES), "ran", SENSES, GROUPS, layer=3, dimensions=3, highlight=(0, 1)),
    ProjectionChart(Points(MODEL, RAN, PLACES, 6), "ran", SENSES),
    ProjectionChart(ArrangedPoints(MODEL, RAN, PLACES, 4, "tsne", 3), "ran", SENSES, GROUPS),
    SimilarityChart(Cosines(MODEL, RAN, PLACES, 6), SENSES),
    SimilarityChart(Cosines(MODEL, RAN, PLACES, 6, centred=True)),
    SelfSimilarityChart(SelfSimilarityByLayer(MODEL, RAN, PLACES), "ran"),
    SubstitutesChart(SubstitutesInPlace(MODEL, RAN, PLACES, ("executed", "sprinted")), 5),
    OwnSensesChart(OwnSenses(MODEL, RAN, PLACES, SENSES)),
    BankSensesChart(BankSenses(MODEL, STATIC, "ran", 3)),
    WholeBankChart(WholeBank(MODEL, STATIC, 3)),
    NearestChart(NearestWords(SPACE, "Paris", frequent=10_000, inflections=False)),
    NearestChart(NearestWords(Training(size=20, epochs=2), "bank", 8), height=300),
    AnalogyChart(Analogy(SPACE, "man", "king", "woman")),
    AnalogyChart(Analogy(SPACE, "man", "king", "woman"), excluded=False),
    AllPairsChart(AllPairs(SPACE, LIST)),
    PlaneChart(Plane(SPACE, LIST, "paris + rome - dog - cat", "wolf - dog")),
    WordMapChart(WordsAround(SPACE, LIST, 2)),
    SectionsChart(JudgedSpace(Training(size=20, epochs=2))),
    GivenChart(GivenWeights(HAND)),
    WorkedChart(WorkedWeights(HAND)),
    InputsChart(TRACED, 2, 3),
    ProjectionsChart(TRACED, 2, 3),
    ScoreMapsChart(TRACED, 2, 3),
    WeightedChart(TRACED, 2, 3),
    LadderChart(ContextLevels(DECODER, PROMPTS, ("swiftly", "far away", "home", "quickly", "the last one"), window=3)),
    LadderChart(ContextLevels(DECODER, PROMPTS[:1], ("swiftly",), OWN, 2), heading="One table"),
    FanChart(Trails(MODEL, RAN, PLACES), "ran", SENSES, view=View(500, 400, 16, True, "right", "dark", True)),
    PatchingChart(MovedStates(MODEL, "The big dog ran", "A program ran"), (2, 3)),
    PatchingChart(MovedStates(MODEL, "The dog ran", "The horse ran")),
    MovedVectorChart(MovedStates(MODEL, "The big dog ran", "A program ran"), 2, 3),
    MovedWordsChart(NextWithState(DECODER, "The dog ran", "The program ran", 5, 3, "ran", ("quickly", "successfully"))),
    WindowChart(GrowingWindow(DECODER, PROMPTS, ("swiftly", "far away"))),
    LensChart(LayerByLayer(DECODER, PROMPTS, ("swiftly", "far away"))),
    ContinuationChart(Continuation(DECODER, "The cat ran", 4, 0.8, 7)),
    ContributionsChart(PartsOfLogits(DECODER, PROMPTS, ("swiftly", "home"))),
    ContributionsChart(PartsOfLogits(DECODER, PROMPTS, ("swiftly", "home")), 1, 0, suffix="-against"),
    WordByWordChart(WordByWord(DECODER, "The cat ran swiftly", OWN, 2)),
    CoverageChart(NeverSeen()),
    CoverageChart(NeverSeen(OWN, (2, 3), 4, 0.5), with_word=True),
    HeldOutChart(HeldOutSentences(DECODER, OWN, 2, 1)),
    PromptBitsChart(PromptBits(DECODER, PROMPTS, ("swiftly", "far away"), orders=2, others=3)),
    HeldOutBitsChart(HeldOutBits(HeldOutSentences(DECODER, OWN, 2, 2, 0.5))),
    UsageCountsChart(USAGES),
    UsageMapChart(MapOfUsages(PLANE, "form")),
    UsageMapChart(MapOfUsages(PLANE, senses=True)),
    UsageSensesChart(SensesOfUsages(PLANE.of)),
    UsageChangeChart(ChangeOfUsages(VectorsOfUsages(YEARS, MODEL), "year", "1900", "2000")),
]
"""One of every class at least, and each way to look that draws something else."""


def classes(base: type) -> list[type]:
    """All classes of the charts' files that are charts, or queries."""
    found = set()
    for module in pkgutil.iter_modules(ctxcore.charts.__path__, "ctxcore.charts."):
        for one in vars(import_module(module.name)).values():
            if (
                inspect.isclass(one)
                and issubclass(one, base)
                and is_dataclass(one)
                and one is not base
                and "[" not in repr(one)
                and not one.__name__.startswith("_")
            ):
                found.add(one)
    return sorted(found, key=lambda one: one.__name__)


def homes(value: Any) -> Iterator[tuple[str, type]]:
    if is_dataclass(value):
        yield type(value).__name__, type(value)
        for f in fields(value):
            part = getattr(value, f.name)
            for one in part if isinstance(part, tuple) else (part,):
                yield from homes(one)


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    """One for all, and a sense bank of two words: what is read of it is no matter here."""
    few = dict(itertools.islice(sense_bank().items(), 2))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ctxcore.studies.sense_accuracy.sense_bank", lambda: few)
        yield Engine()


def test_every_chart_has_an_example() -> None:
    assert {type(chart) for chart in CHARTS} == set(classes(Chart))


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: type(chart).__name__)
def test_the_script_of_a_chart_makes_the_same_figure_and_table(chart: Chart[Any], engine: Engine) -> None:
    code = script(chart)
    made: dict[str, Any] = {}
    exec(compile(code.replace('figure.write_html("figure.html")', ""), "chart.py", "exec"), made)
    answer = engine.get(chart.of)
    assert made["chart"] == chart
    assert made["figure"].to_json() == chart.figure(engine).to_json()
    assert made["table"].equals(chart.table(answer))
    assert f"{type(chart.of).__name__}.run" in code
    assert max(map(len, code.split("\n"))) < 160


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: type(chart).__name__)
def test_what_a_chart_says_is_there(chart: Chart[Any], engine: Engine) -> None:
    answer = engine.get(chart.of)
    assert chart.key == chart.key.lower()
    assert chart.title()
    assert chart.alt(answer).endswith(".")
    assert chart.caption(answer).endswith(".")
    drawn = chart.figure(engine)
    assert isinstance(drawn, go.Figure)
    assert len(chart.table(answer)) > 0
    assert json.loads(json.dumps(describe(chart)))["of"]


def test_no_two_kinds_of_chart_have_one_key() -> None:
    keys = [one.key for one in classes(Chart)]
    assert len(set(keys)) == len(keys)


def any_of(kind: Any) -> st.SearchStrategy[Any]:
    """Values of a field's type."""
    if inspect.isclass(kind) and is_dataclass(kind):
        return built(kind)
    if kind is float:  # controls give finite numbers
        return st.floats(allow_nan=False, allow_infinity=False)
    if typing.get_origin(kind) is tuple and typing.get_args(kind)[1:] == (...,):
        return st.lists(any_of(typing.get_args(kind)[0]), max_size=4).map(tuple)
    return st.from_type(kind)


def built(one: type) -> st.SearchStrategy[Any]:
    hints = typing.get_type_hints(one)
    wanted = {f.name: any_of(hints[f.name]) for f in fields(one) if f.init}
    return st.builds(one, **wanted)


@pytest.mark.parametrize("one", [*classes(Chart), *classes(Query)], ids=lambda one: one.__name__)
def test_what_a_chart_or_a_question_is_written_as_makes_an_equal_one(one: type) -> None:
    @settings(max_examples=10)
    @given(built(one))
    def check(value: Any) -> None:
        again = eval(repr(value), dict(homes(value)))
        assert again == value
        assert hash(again) == hash(value)
        assert type(again) is one

    check()


def test_a_ladder_draws_the_first_candidates_and_tables_them_all(engine: Engine) -> None:
    chart = next(c for c in CHARTS if isinstance(c, LadderChart) and len(c.of.candidates) > DRAWN)
    drawn = chart.figure(engine).to_json()
    assert [candidate for candidate in chart.of.candidates if candidate in drawn] == list(chart.of.candidates[:DRAWN])
    assert set(chart.table(engine.get(chart.of))["candidate"]) == set(chart.of.candidates)


def test_where_two_models_stand_together_each_figure_that_both_have_is_named() -> None:
    chart = HeadChart(HEAD, ribbons=True)
    assert chart.headed(None) == chart
    assert chart.headed("smollm2-135m") == HeadChart(HEAD, ribbons=True, heading=title_of(MODEL))
    assert RolloutChart(Rollout(MODEL, SENTENCE, 6, 3)).headed("smollm2-135m").heading == ""


def test_the_attention_of_a_sentence_is_refused_where_it_takes_too_much(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CTXCORE_MOST_ATTENTION_MB", "1")  # of 72 heads: 60 tokens
    with pytest.raises(
        CtxError, match=r"kept up to 1 MB .* 61 tokens, which take 1 MB in 6 layers .*Shorten the sentence"
    ):
        engine.get(Scores(MODEL, "it " * 59))
    assert engine.get(WholeAttention(MODEL, "it " * 58)).weights.nbytes < 1 << 20


def test_mentions_of_one_sense_stand_side_by_side(engine: Engine) -> None:
    asked = Cosines(MODEL, RAN, PLACES, 6)
    plain, by_sense = SimilarityChart(asked), SimilarityChart(asked, SENSES)
    assert mention_labels(RAN, PLACES, SENSES) == ["1 dog", "3 child", "2 program", "3 script", "4 She"]
    matrix, order = engine.get(asked), [0, 2, 1, 3, 4]
    assert (by_sense.draw(matrix).data[0]["z"] == matrix[order][:, order].astype("float32")).all()
    assert (plain.draw(matrix).data[0]["z"] == matrix.astype("float32")).all()


def test_the_centred_cosine_is_less_the_mean_of_many_words(engine: Engine) -> None:
    raw, centred = (engine.get(Cosines(MODEL, RAN, PLACES, 6, centred)) for centred in (False, True))
    vectors = engine.get(Vectors(MODEL, RAN, PLACES)).vectors[:, 6] - engine.get(Baselines(MODEL)).mean[6]
    assert centred[0, 1] == pytest.approx(geometry.cosine(vectors[0], vectors[1]))
    assert (raw - centred).max() > 0.01


def test_one_mention_has_no_self_similarity(engine: Engine) -> None:
    with pytest.raises(CtxError, match="Add a second sentence with the word"):
        engine.get(SelfSimilarityByLayer(MODEL, RAN, PLACES[:1]))


def test_what_stands_below_a_figure_is_its_caption(engine: Engine) -> None:
    fan = FanChart(Trails(MODEL, RAN, PLACES), "ran", SENSES)
    said = fan.caption(engine.get(fan.of))
    assert said.startswith("One plane for all layers: PCA of layer 6; it keeps")
    assert "layer\u2019s variance" in said
    point = StaticNeighboursChart(StaticPoint(STATIC, "$100"))
    assert "vector of \u201c$100\u201d" in point.caption(PinnedPoint("$100", (), None))  # type: ignore[arg-type]


def test_the_pinned_point_says_how_many_mentions_and_sentences_meet_in_it(engine: Engine) -> None:
    chart = PinnedChart(POINT, 5, 4)
    point = chart.figure(engine).data[-1]
    assert point.text == ("<b>ran</b><br>5 occurrences, 1 point",)
    assert "in all 4 sentences" in point.hovertemplate


def test_the_script_on_a_trained_space_shows_how_it_is_trained_and_measured() -> None:
    code = " ".join(script(SectionsChart(JudgedSpace(Training(size=20)))).split())
    assert "Training(corpus='300 news articles', digest='', size=20, window=5, epochs=20, min_count=5, seed=0)" in code
    assert "train_static(" in code
    assert "analogy_score, space" in code
    assert "train_static(" not in script(NearestChart(NearestWords(SPACE, "bank")))
