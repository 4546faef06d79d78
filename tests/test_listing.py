"""The list of a workspace's figures: what the pages show, those of a second model too, each once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ctxcore import Engine, NoMentionError
from ctxcore.charts.heads import AllHeadsChart, HeadChart, RolloutChart
from ctxcore.charts.influence import HeadsOffChart
from ctxcore.charts.listing import PAGES, charts_of, charts_of_page, second_of
from ctxcore.charts.senses import BankSensesChart, OwnSensesChart
from ctxcore.charts.static_words import PinnedChart
from ctxcore.charts.words import FanChart, ProjectionChart, SelfSimilarityChart, SimilarityChart
from ctxcore.controls import HeadsControls, WordsControls
from ctxcore.models.catalogue import title_of
from ctxcore.workspace import Workspace

PAGE = {page.name: page for page in PAGES}
RAN = Workspace("ran", ("The dog ran quickly", "The program ran successfully", "She ran it"))


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine()


def test_what_the_reader_chose_is_what_is_listed(engine: Engine) -> None:
    controls = HeadsControls(rows="token", special=False, drawn="map", residual=0.25, off=((2, 3),))
    chosen = replace(RAN, focus="A cat ran away", at=1, head=(2, 5), heads=controls)
    listed = [one.chart for one in charts_of(chosen, engine) if one.page.name == "heads"]
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
    listed = [one.chart for one in charts_of(both, engine) if one.page.name == "heads"]
    maps = [c for c in listed if isinstance(c, AllHeadsChart)]
    assert [(c.of.model, c.id, c.heading) for c in maps] == [
        ("minilm-l6", "heads", title_of("minilm-l6")),
        ("smollm2-135m", "heads-beside", title_of("smollm2-135m")),
    ]
    assert not any(isinstance(c, RolloutChart) and c.of.model == "smollm2-135m" for c in listed)
    other = second_of(both, engine)
    assert other is not None
    assert (other.model, other.head) == ("smollm2-135m", None)


def _first(workspace: Workspace, engine: Engine, page: str, kind: type[Any]) -> Any:
    """The first figure of a kind on a page; None where it is not there."""
    listed = (one.chart for one in charts_of_page(PAGE[page], workspace, engine))
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
    missing = [one.missing for one in charts_of_page(PAGE["word"], replace(RAN, word="cold"), engine) if one.missing]
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
