"""Move the meaning: the page's figures are the library's, and what cannot be moved is said in its place."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import ctxcore
from dashboard import state
from tests.app.conftest import Export, shown_text

Open = Callable[..., AppTest]


def test_the_grid_and_its_opened_cell_are_the_librarys(
    open_page: Open, exports: dict[str, Export], encoder: ctxcore.ContextualModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_page("moving")
    assert "“ran” takes its meaning from “program”: up to layer 1" in shown_text(app)
    assert "The state of “ran” at layer 2" in shown_text(app)
    grid = ctxcore.patch_grid(encoder, "The dog ran", "The program ran")
    own = exports["moving"].table.pivot(index="layer", columns="position", values="share").to_numpy()
    np.testing.assert_allclose(own, grid.shares, atol=1e-6)
    assert exports["moved-vector"].table["share"].tolist() == pytest.approx(grid.shares[:, 3].tolist(), abs=1e-6)
    # A click: what the browser reports of it, and what the page makes of that.
    clicked = {"moving_0": {"selection": {"points": [{"customdata": [0, 2, "dog", 1.0]}]}}}
    workspace = app.session_state["workspace"]
    monkeypatch.setattr(state.st, "session_state", clicked | {"workspace": workspace})
    state.read_click("moving_0", field="moving.cell")
    assert state.current().moving.cell == (0, 2)
    monkeypatch.undo()
    app = open_page("moving", **{"moving.cell": "0.2", "moving.direction": "out"})
    assert "“ran” needs “program”" in shown_text(app)
    assert "The state of “dog” (in place of “program”) at layer 0" in shown_text(app)


def test_where_there_is_little_to_move_no_share_is_drawn(open_page: Open, exports: dict[str, Export]) -> None:
    app = open_page("moving", prompt=["The dog ran", "The horse ran"])
    assert "Little to move" in shown_text(app)
    assert not {"moved-vector", "moved-words"} & set(exports)
    grid = next(trace for trace in exports["moving"].figure.data if trace.name == "share of the way")
    assert np.isnan(np.array(grid.z, float)).all()
    assert exports["moving"].table["little_to_move"].all()


@pytest.mark.parametrize(
    ("prompts", "said"),
    [
        (["The dog ran", "The dog ran"], "States are moved between two sentences that differ."),
        (["The dog ran", "A cat sleeps"], "The two sentences must have a word in common"),
        (["The dog ran", ""], "Two sentences are needed."),
    ],
)
def test_what_cannot_be_moved_is_said_and_the_page_stays(open_page: Open, prompts: list[str], said: str) -> None:
    app = open_page("moving", prompt=prompts)
    assert said in shown_text(app)
    assert app.text_input(key="editor_prompts_1").value == prompts[0]
