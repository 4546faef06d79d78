"""What others open: tables read back to the same numbers, pages that fetch nothing, images that are the same each time."""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pypdf
import pytest

from ctxcore import ExportError, export
from ctxcore.export import chrome
from ctxcore.figures import fan_figure, theme
from ctxcore.measures.projection import fan
from tests.samples import NASTY, occurrences

SENTENCES = ["The dog ran quickly.", "The program ran well.", "The mayor ran the city.", "Der Bär ran zur Straße."]


@pytest.fixture(scope="module")
def figure() -> go.Figure:
    vectors = np.random.default_rng(2).normal(size=(4, 3, 5))
    return fan_figure(fan(vectors), occurrences(vectors, SENTENCES), title="How ran opens")


@pytest.fixture(scope="module")
def plain() -> go.Figure:
    made = go.Figure(go.Scatter(x=[1, 2], y=[3, 4]))
    return theme.lay_out(made, title="A line", note="Two points", height=300)


@pytest.fixture(scope="module", autouse=True)
def no_browser_is_left_running() -> Iterator[None]:
    yield
    chrome.stop()


class Page(HTMLParser):
    """Tags with their attributes, the text of the title, and the text of each script."""

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: dict[str, list[str]] = {"script": [], "title": []}
        self.inside = ""
        self.feed(data.decode("utf-8"))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag in self.text:
            self.inside = tag
            self.text[tag].append("")

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.text[self.inside][-1] += data

    def embedded(self) -> Any:
        """The manifest."""
        place = next(
            i for i, (t, a) in enumerate(x for x in self.tags if x[0] == "script") if a.get("id") == "manifest"
        )
        return json.loads(self.text["script"][place])


def assert_fetches_nothing(page: Page) -> None:
    allowed = {"html", "head", "meta", "title", "style", "body", "main", "div", "p", "script"}
    assert {tag for tag, _ in page.tags} <= allowed
    for _, attributes in page.tags:
        assert not {"src", "href", "data", "srcset", "action"} & set(attributes)
        assert not [name for name in attributes if name.startswith("on")]
    assert not [a for t, a in page.tags if t == "meta" and "http-equiv" in a]


def test_a_page_holds_the_figure_and_fetches_nothing(figure: go.Figure) -> None:
    data = export.figure_html(figure, "How ran opens", {"seed": 0})
    page = Page(data)
    assert_fetches_nothing(page)
    assert page.text["title"] == ["How ran opens"]
    assert ("div", "figure") in [(tag, a.get("id")) for tag, a in page.tags]
    drawn = next(s for s in page.text["script"] if "Plotly.newPlot(" in s and len(s) < 200_000)
    assert "The program ran well." in drawn
    assert "Der B\\u00e4r" in drawn or "Der Bär" in drawn
    assert any(len(s) > 1_000_000 for s in page.text["script"])
    assert page.embedded() == {"seed": 0}
    assert "MathJax.js" not in drawn


def test_the_note_wraps_with_the_page_and_the_figure_stays_as_it_was(plain: go.Figure) -> None:
    before = plain.to_json()
    text = export.figure_html(plain, "t", {}).decode()
    assert "<p>Two points</p>" in text
    assert text.count("Two points") == 1
    assert plain.to_json() == before


@pytest.mark.parametrize("nasty", NASTY)
def test_what_a_reader_typed_never_becomes_part_of_the_page(nasty: str) -> None:
    vectors = np.random.default_rng(2).normal(size=(2, 3, 5))
    sentences = [f"{nasty} ran", "The dog ran"]
    drawn = fan_figure(fan(vectors), occurrences(vectors, sentences), senses=[nasty, None], title=theme.literal(nasty))
    page = Page(export.figure_html(drawn, nasty, {"sentences": sentences, nasty: nasty}))
    assert_fetches_nothing(page)
    assert page.text["title"] == [nasty]
    assert page.embedded() == {"sentences": sentences, nasty: nasty}
    assert len(page.text["script"]) == len(Page(export.figure_html(go.Figure(), "t", {})).text["script"])


def test_the_same_figure_gives_the_same_page(figure: go.Figure) -> None:
    about = {"sentences": SENTENCES}
    assert export.figure_html(figure, "t", about) == export.figure_html(figure, "t", about)


def test_a_manifest_names_versions_and_what_was_given() -> None:
    import plotly
    import torch

    found = export.manifest(models=["minilm-l6"], seed=3)
    assert (found["models"], found["seed"]) == (["minilm-l6"], 3)
    assert found["made_with"]["plotly"] == plotly.__version__
    assert torch.__version__.startswith(found["made_with"]["torch"])
    assert {"python", "ctxcore", "transformers", "gensim", "numpy", "scikit-learn"} <= set(found["made_with"])


TABLE = pd.DataFrame({
    "sentence": ["Die Straße führt zum Bär", "我去银行, dann", 'He said "run"', "a\nb"],
    "single": np.array([0.1, 1 / 3, -2.5e-8, 1e20], dtype=np.float32),
    "double": [1 / 3, -1e-17, np.pi * 1e9, 0.1 + 0.2],
    "count": [1, -2, 3, 4],
})  # fmt: skip


def read_csv(data: bytes) -> pd.DataFrame:
    return pd.read_csv(io.BytesIO(data), encoding="utf-8-sig", keep_default_na=False)


def test_a_csv_reads_back_to_the_same_numbers_and_letters() -> None:
    data = export.table_csv(TABLE)
    assert data.startswith(b"\xef\xbb\xbfsentence,single,double,count\r\n")
    back = read_csv(data)
    assert back["sentence"].tolist() == TABLE["sentence"].tolist()
    assert back["single"].to_numpy(np.float32).tobytes() == TABLE["single"].to_numpy().tobytes()
    assert back["double"].to_numpy().tobytes() == TABLE["double"].to_numpy().tobytes()
    assert back["count"].tolist() == [1, -2, 3, 4]


@pytest.mark.parametrize("cell", [
    "=1+1", "+1+1", "-2+3", "@SUM(A1)", "  =1", "\t=1", "\r=1", "=HYPERLINK(\"http://x\")", "=A1", "+cmd|' /C calc'!A0",
    "-SUM(A1)", "-A1", "-B:B", "- \n=x(1)", "\uff1d1+1", "\uff0b1+1", "=rand", "@x", "--1-1", "-1.5-cmd|x",
])  # fmt: skip
def test_a_cell_that_a_spreadsheet_would_run_is_inert(cell: str) -> None:
    back = read_csv(export.table_csv(pd.DataFrame({"a": [cell, "b=1"], cell: ["x", "y"]})))
    assert back["a"].tolist() == [f"'{cell}", "b=1"]
    assert list(back.columns) == ["a", f"'{cell}"]


@pytest.mark.parametrize(
    "cell", [
        "-", "--", "-ly", "+", "=", "==", "=)", "@", "@ ", "-1", "+1", "-0.5", "-1,5 %", "-2e-07", "- he ran off.", "--no-go",
        "a=1", "1+1", "\t", "", "\u2013 1+1", "+ or -", "-don't", "##ing",
    ],
)  # fmt: skip
def test_a_cell_that_runs_nothing_stays_as_it_is(cell: str) -> None:
    assert export.inert(cell) == cell


def test_negative_numbers_are_no_formulas() -> None:
    assert export.table_csv(pd.DataFrame({"a": [-1.5]})) == b"\xef\xbb\xbfa\r\n-1.5\r\n"


@pytest.mark.parametrize("cells", [["=1"], []])
def test_writing_a_table_leaves_it_as_it_was(cells: list[str]) -> None:
    table = pd.DataFrame({"=a": cells})
    assert export.table_csv(table).startswith(b"\xef\xbb\xbf'=a\r\n")
    assert (list(table.columns), table["=a"].tolist()) == (["=a"], cells)


def test_json_reads_back_to_rows_and_manifest() -> None:
    about = {"sentences": ["Die Straße", "<b>"], "seed": 3}
    data = export.table_json(TABLE, about)
    assert "我去银行".encode() in data
    back = json.loads(data)
    assert back["manifest"] == about
    assert [row["sentence"] for row in back["data"]] == TABLE["sentence"].tolist()
    assert [row["count"] for row in back["data"]] == [1, -2, 3, 4]
    assert [row["double"] for row in back["data"]] == TABLE["double"].tolist()
    single = np.array([row["single"] for row in back["data"]], np.float32)
    assert single.tobytes() == TABLE["single"].to_numpy().tobytes()


def test_every_double_and_single_survives_json_to_the_bit() -> None:
    rng = np.random.default_rng(1)
    doubles = np.concatenate(
        [rng.normal(size=500) * 10.0 ** rng.integers(-300, 300, 500), [5e-324, 1.7976931348623157e308]]
    )
    singles = doubles[:500].clip(-1e30, 1e30).astype(np.float32)
    table = pd.DataFrame(
        {"double": doubles, "single": np.resize(singles, len(doubles)), "big": [2**62 + 1] * len(doubles)}
    )
    back = json.loads(export.table_json(table, {}))["data"]
    assert np.array([r["double"] for r in back]).tobytes() == doubles.tobytes()
    assert np.array([r["single"] for r in back], np.float32).tobytes() == table["single"].to_numpy().tobytes()
    assert {r["big"] for r in back} == {2**62 + 1}
    odd = pd.DataFrame({"a": [float("inf"), -1.0], "b": pd.Series([None, "x"]), "c": [True, False]})
    assert json.loads(export.table_json(odd, {}))["data"] == [
        {"a": None, "b": None, "c": True},
        {"a": -1.0, "b": "x", "c": False},
    ]
    assert json.loads(export.table_json(pd.DataFrame({"a": []}), {}))["data"] == []


def test_a_missing_number_is_null_in_json_and_empty_in_csv() -> None:
    table = pd.DataFrame({"a": [float("nan"), 1.0]})
    assert json.loads(export.table_json(table, {}))["data"] == [{"a": None}, {"a": 1.0}]
    assert export.table_csv(table) == b'\xef\xbb\xbfa\r\n""\r\n1.0\r\n'


def test_a_png_has_the_size_of_the_figure_times_its_scale(plain: go.Figure) -> None:
    data = export.figure_image(plain, "png", scale=1.5)
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", data[16:24]) == (1350, 450)


@pytest.mark.parametrize(
    ("asked", "size"),
    [
        ({"width": 450}, ("450", "150")),
        ({"height": 200}, ("900", "200")),
        ({"width": 500, "height": 400}, ("500", "400")),
    ],
    ids=str,
)
def test_an_image_has_the_size_that_is_asked_for(
    plain: go.Figure, asked: dict[str, int], size: tuple[str, str]
) -> None:
    root = ElementTree.fromstring(export.figure_image(plain, "svg", scale=1, **asked))
    assert (root.get("width"), root.get("height")) == size


def test_an_svg_has_the_size_and_the_words_of_the_figure(plain: go.Figure) -> None:
    root = ElementTree.fromstring(export.figure_image(plain, "svg", scale=1))
    assert (root.tag, root.get("width"), root.get("height")) == ("{http://www.w3.org/2000/svg}svg", "900", "300")
    words = [e.text for e in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "A line" in words
    assert "Two points" in words


def test_a_pdf_is_one_page_with_the_words_of_the_figure(plain: go.Figure) -> None:
    data = export.figure_image(plain, "pdf", scale=1)
    assert data.startswith(b"%PDF-")
    pages = pypdf.PdfReader(io.BytesIO(data)).pages
    assert len(pages) == 1
    size = (float(pages[0].mediabox.width), float(pages[0].mediabox.height))
    assert size == pytest.approx((675, 225), abs=0.5)  # points: 3/4 of a pixel
    assert "A line" in pages[0].extract_text()


def test_the_same_figure_is_the_same_file(figure: go.Figure, plain: go.Figure) -> None:
    for format in ("svg", "png"):
        for drawn in (figure, plain):
            first, _, second = (export.figure_image(f, format) for f in (drawn, plain, drawn))
            assert first == second


def test_an_image_leaves_the_controls_out_and_the_figure_as_it_was(figure: go.Figure) -> None:
    before = figure.to_json()
    root = ElementTree.fromstring(export.figure_image(figure, "svg", scale=1))
    words = " ".join(e.text or "" for e in root.iter())
    assert "Play" not in words
    assert "layer 2" not in words.split("How ran opens")[0]
    assert int(root.get("height", "0")) == figure.layout.height - theme.CONTROLS
    assert figure.to_json() == before
    assert len(figure.frames) == 3


def test_without_chrome_the_error_points_at_the_camera_button(
    plain: go.Figure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export.files, "has_image_engine", lambda: False)
    with pytest.raises(ExportError, match=r"Chrome or Chromium.*camera button"):
        export.figure_image(plain, "png")


def test_an_engine_is_found_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    from choreographer.browsers.chromium import Chromium

    assert export.has_image_engine() is True
    monkeypatch.setattr(Chromium, "find_browser", lambda skip_local: None)
    assert export.has_image_engine() is False


@pytest.mark.parametrize("error", [RuntimeError("it fell over"), ValueError("it fell over"), OSError("it fell over")])
def test_a_browser_that_fails_is_an_error_with_its_reason(
    plain: go.Figure, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    async def fail(*_: object, **__: object) -> bytes:
        raise error

    monkeypatch.setattr("kaleido.Kaleido.calc_fig", fail)
    with pytest.raises(ExportError, match=r"it fell over.*camera button") as caught:
        export.figure_image(plain, "pdf")
    assert caught.value.__cause__ is not None
    assert caught.value.__cause__.__cause__ is error
