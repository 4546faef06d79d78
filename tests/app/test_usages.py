"""Usages: counts, lines, map and senses of a text of one's own, what goes to another page, and whatever cannot be read."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from sklearn.metrics import adjusted_rand_score
from streamlit.testing.v1 import AppTest

import ctxcore
from ctxcore import ContextualModel, CtxError, WholeText, figures
from ctxcore.charts.usage_questions import PlaneOfUsages, SensesOfUsages, UsagesIn, VectorsOfUsages
from ctxcore.export.usages import usages_parquet, usages_tsv
from dashboard import store, usage_lines, usage_panels, whole_texts
from dashboard.settings import settings
from tests.app.conftest import Export, figures_of, shown_text

Open = Callable[..., AppTest]
PLANT = ctxcore.sense_bank()["plant"]
SENSES = list(dict.fromkeys(PLANT.senses))
TABLE = "year,text\n" + "".join(
    f'{1999 + 2 * (sense == SENSES[0])},"{text}"\n' for text, sense in zip(PLANT.sentences, PLANT.senses, strict=True)
)
"""Nine usages of one sense in 2001, eighteen of two others in 1999."""


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("CTXCORE_CACHE", str(tmp_path / "cache"))
    store.engine().let_go()  # what other tests had measured would stand on the page, too
    yield
    store.engine().let_go()


@pytest.fixture
def given() -> dict[str, str]:
    """A link that asks for a text that was uploaded."""
    text = whole_texts.keep("mine.csv", TABLE.encode())
    return {"usages.source": "file", "usages.file": text.name, "usages.digest": text.digest, "usages.word": "plant"}


def _metrics(app: AppTest) -> dict[str, str]:
    return {m.label: m.value for m in app.metric}


def test_the_news_are_counted_and_listed(open_page: Open) -> None:
    app = open_page("usages")
    sentences = ctxcore.news_sentences()
    mentions = ctxcore.find("bank", sentences)
    holding = len({mention.sentence_index for mention in mentions})
    assert _metrics(app) == {
        "Usages": str(len(mentions)), "Sentences with it": str(holding), "Share of 2,686 sentences": f"{100 * holding / 2686:.3g} %"
    }  # fmt: skip
    (table,) = [frame.value for frame in app.dataframe]
    assert list(table.columns) == ["left", "bank", "right", "row"]
    first = sentences[mentions[0].sentence_index]
    assert first[: mentions[0].start].rstrip().endswith(table["left"][0].removeprefix("\u2026"))
    # The table would draw the first characters of a longer text, and the last ones stand beside the word.
    assert 60 < max(map(len, table["left"])) <= 67
    assert table["row"].tolist() == [mention.sentence_index + 1 for mention in mentions][: usage_lines.LINES]
    app.selectbox(key="usages_order").set_value("right").run()
    words = [right.casefold().split() for right in app.dataframe[0].value["right"]]
    assert words == sorted(words)
    assert app.query_params["usages.order"] == "right"


def test_a_table_of_ones_own_is_counted_by_its_column(
    open_page: Open, exports: dict[str, Export], given: dict[str, str]
) -> None:
    app = open_page("usages", **given, **{"usages.panel": "counts"})
    assert app.selectbox(key="usages_column").value == "text"
    assert app.multiselect(key="usages_columns").value == ["year"]
    table = exports["usage-counts"].table
    assert table[["year", "usages", "sentences"]].to_numpy().tolist() == [["1999", 18, 18], ["2001", 9, 9]]
    drawn = figures_of(app)[0]["data"][0]
    assert drawn["customdata"] == ["9 of 9", "18 of 18"]
    app.multiselect(key="usages_columns").set_value([]).run()
    assert exports["usage-counts"].table.columns.tolist() == ["form", "usages"]
    app.text_input(key="editor_usages_words").set_value("plant, the").run()
    assert exports["usage-counts"].table["form"].tolist() == ["plant", "the"]


def test_senses_are_named_shown_sent_on_and_had_back(
    open_page: Open, exports: dict[str, Export], given: dict[str, str], encoder: ContextualModel
) -> None:
    app = open_page("usages", **given, **{"usages.panel": "senses"})
    assert "3 groups of usages" in shown_text(app)
    sensed = exports["usage-senses"].answer
    assert adjusted_rand_score(PLANT.senses, sensed.senses.labels) > 0.8
    before = app.session_state["workspace"]
    app.button(key="usages_send").click().run()
    now = app.session_state["workspace"]
    assert now.word == "plant"
    assert set(now.sentences) == set(PLANT.sentences)
    assert {name for _, name in now.senses} == set(sensed.names)
    assert dict(now.senses)[PLANT.sentences[0], 0] == sensed.names[sensed.senses.labels[0]]
    app.button(key="usages_undo").click().run()
    assert app.session_state["workspace"] == before
    next(g for g in app.get("button_group") if g.key == "usages_panel").set_value("lines").run()
    assert set(app.dataframe[0].value["sense"]) == set(sensed.names)
    app.selectbox(key="usages_order").set_value("senses").run()
    assert len(set(app.dataframe[0].value["sense"][: sensed.senses.sizes[0]])) == 1
    next(g for g in app.get("button_group") if g.key == "usages_panel").set_value("map").run()
    assert [trace["name"] for trace in figures_of(app)[0]["data"]] == list(sensed.names)
    assert "one point for all 27" in shown_text(app)


def test_groups_of_a_word_with_one_sense_are_shown_when_they_are_asked_for(
    open_page: Open, exports: dict[str, Export]
) -> None:
    app = open_page("usages", **{"usages.word": "adelaide", "usages.panel": "senses"})
    assert "One sense." in shown_text(app)
    assert exports["usage-senses"].answer.senses.count == 1
    app.toggle(key="usages_split").set_value(True).run()
    asked, sensed = exports["usage-senses"].chart.of, exports["usage-senses"].answer
    assert asked.split
    assert sensed.senses.count > 1
    assert sensed.senses.evidence.why.startswith("Not held against words with one sense, and its usages fall into")
    assert f"{sensed.senses.count} groups of usages" in shown_text(app)
    assert "senses or topics was not tested" in shown_text(app)
    next(g for g in app.get("button_group") if g.key == "usages_panel").set_value("map").run()
    assert [trace["name"] for trace in figures_of(app)[0]["data"]] == list(sensed.names)


def test_of_many_points_the_browser_sends_an_area_and_the_server_finds_the_lines(
    open_page: Open, exports: dict[str, Export], given: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (usage_panels, figures.usages):
        monkeypatch.setattr(module, "MOST_WITH_TEXT", 20)
    chosen: list[np.ndarray] = []
    monkeypatch.setattr(usage_panels, "show_lines", lambda found, rows, key: chosen.append(rows))
    real, areas = usage_panels.show, [{"x": [-9.0, 0.0], "y": [9.0, -9.0]}, {"x": [-9, 0, 0, -9], "y": [-9, -9, 0, 0]}]

    def show(chart: Any, **rest: Any) -> None:  # a box and a lasso, as the browser reports them
        real(chart, **rest)
        report = {"points": [], "box": areas[:1], "lasso": areas[1:]}
        monkeypatch.setattr(usage_panels.st, "session_state", {chart.id: {"selection": report}})

    monkeypatch.setattr(usage_panels, "show", show)
    app = open_page("usages", **given, **{"usages.panel": "map", "usages.colour": "column"})
    monkeypatch.undo()
    drawn = exports["usage-map"].answer
    left = np.flatnonzero(drawn.coordinates[:, 0] <= 0)
    np.testing.assert_array_equal(chosen[-1], drawn.rows[left])
    years = [drawn.found.values("year")[row] for row in drawn.rows[left]]
    parts = "; ".join(f"{year} {years.count(year)}" for year in sorted(set(years), key=lambda y: (-years.count(y), y)))
    assert f"**{len(left)} usages** chosen ({parts}):" in shown_text(app)
    groups = figures_of(app)[0]["data"]
    assert [(one["name"], one["type"], one["meta"]) for one in groups[:2]] == [
        ("1999", "scatter", "dots"), ("2001", "scatter", "dots")
    ]  # fmt: skip


def test_a_sample_goes_into_files_that_other_tools_read(given: dict[str, str]) -> None:
    text = WholeText("file", given["usages.file"], given["usages.digest"], "text", ("year",))
    read = VectorsOfUsages(UsagesIn(text, ("plant",)), "minilm-l6")
    engine = store.engine()
    vectors, drawn, sensed = engine.get(read), engine.get(PlaneOfUsages(read)), engine.get(SensesOfUsages(read))
    names = [sensed.names[label] for label in sensed.senses.labels]
    file = pq.ParquetFile(io.BytesIO(usages_parquet(vectors, drawn, {"title": "mine"}, names)))
    table = file.read()
    assert table.column_names[:4] == ["x", "y", "text", "sense"]
    assert table["text"][0].as_py() == PLANT.sentences[0]
    assert table["year"].to_pylist().count("1999") == 18
    own = engine.model("minilm-l6").occurrences("plant", [PLANT.sentences[0]]).vectors[0, -1]
    np.testing.assert_allclose(table["vector"][0].as_py(), own, atol=2e-3)
    assert json.loads(file.metadata.metadata[b"manifest"]) == {"title": "mine"}
    numbers, labels = (part.decode().splitlines() for part in usages_tsv(vectors, names))
    assert (len(numbers), len(labels)) == (27, 28)
    assert labels[0].split("\t") == ["form", "sense", "year", "row", "sentence"]
    np.testing.assert_allclose([float(x) for x in numbers[0].split("\t")], own, atol=2e-3)


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.txt", b"No such word here.\n", "1 sentence without it"),
        ("a.txt", b"x" * 30_000, "a.txt, row 1 has 30,000 characters"),
        ("a.txt", "Die B\u00e4nke.\n".encode() + "Die B\u00e4nke.\n".encode("latin-1"), "line 2 is not UTF-8"),
        ("a.parquet", b"PAR1 no table", "a.parquet"),
        ("a.jsonl", b"not json\n", "one object a line"),
        ("a.csv", b"title,body\na,the bank\n", "Choose the one with the sentences"),
    ],
)
def test_what_cannot_be_read_is_said_and_the_page_stays(open_page: Open, name: str, data: bytes, said: str) -> None:
    text = whole_texts.keep(name, data)
    app = open_page("usages", **{"usages.source": "file", "usages.file": name, "usages.digest": text.digest})
    assert said in shown_text(app).replace("\u200b", "")
    assert app.text_input(key="editor_usages_words").value == "bank"
    next(g for g in app.get("button_group") if g.key == "usages_source_picker" or g.key == "usages_source").set_value(
        "news"
    ).run()
    assert _metrics(app)["Usages"] == "48"


def test_a_column_is_chosen_where_several_hold_text(open_page: Open) -> None:
    text = whole_texts.keep("a.csv", b"title,body\na,the bank\n")
    app = open_page("usages", **{"usages.source": "file", "usages.file": "a.csv", "usages.digest": text.digest})
    box = app.selectbox(key="usages_column")
    assert (box.options, box.value) == (["choose one", "title", "body"], "")
    box.set_value("body").run()
    assert _metrics(app)["Usages"] == "1"
    assert app.multiselect(key="usages_columns").value == ["title"]


def test_a_text_is_kept_by_its_content_within_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = whole_texts.keep("a.txt", b"one bank\n")
    assert whole_texts.keep("b.txt", b"one bank\n").digest == one.digest
    assert store.get(UsagesIn(one, ("bank",))).whole.usages == 1
    monkeypatch.setattr(whole_texts, "_MOST_BYTES", 120)
    two = whole_texts.keep("a.txt", b"two banks, and a bank\n")
    with pytest.raises(CtxError, match="is not here or had to make room for others"):
        whole_texts.corpus(one)
    assert whole_texts.corpus(two).size == 22
    for digest in ("", "../../../x", "0" * 64):
        with pytest.raises(CtxError, match="is not here"):
            whole_texts.corpus(WholeText("file", "a.txt", digest))
    blocked = tmp_path / "blocked"
    blocked.touch()
    monkeypatch.setenv("CTXCORE_CACHE", str(blocked))
    with pytest.raises(CtxError, match="Make room there, or have CTXCORE_CACHE set to another folder"):
        whole_texts.keep("a.txt", b"three banks\n")


def test_a_path_opens_with_a_press_alone_and_never_on_a_shared_server(
    open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "mine.txt"
    file.write_text("A bank.\n")
    link = {"usages.source": "path", "usages.path": str(file), "usages.state": "ab" * 32}
    app = open_page("usages", **link)
    assert "opens no path of this computer by itself" in shown_text(app)
    assert not app.metric
    assert app.text_input(key="usages_path_typed").value == str(file)
    app.button(key="usages_open").click().run()
    assert _metrics(app)["Usages"] == "1"
    file.write_text("A bank, a bank.\n")
    store.engine().let_go()
    app.run()
    assert "which has changed since" in shown_text(app)
    app.button(key="usages_open").click().run()
    assert _metrics(app)["Usages"] == "2"
    app.text_input(key="usages_path_typed").set_value(str(tmp_path / "none")).run()
    app.button(key="usages_open").click().run()
    assert "none" in shown_text(app)
    assert _metrics(app)["Usages"] == "2"
    monkeypatch.setenv("CTXCORE_SHARED", "1")
    settings.cache_clear()
    try:
        store.engine().let_go()
        app = open_page("usages", **_query(app))
        assert "it opens no path of it" in shown_text(app)
        assert "usages_open" not in [button.key for button in app.button]
        with pytest.raises(CtxError, match="it opens no path of it"):
            whole_texts.permit(str(file))
    finally:
        monkeypatch.undo()
        settings.cache_clear()


def _query(app: AppTest) -> dict[str, Any]:
    return {name: app.query_params[name] for name in app.query_params if name.startswith("usages.")}


def test_two_groups_are_compared_and_no_verdict_is_given_without_controls(
    open_page: Open, exports: dict[str, Export], given: dict[str, str]
) -> None:
    app = open_page("usages", **given, **{"usages.panel": "change"})
    assert "cannot be told" in shown_text(app)
    assert "each group needs 10 usages, and one has 9" in shown_text(app)
    assert exports["usage-change"].answer.own.sizes == (18, 9)
    app.selectbox(key="usages_first").set_value("2001").run()
    assert (exports["usage-change"].chart.of.first, exports["usage-change"].chart.of.second) == ("2001", "1999")
    app.multiselect(key="usages_columns").set_value([]).run()
    assert "Two parts of a text are compared" in shown_text(app)
    assert "This text has no column that tells its parts" in shown_text(app)
    assert app.code[0].value.splitlines()[0] == "year,newspaper,text"
    assert "plant" in app.code[0].value
