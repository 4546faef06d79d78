"""What a page takes away is what the core lists for it: the report, which is made of the list, has the same figures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest
from streamlit.testing.v1 import AppTest

from ctxcore.charts import script
from ctxcore.charts.listing import charts_of_page
from ctxcore.controls import HeadsControls, MovingControls, NextWordControls, WordsControls
from ctxcore.pages import PAGES
from ctxcore.studies import evaluation
from ctxcore.workspace import Workspace
from dashboard import links, store
from tests.app.conftest import Export

Open = Callable[..., AppTest]
SENTENCES = ("The dog ran quickly", "The program ran successfully", "The cat ran up a tree", "The script ran for hours")
SENSES = ("moved", "executed", "moved", "executed")
BASE = Workspace(
    "ran", SENTENCES, tuple(((s, 0), sense) for s, sense in zip(SENTENCES, SENSES, strict=True)),
    substitutes=("sprinted", "executed"), focus="It ran",
)  # fmt: skip
PANELS = {
    "word": ("words.panel", ("similarity", "layers", "neighbours", "senses")),
    "heads": ("heads.panel", ("cards", "moved", "off", "rollout", "two")),
    "steps": ("steps.real", (False, True)),
    "next": ("next.panel", ("swap", "bits", "window", "lens", "parts", "top", "generate")),
    "unseen": ("unseen.panel", ("coverage", "held-out", "bits", "search")),
    "usages": ("usages.panel", ("lines", "counts", "map", "senses", "change")),
    "relations": ("space.panel", ("near", "analogy", "matrix", "plane", "map", "scores")),
}
"""Of each page that has panels: the field that says which is open, and its values."""
WORKSPACES = {
    "idea": replace(BASE, pair=(1, 3), second="smollm2-135m"),
    "word": replace(BASE, layer=3, words=WordsControls("pca", centred=True), second="smollm2-135m"),
    "heads": replace(BASE, second="smollm2-135m", heads=HeadsControls(weighted=True)),
    "steps": replace(BASE, second="smollm2-135m"),
    "moving": replace(BASE, second="smollm2-135m", moving=MovingControls(direction="out", cell=(1, 2))),
    "next": replace(BASE, prompts=("The cat ran", "A dog ran"), next=NextWordControls(window=3)),
    "unseen": replace(BASE, tested="A cat ran"),
    "usages": BASE,
    "relations": replace(BASE, near="cat", relations=("cat", "dog", "wolf", "rome")),
    "side": BASE,
}
"""What each page is tried on."""


@pytest.fixture
def _few_analogies(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is listed and what is shown is held against each other; the whole score is that of tests/test_relations.py."""
    monkeypatch.setattr(evaluation, "analogy_score", partial(evaluation.analogy_score, vocabulary=3_000))


@pytest.mark.usefixtures("_few_analogies")
@pytest.mark.parametrize("page", WORKSPACES)
def test_a_page_takes_away_what_is_listed_for_it(open_page: Open, exports: dict[str, Export], page: str) -> None:
    workspace, taken = WORKSPACES[page], {}
    listed = [one.chart for one in charts_of_page(PAGES[page], workspace, store.engine())]
    for chart in listed:
        if chart is not None and chart.of.hint(store.engine()):  # it is measured on demand
            store.get(chart.of)
    field, panels = PANELS.get(page, ("word", (workspace.word,)))
    for panel in panels:
        query = links.query_of(links.with_values(workspace, {field: panel}))
        open_page(page, **{key: values for key, values in query.items() if values})
        taken |= {name: export.code for name, export in exports.items()}
    assert {chart.id: script(chart) for chart in listed if chart is not None} == taken
