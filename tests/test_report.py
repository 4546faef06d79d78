"""The report: its values, its two files read back by others, and the command line."""

from __future__ import annotations

import hashlib
import io
import itertools
import json
import re
import subprocess
import sys
import zipfile
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from ctxcore import ContextualModel, Engine, ModelError, StaticSpace, StoppedError, export, sense_bank, workspace
from ctxcore.__main__ import main
from ctxcore.charts.chart import script
from ctxcore.charts.listing import charts_of, figure_of, kinds
from ctxcore.controls import HeadsControls
from ctxcore.export import one_figure, provenance, report
from ctxcore.export.report import Report, Section
from ctxcore.models import catalogue
from ctxcore.progress import silent
from ctxcore.view import View
from ctxcore.workspace import Workspace
from tests import tiny_models

_EACH = (("data", "csv"), ("figures", "html"), ("python", "py"))
_HOSTILE = "<script>alert(1)</script> A $x$ dog ran & </script> **fled**"


def _default() -> Workspace:
    """What a newcomer to the dashboard sees."""
    bank = sense_bank()["ran"]
    sentences, senses = bank.sample(4)
    labels = tuple(((s, 0), sense) for s, sense in zip(sentences, senses, strict=True))
    return Workspace("ran", tuple(sentences), labels, substitutes=bank.substitutes)


@pytest.fixture(scope="module")
def engine(encoder: ContextualModel, decoder: ContextualModel, static: StaticSpace) -> Engine:
    there = {"minilm-l6": encoder, "smollm2-135m": decoder}
    return Engine(model=there.__getitem__, static=lambda name: static)


@pytest.fixture(scope="module")
def made(engine: Engine) -> Report:
    return report.make_report(_default(), engine=engine)


@pytest.fixture(scope="module")
def bare(engine: Engine) -> Report:
    """Of a workspace with which no next word and no table can be made."""
    asked = Workspace("zzyx", (_HOSTILE, "One zzyx here"), prompts=("", ""), tested="?!", corpus="file")
    return report.make_report(asked, engine=engine)


def _drawn(made: Report) -> list[Section]:
    return [section for section in made.sections if section.figure is not None]


@pytest.fixture(scope="module")
def page(made: Report) -> str:
    return report.report_html(made).decode()


@pytest.fixture(scope="module")
def packed(made: Report) -> dict[str, bytes]:
    """Every fifth picture is drawn, the others are stand-ins: that a browser draws each figure is seen where the report is opened."""
    real, asked = export.figure_image, itertools.count()

    def image(figure: Any, format: Any) -> bytes:
        return real(figure, format) if next(asked) % 5 == 0 else b'<svg xmlns="http://www.w3.org/2000/svg"/>'

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(export, "figure_image", image)
        data = report.report_zip(made, images=export.has_image_engine())
    with zipfile.ZipFile(io.BytesIO(data)) as found:
        assert found.testzip() is None
        return {name: found.read(name) for name in found.namelist()}


class _Reader(HTMLParser):
    """What a document holds."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_the_claims_are_those_of_the_lesson(made: Report) -> None:
    assert [c.holds for c in made.claims] == [True] * 10
    assert made.unmeasured == ()
    figures = [c.figure for c in made.claims]
    assert figures[0].startswith("cosine 0.803; as low: 0.2 %")
    assert figures[1:4] == [
        "attention on: 0.803, off: 1.000 (0% of the distance left)",
        "distance 0", "king/queen 0.78, cat/dog 0.92, king/cat 0.39; answer: queen (0.85)",
    ]  # fmt: skip
    assert figures[4] == "15 of 18 right (59 to 96 %), a guess 33 %"
    assert figures[8] == "identical"


def test_its_figures_are_those_of_the_pages(made: Report, engine: Engine) -> None:
    listed = [(one.page.name, one.chart.id) for one in charts_of(_default(), engine) if one.chart is not None]
    assert [(section.page.name, section.id) for section in made.sections] == listed
    for section in made.sections:
        assert section.missing == ""
        assert section.script.startswith("import ctxcore")
        if not section.later:
            assert section.figure is not None
            assert section.table is not None
            assert len(section.table) > 0, section.id
            assert section.alt


def test_the_comparison_is_in_it(made: Report) -> None:
    verdicts = {row.question: row.holds for row in made.rows}
    assert verdicts.pop("What does it capture?") is None
    assert list(verdicts.values()) == [True] * 5


def test_the_document_is_one_page_that_asks_for_nothing(page: str, made: Report) -> None:
    assert 4_500_000 < len(page.encode()) < 8_000_000
    found = _Reader(page)
    names = [tag for tag, _ in found.tags]
    assert ("html", {"lang": "en"}) in found.tags
    assert [names.count(n) for n in ("h1", "main", "header", "footer", "nav")] == [1] * 5
    assert not {"link", "img", "iframe", "object", "base"} & set(names)
    assert [a for tag, a in found.tags if tag == "script" and "src" in a] == []
    links = [a["href"] for tag, a in found.tags if tag == "a"]
    assert all(link is not None and link.startswith("#") for link in links)
    ids = {a["id"] for _, a in found.tags if "id" in a}
    assert {link[1:] for link in links if link} <= ids
    figures = [a for tag, a in found.tags if tag == "figure"]
    assert len(figures) == len(_drawn(made))
    assert all(a["aria-label"] for a in figures)
    assert {f"figure-{section.id}" for section in _drawn(made)} <= ids
    assert page.count("plotly.js v") == 1


def test_the_document_holds_claims_rows_and_the_workspace(page: str, made: Report) -> None:
    text = "".join(_Reader(page).texts)
    for claim in made.claims:
        assert claim.says in text
        assert claim.figure in text
    for row in made.rows:
        assert row.attention.figure in text
    for section in made.sections:
        assert section.title in text
    assert "The data (10,368 rows; the first 100 are shown" in text
    kept = re.search(r'<pre id="workspace-json">(.*?)</pre>', page, re.DOTALL)
    assert kept is not None
    assert workspace.from_json("".join(_Reader(kept.group(1)).texts)) == made.workspace


def test_a_long_table_is_cut_and_says_so(made: Report) -> None:
    fan = next(section for section in made.sections if section.id == "head")
    assert fan.table is not None
    long = replace(fan, table=pd.concat([fan.table] * 2))
    text = report.report_html(replace(made, sections=(long,))).decode()
    assert "288 rows; the first 100 are shown, the zip file has all" in text
    assert text.count("<tr><td>") < 288


def test_a_long_sentence_is_cut_in_the_rows_and_whole_in_the_files(made: Report) -> None:
    fan = next(section for section in made.sections if section.id == "head")
    assert fan.table is not None
    long = "ran " * 5000
    section = replace(fan, table=fan.table.assign(sentence=long))
    text = report.report_html(replace(made, sections=(section,))).decode()
    assert text.count("ran ran ran") > 0
    assert long not in text
    assert "\u2026</td>" in text
    with zipfile.ZipFile(io.BytesIO(report.report_zip(replace(made, sections=(section,)), images=False))) as packed:
        assert long in packed.read("data/01-head.csv").decode()


def test_the_manifest_has_the_digests_of_the_files(made: Report) -> None:
    found = {m["id"]: m for m in made.manifest["models"]}
    assert set(found) == {"glove-6b-50d", "minilm-l6", "smollm2-135m"}
    for name, facts in found.items():
        place = catalogue.weights_path(name)
        files = {f.name: f for f in (place.iterdir() if place.is_dir() else [place])}
        assert facts["sha256"]
        for file, digest in facts["sha256"].items():
            assert digest == hashlib.sha256(files[file].read_bytes()).hexdigest()
        assert facts["revision"] == catalogue.revision(name)
    assert found["smollm2-135m"]["start_token"] == "<|endoftext|>"
    assert "start_token" not in found["minilm-l6"]
    # Weights alone do not make the numbers: how text is cut and how the layers are put together belongs to them.
    assert {"model.safetensors", "config.json", "tokenizer.json"} <= set(found["minilm-l6"]["sha256"])
    assert made.manifest["sentences"] == list(made.workspace.sentences)
    assert made.manifest["seed"] == 0
    assert made.manifest["made_with"]["transformers"]


def test_the_zip_holds_every_figure_and_all_data(packed: dict[str, bytes], made: Report, page: str) -> None:
    drawn = _drawn(made)
    names = [f"{i + 1:02d}-{section.id}" for i, section in enumerate(drawn)]
    wanted = {"report.html", "workspace.json", "manifest.json", "data/claims.csv", "figures/plotly.min.js"}
    wanted |= {f"{folder}/{n}.{end}" for n in names for folder, end in _EACH}
    images = {f"figures/{n}.svg" for n in names} if export.has_image_engine() else set()
    assert set(packed) == wanted | images
    assert packed["report.html"].decode() == page
    assert workspace.from_json(packed["workspace.json"]) == made.workspace
    assert json.loads(packed["manifest.json"]) == made.manifest
    for name, section in zip(names, drawn, strict=True):
        table = pd.read_csv(io.BytesIO(packed[f"data/{name}.csv"]), keep_default_na=False, na_values=[""])
        assert section.table is not None
        assert list(table.columns) == list(section.table.columns)
        assert len(table) == len(section.table)
        for column in section.table.select_dtypes("float"):
            np.testing.assert_allclose(table[column], section.table[column], rtol=1e-6, err_msg=f"{name} {column}")
        assert packed[f"python/{name}.py"].decode() == section.script
        assert b'src="plotly.min.js"' in packed[f"figures/{name}.html"]
        if images:
            assert ElementTree.fromstring(packed[f"figures/{name}.svg"]).tag.endswith("svg")
    claims = pd.read_csv(io.BytesIO(packed["data/claims.csv"]))
    assert sorted(claims["verdict"]) == ["supported"] * 6 + ["true by construction"] * 4
    assert claims["control"].str.contains("420 pairs of one sense in 42 sentences").sum() == 2


def test_equal_reports_give_equal_bytes(made: Report, page: str) -> None:
    assert report.report_html(made).decode() == page
    assert report.report_zip(made, images=False) == report.report_zip(made, images=False)


def test_what_cannot_be_made_is_said_and_takes_nothing_else_with_it(bare: Report) -> None:
    assert any(section.figure is not None for section in bare.sections)
    assert [c.holds for c in bare.claims] == [None, None, True, None, True, True]
    text = report.report_html(bare).decode()
    assert "Not all is measured. A text is needed to train the table on." in text
    assert [m["id"] for m in bare.manifest["models"]] == ["minilm-l6", "glove-6b-50d"]


def test_what_takes_long_is_left_out_and_says_so(made: Report, page: str) -> None:
    left = [section for section in made.sections if section.later]
    assert {section.id for section in left} == {"held-out", "held-out-bits", "sections", "whole-bank"}
    text = "".join(_Reader(page).texts)
    for section in left:
        assert section.figure is None
        assert f"Left out here, since it takes long. {section.later}" in text
        assert section.script in text


def test_everything_holds_what_takes_long_too(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ctxcore.engine._AT_ONCE", 1)  # now even a short sentence takes long
    listed = next(
        one for one in charts_of(_default(), engine, {"influence"}) if one.chart and one.chart.id == "influence"
    )
    left = report._section(listed, engine, View(), False, silent)
    assert (left.figure, left.table) == (None, None)
    assert left.later.startswith("This reads ")
    made = report._section(listed, engine, View(), True, silent)
    assert made.later == ""
    assert made.figure is not None


def test_typed_markup_stays_text(engine: Engine) -> None:
    typed = Workspace(
        "ran", (_HOSTILE, "The <b>cat</b> ran"), (((_HOSTILE, 0), "<img src=x onerror=alert(1)>"),), tested=_HOSTILE
    )
    text = report.report_html(report.make_report(typed, engine=engine)).decode()
    assert "<script>alert(1)" not in text
    found = _Reader(text)
    assert "img" not in [tag for tag, _ in found.tags]
    assert "".join(found.texts).count(_HOSTILE) >= 2


def test_it_can_be_stopped(engine: Engine) -> None:
    shares: list[float] = []

    def stop(share: float, what: str) -> None:
        shares.append(share)
        if share > 0.5:
            raise StoppedError(what)

    with pytest.raises(StoppedError):
        report.make_report(_default(), engine=engine, progress=stop)
    assert shares == sorted(shares)


def test_models_that_cannot_be_opened_end_the_report(static: StaticSpace) -> None:
    def gone(name: str) -> ContextualModel:
        raise ModelError("A model is needed.", name, "Choose another.")

    with pytest.raises(ModelError, match="minilm-l6"):
        report.make_report(_default(), engine=Engine(model=gone, static=lambda name: static))


def _run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ctxcore", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)


def _told(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str]:
    """How a command ends in this process, and what it says of an error: what is opened there is here already."""
    capsys.readouterr()
    try:
        code = main([*map(str, arguments)])
    except SystemExit as ended:  # of the parser
        code = int(ended.code or 0)
    return code, capsys.readouterr().err


def test_the_command_line_makes_the_same_report_to_the_byte(tmp_path: Path, bare: Report) -> None:
    given, out = tmp_path / "mine.json", tmp_path / "out.html"
    given.write_bytes(workspace.to_json(bare.workspace))
    run = _run("report", given, "-o", out)
    assert run.returncode == 0, run.stderr
    assert run.stdout == ""
    assert " Listing the figures\n" in run.stderr
    assert run.stderr.endswith("100% Done\n")
    assert out.read_bytes() == report.report_html(bare)


def test_the_command_line_says_what_is_wrong_in_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given, theirs = tmp_path / "bad.json", tmp_path / "theirs.json"
    given.write_text("{")
    theirs.write_bytes(workspace.to_json(replace(_default(), model="/some/folder")))
    for arguments, said in (
        (("report", given, "-o", tmp_path / "out.html"), "bad.json: no JSON"),
        (("report", tmp_path / "none.json", "-o", tmp_path / "out.zip"), "A workspace file is needed."),
        (("report", given, "-o", tmp_path / "out.pdf"), "A report is an .html or a .zip file."),
        (("report", theirs, "-o", tmp_path / "out.html"), "opens no folder and fetches nothing by itself"),
        (("report", "-o", tmp_path / "out.html"), "the following arguments are required: WORKSPACE.json"),
    ):
        code, told = _told(capsys, *arguments)
        assert code == 2
        assert said in told
    assert not list(tmp_path.glob("out.*"))


def test_the_files_of_a_folder_of_ones_own_are_those_its_numbers_rest_on(tmp_path: Path) -> None:
    tiny_models.save(tmp_path / "mine", "bert")
    (tmp_path / "mine" / "notes.txt").write_text("of no weight")
    names = {file.name for file in provenance.files_of(str(tmp_path / "mine"))}
    assert names == {"model.safetensors", "config.json", "tokenizer.json"}


def test_the_command_line_makes_one_figure_in_any_format(
    tmp_path: Path, engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    given = tmp_path / "sentences.txt"
    given.write_text("A cat ran away.\nThe program ran.\n", encoding="utf-8")
    asked = ("heads", given, "--word", "ran", "--set", "focus=A cat ran away.", "--set", "heads.rows=token")
    run = _run("chart", *asked, "-o", tmp_path / "heads.csv")
    assert run.returncode == 0, run.stderr
    assert _told(capsys, "chart", *asked, "-o", tmp_path / "heads.py")[0] == 0
    mine = Workspace(
        "ran", ("A cat ran away.", "The program ran."), focus="A cat ran away.", heads=HeadsControls(rows="token")
    )
    chart = figure_of("heads", mine, engine)
    assert (tmp_path / "heads.csv").read_bytes() == export.table_csv(chart.table(engine.get(chart.of)))
    assert (tmp_path / "heads.py").read_text() == script(chart)
    html = one_figure.figure_bytes(chart, engine.get(chart.of), "html").decode()
    assert "\u201crows\u201d" not in html
    assert '"rows": "token"' in html  # the manifest names what was looked at


def test_the_command_line_names_all_figures_and_what_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    named = _run("chart")
    assert named.returncode == 0
    for key, _, _ in kinds():
        assert f"\n{key} " in f"\n{named.stdout}"
    for arguments, said in (
        (("fan",), "Add -o fan.html"),
        (("nothing", "-o", tmp_path / "out.svg"), "'nothing'"),
        (("heads", "-o", tmp_path / "out.gif"), "'gif'"),
        (("heads", "--set", "heads.rows=letter", "-o", tmp_path / "out.csv"), "It is one of word, token."),
        (("heads", "--set", "rows", "-o", tmp_path / "out.csv"), "KEY=VALUE"),
        (("heads", "--set", "rows=word", "-o", tmp_path / "out.csv"), "called as in a link"),
        (("heads", tmp_path / "none.txt", "-o", tmp_path / "out.csv"), "Sentences stand one a line"),
    ):
        code, told = _told(capsys, "chart", *arguments)
        assert code == 2
        assert said in told
    run = _run("chart", "heads", "--set", "rows", "-o", tmp_path / "out.csv")
    assert run.returncode == 2
    assert run.stderr.startswith("A control is set as KEY=VALUE"), run.stderr
    assert not list(tmp_path.glob("out.*"))
