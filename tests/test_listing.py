"""The list of a workspace's figures: what the pages show, those of a second model too, each once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ctxcore import Engine, NoMentionError
from ctxcore.charts.attention import HUNGRY, focus_of
from ctxcore.charts.contributions import ContributionsChart, PartsOfLogits
from ctxcore.charts.heads import AllHeadsChart, HeadChart, RolloutChart
from ctxcore.charts.influence import HeadsOffChart
from ctxcore.charts.information import HeldOutBits, HeldOutBitsChart, PromptBits, PromptBitsChart
from ctxcore.charts.listing import charts_of, charts_of_page, figure_of, second_of
from ctxcore.charts.next_word import (
    ContextLevels,
    Continuation,
    ContinuationChart,
    GrowingWindow,
    LadderChart,
    LayerByLayer,
    LensChart,
    WindowChart,
    predictor,
)
from ctxcore.charts.relations import NearestChart, WordMapChart, space_of
from ctxcore.charts.senses import BankSensesChart, OwnSensesChart
from ctxcore.charts.static_words import PinnedChart
from ctxcore.charts.steps import LOVE, FollowedTokens, GivenChart, ScoreMapsChart
from ctxcore.charts.unseen import (
    CoverageChart,
    HeldOutChart,
    HeldOutSentences,
    NeverSeen,
    WordByWord,
    WordByWordChart,
)
from ctxcore.charts.words import FanChart, ProjectionChart, SelfSimilarityChart, SimilarityChart
from ctxcore.controls import (
    ByHand,
    HeadsControls,
    NextWordControls,
    RelationsControls,
    StepsControls,
    UnseenControls,
    WordsControls,
)
from ctxcore.data.corpora import TrainingText
from ctxcore.models.catalogue import DECODER, title_of
from ctxcore.pages import PAGES
from ctxcore.studies.trained import Training
from ctxcore.workspace import Workspace

RAN = Workspace("ran", ("The dog ran quickly", "The program ran successfully", "She ran it"))


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine()


def test_what_the_reader_chose_is_what_is_listed(engine: Engine) -> None:
    controls = HeadsControls(rows="token", special=False, drawn="map", residual=0.25, off=((2, 3),))
    chosen = replace(RAN, focus="A cat ran away", at=1, head=(2, 5), heads=controls)
    listed = [one.chart for one in charts_of_page(PAGES["heads"], chosen, engine)]
    head = next(c for c in listed if isinstance(c, HeadChart))
    assert (head.of.sentence, head.of.at, head.of.layer, head.of.head) == ("A cat ran away", 1, 2, 5)
    assert (head.of.rows, head.of.special, head.ribbons) == ("token", False, False)
    assert next(c for c in listed if isinstance(c, RolloutChart)).of.residual == 0.25
    assert next(c for c in listed if isinstance(c, HeadsOffChart)).of.heads == ((2, 3),)


def test_what_this_model_does_not_have_is_as_if_it_had_not_been_chosen(engine: Engine) -> None:
    controls = HeadsControls(layer=25, off=((25, 1),), other_at=40)
    listed = [one.chart for one in charts_of(replace(RAN, head=(25, 1), heads=controls), engine)]
    assert HeadsOffChart in map(type, listed)
    assert next(c for c in listed if isinstance(c, HeadsOffChart)).of.heads == ((6, 11),)


def test_a_second_model_has_the_figures_that_are_compared(engine: Engine) -> None:
    both = replace(RAN, second="smollm2-135m", head=(6, 2), focus="A cat ran away")
    listed = [one.chart for one in charts_of_page(PAGES["heads"], both, engine)]
    maps = [c for c in listed if isinstance(c, AllHeadsChart)]
    assert [(c.of.model, c.id, c.heading) for c in maps] == [
        ("minilm-l6", "heads", title_of("minilm-l6")),
        ("smollm2-135m", "heads-beside", title_of("smollm2-135m")),
    ]
    assert not any(isinstance(c, RolloutChart) and c.of.model == "smollm2-135m" for c in listed)
    other = second_of(both, engine)
    assert other is not None
    assert (other.model, other.head) == ("smollm2-135m", None)


def of_page(name: str, workspace: Workspace, engine: Engine) -> list[Any]:
    """Charts of one page, and errors in their place."""
    return [one.chart or one.missing for one in charts_of_page(PAGES[name], workspace, engine)]


def test_next_word_lists_all_panels_with_the_readers_values(engine: Engine) -> None:
    controls = NextWordControls(window=4, prompt=1, sampling=0.7, seed=3)
    chosen = replace(RAN, candidates=("a", "b", "c", "d", "e"), corpus="news", n=2, next=controls)
    ladder, window, lens, continuation, bits, alone, against = of_page("next", chosen, engine)
    levels = ContextLevels(DECODER, chosen.prompts, chosen.candidates, TrainingText("news"), 2, 4)
    assert ladder == LadderChart(levels)
    assert window == WindowChart(GrowingWindow(DECODER, chosen.prompts, ("a", "b", "c", "d")))
    assert lens == LensChart(LayerByLayer(DECODER, chosen.prompts, ("a", "b", "c", "d")))
    assert continuation == ContinuationChart(Continuation(DECODER, "The program ran", temperature=0.7, seed=3))
    assert bits == PromptBitsChart(PromptBits(DECODER, chosen.prompts, ("a", "b", "c", "d")))
    parts = PartsOfLogits(DECODER, chosen.prompts, ("a", "b"))
    assert (alone, against) == (ContributionsChart(parts, 1), ContributionsChart(parts, 1, 0, suffix="-against"))


def test_the_first_prompt_is_continued_where_there_is_no_second(engine: Engine) -> None:
    alone = replace(RAN, prompts=("The dog ran", "The dog ran"), next=NextWordControls(prompt=1, seed=3))
    ladder, *_, continuation, _, parts = of_page("next", alone, engine)
    assert (parts.prompt, parts.against) == (0, None)
    assert ladder.of.prompts == ("The dog ran",)
    assert continuation.of == Continuation(DECODER, "The dog ran")  # and no seed where nothing is drawn


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"prompts": ("", "")}, "A prompt is needed."),
        ({"candidates": ()}, "A candidate is needed."),
        ({"corpus": "file"}, "A text is needed to train the table on."),
    ],
)
def test_what_next_word_cannot_ask_is_listed_with_its_reason(fields: dict[str, Any], rule: str, engine: Engine) -> None:
    (error,) = of_page("next", replace(RAN, **fields), engine)
    assert error.rule == rule


def test_unseen_contexts_lists_the_sentence_and_both_panels(engine: Engine) -> None:
    text = TrainingText("file", name="mine.txt", digest="ab" * 32)
    controls = UnseenControls(with_word=True, most=70)
    chosen = replace(RAN, tested="A b c", corpus="file", training_file=("mine.txt", "ab" * 32), n=4, unseen=controls)
    assert of_page("unseen", chosen, engine) == [
        WordByWordChart(WordByWord(DECODER, "A b c", text, 4)),
        CoverageChart(NeverSeen(text), True),
        HeldOutChart(HeldOutSentences(DECODER, text, 4, 70)),
        HeldOutBitsChart(HeldOutBits(HeldOutSentences(DECODER, text, 4, 70))),
    ]
    error, *panels = of_page("unseen", replace(chosen, tested="?!"), engine)
    assert error.rule == "A sentence needs a word."
    assert [chart.id for chart in panels] == ["coverage", "held-out", "held-out-bits"]


@pytest.mark.parametrize(
    ("model", "second", "beside"),
    [("minilm-l6", DECODER, []), (DECODER, "minilm-l6", []), ("own", DECODER, [DECODER]), (DECODER, "own", ["own"])],
)
def test_a_second_model_is_asked_for_a_next_word_once_and_where_it_predicts_one(
    engine: Engine, model: str, second: str, beside: list[str]
) -> None:
    both = Engine(model=lambda name: engine.model(DECODER if name == "own" else name), files=lambda *name: "")
    for page in ("next", "unseen"):
        listed = of_page(page, replace(RAN, model=model, second=second), both)
        others = [chart for chart in listed if chart.id.endswith("-beside")]
        assert [chart.of.model for chart in others] == beside
        assert {chart.key for chart in others} <= {"ladder", "word-by-word"}


@pytest.mark.parametrize("model", ["minilm-l6", DECODER])
def test_the_bundled_decoder_predicts_where_a_model_does_not_and_none_is_opened_to_know(model: str) -> None:
    assert predictor(replace(RAN, model=model), Engine(model=pytest.fail)) == DECODER


def _first(workspace: Workspace, engine: Engine, page: str, kind: type[Any]) -> Any:
    """The first figure of a kind on a page; None where it is not there."""
    listed = (one.chart for one in charts_of_page(PAGES[page], workspace, engine))
    return next((chart for chart in listed if isinstance(chart, kind)), None)


def test_a_word_is_drawn_as_the_reader_chose(engine: Engine) -> None:
    controls = WordsControls(projection="tsne", in_space=True, centred=True)
    chosen = replace(RAN, layer=4, pair=(2, 0), bank="spring", words=controls)
    points = _first(chosen, engine, "word", ProjectionChart).of
    assert (points.layer, points.method, points.dimensions, points.slow) == (4, "tsne", 3, True)
    assert not _first(replace(chosen, words=WordsControls("pca")), engine, "word", ProjectionChart).of.slow
    cosines = _first(chosen, engine, "word", SimilarityChart).of
    assert (cosines.layer, cosines.centred) == (4, True)
    assert _first(chosen, engine, "word", BankSensesChart).of.word == "spring"
    assert _first(chosen, engine, "idea", FanChart).highlight == (2, 0)
    fan = _first(replace(chosen, words=WordsControls(in_space=True)), engine, "word", FanChart)
    assert (fan.layer, fan.dimensions, fan.highlight) == (4, 3, ())


def test_what_a_word_does_not_have_here_is_as_if_it_had_not_been_chosen(engine: Engine) -> None:
    """A layer of another model, mentions of other sentences, a word that the bank does not have."""
    chosen = replace(RAN, layer=25, pair=(1, 3), bank="cat")
    assert _first(chosen, engine, "word", FanChart).layer == 6
    assert _first(chosen, engine, "idea", FanChart).highlight == (0, 1)
    assert _first(chosen, engine, "word", BankSensesChart).of.word == "ran"
    assert _first(replace(chosen, word="She"), engine, "idea", FanChart).highlight == ()


def test_a_page_lists_what_it_would_show_and_no_more(engine: Engine) -> None:
    labelled = replace(RAN, senses=(((RAN.sentences[0], 0), "moved"), ((RAN.sentences[1], 0), "executed")))
    for kind, there, not_there in (
        (OwnSensesChart, labelled, RAN),
        (SelfSimilarityChart, RAN, replace(RAN, word="She")),
    ):
        assert _first(there, engine, "word", kind) is not None
        assert _first(not_there, engine, "word", kind) is None
    unknown = Workspace("qickly", ("He ran qickly", "She left qickly"))
    assert _first(unknown, engine, "word", FanChart) is not None
    assert _first(unknown, engine, "word", PinnedChart) is None
    new = _first(replace(RAN, word="cold"), engine, "idea", PinnedChart)
    assert (new.of.word, new.mentions) == ("cold", 0)
    missing = [one.missing for one in charts_of_page(PAGES["word"], replace(RAN, word="cold"), engine) if one.missing]
    assert [type(error) for error in missing] == [NoMentionError]


@pytest.mark.parametrize(("chosen", "beside"), [(None, None), (3, 15), (25, 30), (1, 5), (0, 0)])
def test_a_second_model_is_looked_at_as_deep(engine: Engine, chosen: int | None, beside: int | None) -> None:
    other = second_of(replace(RAN, second="smollm2-135m", layer=chosen), engine)
    assert other is not None
    assert other.layer == beside


def test_no_figure_is_listed_twice(engine: Engine) -> None:
    listed = [one.chart for one in charts_of(RAN, engine) if one.chart is not None]
    assert len(listed) == len(set(listed))
    ids = [chart.id for chart in listed]
    assert len(ids) == len(set(ids))


def listed(page: str, workspace: Workspace, engine: Engine) -> list[Any]:
    """The figures of one page."""
    return [one.chart for one in charts_of_page(PAGES[page], workspace, engine)]


def test_the_steps_are_those_of_the_numbers_by_hand_and_of_the_head(engine: Engine) -> None:
    hand = ByHand(weights=(0.5, 0.25, 0.25), query=2)
    charts = listed("steps", replace(RAN, hand=hand, head=(2, 5), second="smollm2-135m"), engine)
    assert [c.id for c in charts] == ["given", "worked-out", "inputs", "qkv", "scores", "weighted", "scores-beside"]
    assert next(c for c in charts if isinstance(c, GivenChart)).of.hand == hand
    assert [(c.of.layer, c.of.head) for c in charts if isinstance(c, ScoreMapsChart)] == [(2, 5), (2, 2)]


def test_a_followed_token_counts_where_it_was_chosen(engine: Engine) -> None:
    def followed(workspace: Workspace) -> FollowedTokens:
        return FollowedTokens.of_focus(focus_of(workspace, engine, LOVE), workspace.steps, engine)

    split = replace(RAN, focus="Unbelievably loud dogs ran", at=0, head=(4, 1))
    first = followed(split)
    assert len(first.pieces) > 1
    assert (first.query, first.key) == (first.pieces[0], first.most)
    chosen = replace(split, steps=StepsControls(piece=first.choice(first.pieces[1]), key=first.choice(0)))
    assert (followed(chosen).query, followed(chosen).key) == (first.pieces[1], 0)
    assert followed(replace(chosen, head=(2, 3))).key == 0  # the choice stays with the word
    for other in (
        replace(chosen, at=1),
        replace(chosen, focus="Unbelievably loud cats ran"),
        replace(chosen, model="smollm2-135m"),
        replace(chosen, steps=StepsControls(piece=first.choice(40), key=first.choice(40))),
    ):
        found = followed(other)
        assert (found.query, found.key) == (found.pieces[0], found.most)
    assert ScoreMapsChart.of_tokens(followed(chosen)) in listed("steps", chosen, engine)


def test_relations_are_those_of_the_chosen_space(engine: Engine) -> None:
    look = RelationsControls(k=7, frequent=3000, inflections=False, around=1, source="bundled", size=20, min_count=2)
    chosen = replace(RAN, static="mine.txt", near="bank", space=look)
    charts = listed("relations", chosen, engine)
    assert [c.id for c in charts] == [
        "near", "analogy-excluded", "analogy-kept", "word-matrix", "plane", "word-map", "sections",
    ]  # fmt: skip
    near = next(c for c in charts if isinstance(c, NearestChart)).of
    assert (near.static, near.word, near.k, near.frequent, near.inflections) == ("glove-6b-50d", "bank", 7, 3000, False)
    assert next(c for c in charts if isinstance(c, WordMapChart)).of.neighbours == 1
    assert space_of(replace(chosen, space=replace(look, source="workspace"))) == "mine.txt"
    trained = replace(
        chosen, space=replace(look, source="trained", trained=True, file="/etc/mine.txt", digest="ab" * 32)
    )
    asked = Training("mine.txt", "ab" * 32, size=20, min_count=2)
    lists = [c for c in listed("relations", trained, engine) if isinstance(c, NearestChart)]
    assert [(c.id, c.of.static) for c in lists] == [
        ("near", asked), ("near-bundled", "glove-6b-50d"), ("near-trained", asked),
    ]  # fmt: skip


def test_what_takes_long_says_so_before_it_is_measured(engine: Engine) -> None:
    assert [c.id for c in listed("relations", RAN, engine) if c.of.hint(engine)] == ["sections"]


def test_there_is_always_a_second_sentence(engine: Engine) -> None:
    slow = "The cat chased the mouse because it was slow."
    alone = Workspace("", (), focus=slow, at=6)
    assert figure_of("difference", alone, engine).of.second.sentence == HUNGRY.sentence
    assert figure_of("difference", replace(alone, focus=HUNGRY.sentence), engine).of.second.sentence == slow
