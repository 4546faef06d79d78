"""The list of a workspace's figures: what the pages show, those of a second model too, each once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ctxcore import Engine
from ctxcore.charts.heads import AllHeadsChart, HeadChart, RolloutChart
from ctxcore.charts.influence import HeadsOffChart
from ctxcore.charts.listing import charts_of, second_of
from ctxcore.charts.next_word import predictor
from ctxcore.controls import HeadsControls
from ctxcore.models.catalogue import DECODER, title_of
from ctxcore.workspace import Workspace

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


@pytest.mark.parametrize("model", ["minilm-l6", DECODER])
def test_the_bundled_decoder_predicts_where_a_model_does_not_and_none_is_opened_to_know(model: str) -> None:
    assert predictor(replace(RAN, model=model), Engine(model=pytest.fail)) == DECODER


def test_no_figure_is_listed_twice(engine: Engine) -> None:
    listed = [one.chart for one in charts_of(RAN, engine) if one.chart is not None]
    assert len(listed) == len(set(listed))
    ids = [chart.id for chart in listed]
    assert len(ids) == len(set(ids))
