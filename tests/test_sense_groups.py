"""Which mentions share a colour: a colour that came back would say that two senses are one."""

from __future__ import annotations

import numpy as np
import pytest

from ctxcore import figures
from ctxcore.figures import theme
from ctxcore.figures.sense_groups import rest_said, sense_groups
from ctxcore.measures.projection import fan, project

from .samples import occurrences


def _of(count: int, distinct: int) -> list[str | None]:
    return [f"sense {i % distinct}" for i in range(count)]


@pytest.mark.parametrize(
    ("senses", "rest"),
    [
        ([], 0), ([None, None], 0), (_of(30, 10), 0), (_of(11, 11), 1), (_of(300, 300), 290), (_of(300, 12), 50),
        ([None, *_of(20, 20)], 11), (["", None, "a"], 0),
    ],
)  # fmt: skip
def test_no_two_senses_look_alike_and_no_mention_is_lost(senses: list[str | None], rest: int) -> None:
    groups = sense_groups(senses)
    assert sorted(i for g in groups for i in g.members) == list(range(len(senses)))
    own = [g for g in groups if not g.rest]
    assert len({(g.color, g.symbol) for g in groups}) == len(groups)
    assert len({g.color for g in own}) == len(own) <= 10
    assert all(len({senses[i] for i in g.members}) == 1 for g in own)
    assert sum(len(g.members) for g in groups if g.rest) == rest
    assert bool(rest_said(groups)) == bool(rest)


def test_the_senses_with_most_mentions_keep_their_colour() -> None:
    senses = [*(f"rare {i}" for i in range(12)), *["common"] * 3, *["other"] * 2]
    groups = sense_groups(senses)
    assert [g.name for g in groups] == ["4 other senses", *(f"rare {i}" for i in range(8)), "common", "other"]
    assert groups[0].members == [8, 9, 10, 11]
    assert groups[0].color == theme.NEUTRAL
    assert "all others (4 other senses, 4 occurrences) are grey" in rest_said(groups)
    assert sense_groups(_of(11, 11))[0].name == "1 other sense"


@pytest.mark.parametrize("dimensions", [2, 3])
def test_grey_mentions_say_their_sense_under_the_pointer(dimensions: int) -> None:
    vectors = np.random.default_rng(0).normal(size=(40, 3, 8))
    found, senses = occurrences(vectors, ["They ran."] * 40), [f"<i>sense</i> {i}" for i in range(40)]
    trails = fan(vectors)
    shadow = project(vectors[:, -1], dimensions=dimensions)
    for figure in (
        figures.fan_figure(trails, found, senses=senses, dimensions=dimensions),
        figures.projection_figure(shadow, found, layer=2, senses=senses),
    ):
        grey = next(t for t in figure.data if t.name == "30 other senses")
        assert grey.customdata[0][2] == "&lt;i&gt;sense&lt;/i&gt; 10"
        assert "customdata[2]" in grey.hovertemplate
        assert grey.legendrank > 1000  # drawn below the others, and named after them
        assert sum(t.showlegend is not False for t in figure.data) <= 12
        note = next(a.text for a in figure.layout.annotations if a.name == "note").replace("<br>", " ")
        assert "30 other senses, 30 occurrences" in note
        own = next(t for t in figure.data if t.name == "&lt;i&gt;sense&lt;/i&gt; 0")
        assert len(own.customdata[0]) == 2


def test_a_long_sense_leaves_room_in_the_legend() -> None:
    assert len(sense_groups(["x" * 500])[0].name) == 40
