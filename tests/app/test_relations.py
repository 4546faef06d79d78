"""Word relations: every panel draws the core's numbers, takes what is typed, and exports code that makes the same figure."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import ctxcore
from ctxcore import (
    AnalogyScore,
    BadInputError,
    Engine,
    PairScore,
    SectionScore,
    SpaceScores,
    StaticSpace,
    Training,
)
from ctxcore.charts.space_scores import JudgedSpace
from ctxcore.data.corpora import digest_of
from dashboard import cache, store
from tests.app.conftest import Export, shown_text
from tests.app.test_word import _made_by

Open = Callable[..., AppTest]
FIGURES = {
    "near": ["near"],
    "analogy": ["analogy-excluded", "analogy-kept"],
    "matrix": ["word-matrix"],
    "plane": ["plane"],
    "map": ["word-map"],
}
LIST = ["paris", "rome", "dog", "cat", "wolf"]
SMALL = Training(size=20, epochs=2)


@pytest.fixture
def relations(open_page: Open) -> Callable[..., AppTest]:
    def start(panel: str = "near", **query: object) -> AppTest:
        return _panel(open_page("relations", **query), panel)

    return start


def _panel(app: AppTest, name: str) -> AppTest:
    next(g for g in app.get("button_group") if g.key == "space_panel").set_value(name).run()
    assert not app.exception, app.exception
    return app


def _press(app: AppTest, label: str) -> AppTest:
    next(b for b in app.button if b.label.startswith(label)).click().run()
    assert not app.exception, app.exception
    return app


def test_neighbours_are_limited_by_frequency_and_inflection(
    relations: Callable[..., AppTest], exports: dict[str, Export], static: StaticSpace
) -> None:
    app = relations(near="dog")
    assert exports["near"].table["word"].tolist() == [n.word for n in static.neighbours("dog", 12)]
    assert "dogs" in exports["near"].table["word"].tolist()
    app.toggle(key="space_inflections").set_value(False)
    app.selectbox(key="space_frequent").select(3000).run()
    words = exports["near"].table["word"].tolist()
    assert len(words) == 12
    assert "dogs" not in words
    assert max(static.keyed_vectors.key_to_index[w] for w in words) < 3000


def test_the_exclusion_is_required_for_the_result(
    relations: Callable[..., AppTest], exports: dict[str, Export]
) -> None:
    app = relations("analogy")
    assert exports["analogy-excluded"].table["word"][0] == "queen"
    assert exports["analogy-kept"].table["word"][0] == "king"
    drawn = [exports[f"analogy-{name}"].figure.layout.yaxis.ticktext[-1] for name in ("excluded", "kept")]
    assert drawn == ["queen", "king"]
    assert "The answer is **queen**. Were every word allowed, it would be the input word **king** itself" in shown_text(
        app
    )
    app.text_input(key="editor_analogy_1").set_value("france").run()
    app.text_input(key="editor_analogy_2").set_value("paris").run()
    app.text_input(key="editor_analogy_3").set_value("italy").run()
    assert "The answer is **rome**, and no input word had to be excluded" in shown_text(app)


def test_the_telling_cases_hold(relations: Callable[..., AppTest], exports: dict[str, Export]) -> None:
    app = _press(relations(), "capitals")
    table = exports["plane"].table.set_index("word")
    capitals = ["paris", "rome", "berlin", "tokyo", "madrid", "warsaw"]
    assert (table.loc[capitals, "x"] > 0.1).all()
    assert (table.drop(index=capitals)["x"] < -0.1).all()
    _press(app, "king and queen")
    table = exports["plane"].table.set_index("word")
    assert (table.loc[["queen", "princess", "actress", "woman"], "x"] > 0.1).all()
    assert (table.loc[["king", "prince", "actor", "man"], "x"] < -0.1).all()
    assert app.query_params.get("space.panel") == "plane" or app.query_params["space.panel"] == ["plane"]
    _press(app, "Where it fails")
    mixed = set(exports["near"].table["word"])
    assert {"reticulated", "perl", "monty"} <= mixed  # a snake, a language, a comedy troupe
    assert app.query_params["near"] == ["python"] or app.query_params["near"] == "python"
    _panel(app, "analogy")
    assert exports["analogy-excluded"].table["word"][0] == "sail"  # and not "swim"
    assert "swim" not in exports["analogy-excluded"].table["word"].tolist()


def test_like_words_stand_side_by_side(relations: Callable[..., AppTest], exports: dict[str, Export]) -> None:
    relations("matrix", rel=["paris", "dog", "rome", "cat"])
    order = exports["word-matrix"].table["first"].drop_duplicates().tolist()
    assert {frozenset(order[:2]), frozenset(order[2:])} == {frozenset({"paris", "rome"}), frozenset({"dog", "cat"})}


@pytest.mark.parametrize(
    ("panel", "query", "said"),
    [
        ("near", {"near": " "}, "A word is needed"),
        ("near", {"near": "quikly"}, "Close spellings it knows: quickly"),
        ("analogy", {"ana": ["man", "", "woman"]}, "The second word is needed"),
        ("analogy", {"ana": ["man", "qqqqzzqq", "woman"]}, "No known word is close in spelling"),
        ("matrix", {"rel": [""]}, "Given: an empty list"),
        ("matrix", {"rel": ["dog"]}, "Given: one word"),
        ("matrix", {"rel": [f"w{i}" for i in range(300)]}, "Given: 300 words"),
        ("map", {"rel": ["dog", "Dog"]}, "Given: one word"),
        ("plane", {"axis": ["king queen", "man"]}, "\u201cqueen\u201d at character 6"),
        ("plane", {"axis": ["king - king", "man"]}, "cancel to zero"),
        ("plane", {"axis": ["", "man"]}, "Given: an empty field"),
        ("plane", {"rel": [""]}, "Given: an empty list"),
        ("plane", {"axis": ["<img src=x> - $x$", "man"]}, "Two words have a plus or a minus between them"),
    ],
)
def test_what_cannot_be_read_is_said_and_the_page_stays(
    relations: Callable[..., AppTest], exports: dict[str, Export], panel: str, query: dict[str, object], said: str
) -> None:
    app = relations(panel, **query)
    assert said in shown_text(app)
    assert len(app.error) == 1
    assert not set(exports) & set(FIGURES[panel]) - {"near"}
    _panel(app, "near" if panel != "near" else "map")
    assert [e.value for e in app.error] == [] or panel == "map"
    assert len(app.get("expander")) == 1


def test_the_address_carries_what_was_typed_and_brings_it_back(relations: Callable[..., AppTest]) -> None:
    app = relations()
    assert app.query_params == {}
    _panel(app, "plane").text_input(key="editor_axes_1").set_value("queen  - king").run()
    app.text_area(key="editor_relations").set_value("dog, cat\nwolf,, dog ").run()
    _panel(app, "analogy").text_input(key="editor_analogy_3").set_value("girl").run()
    _panel(app, "near").text_input(key="editor_near").set_value("bank").run()
    kept = dict(app.query_params.items())
    assert kept["axis"] == ["queen - king", "king + queen - man - woman"]
    assert kept["rel"] == ["dog", "cat", "wolf"]
    assert kept["ana"] == ["man", "king", "girl"]
    app.switch_page("views/idea.py").run()
    app.switch_page("views/relations.py").run()
    assert _panel(app, "plane").text_area(key="editor_relations").value == "dog, cat\nwolf,, dog "
    assert app.text_input(key="editor_axes_1").value == "queen  - king"
    again = relations("plane", **{k: kept[k] for k in ("axis", "rel", "ana", "near")})
    assert again.text_area(key="editor_relations").value == "dog, cat, wolf"
    assert _panel(again, "analogy").text_input(key="editor_analogy_3").value == "girl"
    assert _panel(again, "near").text_input(key="editor_near").value == "bank"


def _number(app: AppTest, name: str) -> Any:
    """A field of the training; its key ends with how often it was set otherwise than by typing."""
    return next(f for f in app.number_input if f.key and f.key.rpartition("_")[0] == f"space_{name}")


def _train(app: AppTest) -> AppTest:
    """Train a small space; without a browser nothing asks again, so it is waited for."""
    _number(app, "size").set_value(SMALL.size)
    _number(app, "epochs").set_value(SMALL.epochs).run()
    cache.trained(SMALL).wait()
    return _press(app, "Train")


def test_a_space_is_trained_and_used_like_any_other(
    relations: Callable[..., AppTest], exports: dict[str, Export]
) -> None:
    app = _train(relations("train", near="bank"))
    assert "1,829 words" in shown_text(app)
    assert set(exports) >= {"near-bundled", "near-trained"}
    assert exports["near-bundled"].table["word"][0] == "banks"
    assert "banks" not in exports["near-trained"].table["word"].tolist()
    assert _made_by(exports["near-trained"].code).to_json() == exports["near-trained"].figure.to_json()
    app.selectbox(key="space_source").select("trained").run()
    _panel(app, "matrix").text_area(key="editor_relations").set_value("bank, police, west").run()
    space = cache.space(SMALL).wait()
    table = exports["word-matrix"].table.set_index(["first", "second"])["cosine"]
    pair = next(p for p in table.index if set(p) == {"bank", "west"})
    assert table[pair] == pytest.approx(space.similarity("bank", "west"), abs=1e-5)
    app.text_area(key="editor_relations").set_value("bank, python").run()
    assert "python" in shown_text(app)
    app.switch_page("views/idea.py").run()
    app.switch_page("views/relations.py").run()
    assert app.selectbox(key="space_source").format_func("trained") == SMALL.name
    kept = {key: app.query_params[key] for key in app.query_params}
    again = relations("matrix", **{**kept, "rel": ["bank", "west"]})
    assert exports["word-matrix"].table["cosine"].tolist()[1] == pytest.approx(
        space.similarity("bank", "west"), abs=1e-5
    )
    _number(_panel(again, "train"), "seed").set_value(1).run()  # other settings are another space
    assert "nothing is trained yet" in shown_text(again)


def test_a_link_to_a_trained_space_trains_nothing_before_the_reader_says_so(
    relations: Callable[..., AppTest], exports: dict[str, Export]
) -> None:
    asked = Training(size=3, epochs=1)
    link = {"space.source": "trained", "space.trained": "1", "space.size": "3", "space.epochs": "1", "near": "bank"}
    app = relations("near", **link)
    assert cache.training(asked) is None
    assert f"The chosen space is not in memory here: one {asked.name}." in shown_text(app)
    assert "near" not in exports
    _press(app, "Train")
    assert cache.training(asked) is not None
    assert exports["near"].title == f"Neighbours of bank, {asked.name}"
    app = relations("near", **{**link, "space.file": "../secret.txt", "space.digest": "ab" * 32})
    assert next(b for b in app.button if b.label == "Train").disabled
    assert "secret.txt is not here, or had to make room for others: upload it again" in shown_text(app)


def test_scores_are_measured_when_asked_and_shown_with_what_was_left_out(
    relations: Callable[..., AppTest], exports: dict[str, Export], monkeypatch: pytest.MonkeyPatch
) -> None:
    sections = (SectionScore("family", 30, 40, 10), SectionScore("gram1", 10, 40, 10))
    pairs = PairScore("WordSim-353", 0.5, 0.51, 353, 3), BadInputError("A score needs words.", "two", "Train more.")
    found = SpaceScores(pairs, AnalogyScore(sections, 3000))
    monkeypatch.setattr(JudgedSpace, "run", lambda self, engine, progress: found)
    engine = Engine(static=lambda name: cache.space(name).wait())  # one that forgets what was not measured
    monkeypatch.setattr(store, "engine", lambda: engine)
    app = relations("scores")
    assert not app.metric
    assert "about half a minute" in shown_text(app)
    _press(app, "Measure")
    assert [(m.label, m.value) for m in app.metric] == [
        ("WordSim-353", "0.500"),
        ("SimLex-999", "\u2013"),
        ("Google analogies", "50.0%"),
    ]
    assert "3 of 353 pairs left out" in shown_text(app)
    assert "of 80 questions right, 20 left out; 40.0% of all 100" in shown_text(app)
    assert "Train more" in shown_text(app)
    assert exports["sections"].table["share"].tolist() == [0.75, 0.25, 0.5]
    assert "JudgedSpace(static='glove-6b-50d')" in exports["sections"].code


def test_work_that_is_stopped_ends_and_leaves_no_result() -> None:
    asked = Training(size=20, epochs=100)
    job = cache.trained(asked)
    job.begin()
    while job.share < 0.2:
        np.random.default_rng().normal(size=1000)  # a moment of work, until the training has begun
    job.stop()
    with pytest.raises(ctxcore.StoppedError):
        job.wait()
    assert job.stopped
    assert job.share < 0.9
    cache.forget(job)
    assert cache.trained(asked) is not job
    with pytest.raises(BadInputError, match="trained before it is used"):
        cache.space(asked)


def test_a_text_that_was_uploaded_is_trained_on_and_the_page_comes_back_with_it(
    relations: Callable[..., AppTest], exports: dict[str, Export], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = b"The cat chased the mouse. A dog chased the cat.\n" * 50
    app = relations("train", near="cat", **{"space.size": "4", "space.epochs": "1"})
    uploader = next(u for u in app.get("file_uploader") if u.key == "space_file")
    uploader.set_value([("mine.txt", data, "text/plain")]).run()
    _press(app, "Train")
    for _ in range(2):
        assert "6 words" in shown_text(_panel(app, "train"))
        assert not app.error
        _panel(app, "near")
    assert "mine.txt is read" in shown_text(_panel(app, "train"))
    asked = Training("mine.txt", digest_of(data), size=4, epochs=1)
    assert exports["near-trained"].title == f"Neighbours of cat, {asked.name}"
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadInputError, match=r"no file 'mine\.txt' there"):
        _made_by(exports["near-trained"].code)
    (tmp_path / "mine.txt").write_bytes(data + b"More.")
    with pytest.raises(BadInputError, match=r"'mine\.txt' with other bytes"):
        _made_by(exports["near-trained"].code)
    (tmp_path / "mine.txt").write_bytes(data)
    assert _made_by(exports["near-trained"].code).to_json() == exports["near-trained"].figure.to_json()
    _press(app, "Read the news")
    assert "300 short Australian news articles are read" in shown_text(app)
    assert "nothing is trained yet" in shown_text(app)
