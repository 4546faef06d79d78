"""The report: its values, its two files read back by others, and the command line."""

from __future__ import annotations

import hashlib
import io
import json
import re
import subprocess
import sys
import zipfile
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from ctxcore import BadInputError, ContextualModel, ModelError, StaticSpace, StoppedError, export, sense_bank, workspace
from ctxcore.export import provenance, report, report_parts
from ctxcore.export.report import Report
from ctxcore.models import catalogue
from ctxcore.workspace import Workspace
from tests import tiny_models

_HOSTILE = "<script>alert(1)</script> A $x$ dog ran & </script> **fled**"
SECTIONS = [
    "static-point", "fan", "similarity", "self-similarity", "own-senses", "senses", "neighbours", "substitutes", "head",
    "ladder", "window", "lens", "word-by-word",
]  # fmt: skip


def _default() -> Workspace:
    """What a newcomer to the dashboard sees."""
    bank = sense_bank()["ran"]
    sentences, senses = bank.sample(4)
    labels = tuple(((s, 0), sense) for s, sense in zip(sentences, senses, strict=True))
    return Workspace("ran", tuple(sentences), labels, substitutes=bank.substitutes)


@pytest.fixture(scope="module")
def models(encoder: ContextualModel, decoder: ContextualModel, static: StaticSpace) -> dict[str, object]:
    there = {"minilm-l6": encoder, "smollm2-135m": decoder}
    known = cache(lambda name: report_parts.background(there[name]))
    return {"open_model": there.__getitem__, "open_static": lambda name: static, "baselines": known}


@pytest.fixture(scope="module")
def made(models: dict[str, object]) -> Report:
    return report.make_report(_default(), **models)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def page(made: Report) -> str:
    return report.report_html(made).decode()


@pytest.fixture(scope="module")
def packed(made: Report) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(report.report_zip(made, images=export.has_image_engine()))) as found:
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
    assert figures[:3] == [
        "distance 0", "king/queen 0.78, cat/dog 0.92, king/cat 0.39; answer: queen (0.85)", "cosine 0.727",
    ]  # fmt: skip
    assert figures[4] == "contextual 83 %, layer 0 28 %, static 33 %"
    assert figures[8] == "they are identical"


def test_every_section_is_drawn_and_says_what_is_seen(made: Report) -> None:
    assert [s.key for s in made.sections] == SECTIONS
    for section in made.sections:
        assert section.missing == ""
        assert section.figure is not None
        assert section.table is not None
        assert len(section.table) > 0, section.key
        assert len(section.said) > 40, section.key
        assert section.alt


def test_the_document_is_one_page_that_asks_for_nothing(page: str) -> None:
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
    assert len(figures) == len(SECTIONS)
    assert all(a["aria-label"] for a in figures)
    assert {f"figure-{key}" for key in SECTIONS} <= ids
    assert page.count("plotly.js v") == 1


def test_the_document_holds_claims_rows_and_the_workspace(page: str, made: Report) -> None:
    text = "".join(_Reader(page).texts)
    for claim in made.claims:
        assert claim.says in text
        assert claim.figure in text
    for section in made.sections:
        assert section.said in text
    assert "The data (84 rows)" in text
    kept = re.search(r'<pre id="workspace-json">(.*?)</pre>', page, re.DOTALL)
    assert kept is not None
    assert workspace.from_json("".join(_Reader(kept.group(1)).texts)) == made.workspace


def test_a_long_table_is_cut_and_says_so(made: Report) -> None:
    fan = made.sections[1]
    assert fan.table is not None
    long = replace(fan, table=pd.concat([fan.table] * 2))
    text = report.report_html(replace(made, sections=(long,))).decode()
    assert "168 rows; the first 100 are shown, the zip file has all" in text
    assert text.count("<tr><td>") < 168


def test_a_long_sentence_is_cut_in_the_rows_and_whole_in_the_files(made: Report) -> None:
    fan = made.sections[1]
    assert fan.table is not None
    long = "ran " * 5000
    section = replace(fan, table=fan.table.assign(sentence=long))
    text = report.report_html(replace(made, sections=(section,))).decode()
    assert text.count("ran ran ran") > 0
    assert long not in text
    assert "\u2026</td>" in text
    with zipfile.ZipFile(io.BytesIO(report.report_zip(replace(made, sections=(section,)), images=False))) as packed:
        assert long in packed.read("data/01-fan.csv").decode()


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
    names = [f"{i + 1:02d}-{key}" for i, key in enumerate(SECTIONS)]
    wanted = {"report.html", "workspace.json", "manifest.json", "data/claims.csv", "figures/plotly.min.js"}
    wanted |= {f"data/{n}.csv" for n in names} | {f"figures/{n}.html" for n in names}
    images = {f"figures/{n}.svg" for n in names} if export.has_image_engine() else set()
    assert set(packed) == wanted | images
    assert packed["report.html"].decode() == page
    assert workspace.from_json(packed["workspace.json"]) == made.workspace
    assert json.loads(packed["manifest.json"]) == made.manifest
    for name, section in zip(names, made.sections, strict=True):
        table = pd.read_csv(io.BytesIO(packed[f"data/{name}.csv"]), keep_default_na=False, na_values=[""])
        assert section.table is not None
        assert list(table.columns) == list(section.table.columns)
        assert len(table) == len(section.table)
        for column in section.table.select_dtypes("float"):
            np.testing.assert_allclose(table[column], section.table[column], rtol=1e-6, err_msg=f"{name} {column}")
        assert b'src="plotly.min.js"' in packed[f"figures/{name}.html"]
        if images:
            assert ElementTree.fromstring(packed[f"figures/{name}.svg"]).tag.endswith("svg")
    claims = pd.read_csv(io.BytesIO(packed["data/claims.csv"]))
    assert claims["verdict"].tolist() == ["holds"] * 10


def test_equal_reports_give_equal_bytes(made: Report, page: str) -> None:
    assert report.report_html(made).decode() == page
    assert report.report_zip(made, images=False) == report.report_zip(made, images=False)


def test_what_cannot_be_made_is_said_and_takes_nothing_else_with_it(models: dict[str, object]) -> None:
    bare = Workspace("zzyx", (_HOSTILE, "One zzyx here"), prompts=("", ""), tested="?!", corpus="file")
    made = report.make_report(bare, **models)  # type: ignore[arg-type]
    missing = {s.key: s.missing for s in made.sections if s.missing}
    assert set(missing) == {
        "static-point", "self-similarity", "own-senses", "senses", "neighbours", "substitutes", "ladder", "window", "lens",
        "word-by-word",
    }  # fmt: skip
    assert "zzyx" in missing["static-point"]
    assert "does not carry the text" in missing["ladder"]
    assert [c.holds for c in made.claims] == [None, True, None, True, True]
    text = report.report_html(made).decode()
    assert "Not made. The static space" in text
    assert "Not all is measured. A workspace does not carry the text" in text
    assert [m["id"] for m in made.manifest["models"]] == ["glove-6b-50d", "minilm-l6", "smollm2-135m"]


@pytest.fixture(scope="module")
def labelled(models: dict[str, object], encoder: ContextualModel, static: StaticSpace) -> report_parts.Words:
    """A word that the bank does not have, with the reader's own labels and groups; one mention without."""
    meant = {
        "weather": ["A cold wind blew all night.", "The water was too cold to swim.", "It is a cold winter morning."],
        "illness": ["She caught a cold at school.", "He stayed in bed with a cold.", "A cold gave her a runny nose."],
    }
    sentences = [s for group in meant.values() for s in group]
    senses = tuple(((s, 0), sense) for sense, group in meant.items() for s in group)
    workspace = Workspace("Cold", (*sentences, "A cold one."), senses, groups=((sentences[0], "1999"),))
    known = models["baselines"]
    return report_parts.read_words(workspace, encoder, static, lambda: known("minilm-l6"))  # type: ignore[operator]


def test_senses_are_read_on_ones_own_labels(labelled: report_parts.Words) -> None:
    section = report_parts.own_senses(labelled)
    unit = labelled.found.vectors / np.linalg.norm(labelled.found.vectors, axis=-1, keepdims=True)
    truth, shares = np.array([0] * 3 + [1] * 3), []
    for layer in range(unit.shape[1]):
        right = []
        for i in range(6):
            means = [unit[[j for j in range(6) if truth[j] == sense and j != i], layer].mean(0) for sense in (0, 1)]
            cosines = [unit[i, layer] @ mean / np.linalg.norm(mean) for mean in means]
            right.append(int(np.argmax(cosines)) == truth[i])
        shares.append(np.mean([np.mean(right[:3]), np.mean(right[3:])]))
    assert section.table is not None
    np.testing.assert_allclose(section.table["named_right"][1:], shares[1:])
    assert "6 mentions of 2 senses (“illness”, “weather”)" in section.said
    assert f"right for {shares[-1]:.0%}" in section.said
    assert "gets 50%" in section.said
    claim = report._senses(labelled)
    assert "Each of 6 labelled mentions of “Cold”" in claim.measured
    assert claim.figure.startswith(f"contextual {100 * shares[-1]:.0f} %")
    with pytest.raises(BadInputError, match="The sense bank has sentences of a few words"):
        report_parts.bank_senses(labelled)
    fan = report_parts.fan(labelled).table
    assert fan is not None
    assert fan["group"].tolist()[:8] == ["1999"] * 7 + [""]


@pytest.mark.parametrize(
    ("kept", "said"),
    [(0, "0 labelled"), (2, "1 labelled"), (None, "one of each")],
    ids=["none", "one sense", "once each"],
)
def test_labels_that_cannot_be_read_are_named(labelled: report_parts.Words, kept: int | None, said: str) -> None:
    few = tuple(s if i < kept else None for i, s in enumerate(labelled.senses)) if kept is not None else (
        "a", None, None, "b", None, None, None,
    )  # fmt: skip
    with pytest.raises(BadInputError, match=said):
        report_parts.own_senses(replace(labelled, senses=few))
    assert report._senses(replace(labelled, senses=few)).holds is None


def test_typed_markup_stays_text(models: dict[str, object]) -> None:
    typed = Workspace(
        "ran", (_HOSTILE, "The <b>cat</b> ran"), (((_HOSTILE, 0), "<img src=x onerror=alert(1)>"),), tested=_HOSTILE
    )
    text = report.report_html(report.make_report(typed, **models)).decode()  # type: ignore[arg-type]
    assert "<script>alert(1)" not in text
    found = _Reader(text)
    assert "img" not in [tag for tag, _ in found.tags]
    assert "".join(found.texts).count(_HOSTILE) >= 2


def test_it_can_be_stopped(models: dict[str, object]) -> None:
    shares: list[float] = []

    def stop(share: float, what: str) -> None:
        shares.append(share)
        if 0.25 < share < 0.3:  # once, inside the reading of the sentences
            raise StoppedError(what)

    with pytest.raises(StoppedError):
        report.make_report(_default(), progress=stop, **models)  # type: ignore[arg-type]
    assert shares == sorted(shares)


def test_a_sentence_whose_attention_is_too_large_is_refused(
    encoder: ContextualModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report_parts, "MOST_ATTENTION", 10_000)
    with pytest.raises(BadInputError, match="6 tokens, which take 10 kB"):
        report_parts.whole_attention(encoder, "The dog ran quickly")


def test_models_that_cannot_be_opened_end_the_report(models: dict[str, object]) -> None:
    def gone(name: str) -> ContextualModel:
        raise ModelError("A model is needed.", name, "Choose another.")

    with pytest.raises(ModelError, match="minilm-l6"):
        report.make_report(_default(), **{**models, "open_model": gone})  # type: ignore[arg-type]


def _run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ctxcore", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_the_command_line_makes_the_same_report_to_the_byte(tmp_path: Path, page: str) -> None:
    given, out = tmp_path / "mine.json", tmp_path / "out.html"
    given.write_bytes(workspace.to_json(_default()))
    run = _run("report", given, "-o", out)
    assert run.returncode == 0, run.stderr
    assert run.stdout == ""
    assert "25% Reading the sentences\n" in run.stderr
    assert run.stderr.endswith("100% Done\n")
    assert out.read_bytes() == page.encode()


def test_the_command_line_says_what_is_wrong_in_a_sentence(tmp_path: Path) -> None:
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
        run = _run(*arguments)
        assert run.returncode == 2
        assert said in run.stderr
        assert "Traceback" not in run.stderr
    assert not list(tmp_path.glob("out.*"))


def test_the_files_of_a_folder_of_ones_own_are_those_its_numbers_rest_on(tmp_path: Path) -> None:
    tiny_models.save(tmp_path / "mine", "bert")
    (tmp_path / "mine" / "notes.txt").write_text("of no weight")
    names = {file.name for file in provenance.files_of(str(tmp_path / "mine"))}
    assert names == {"model.safetensors", "config.json", "tokenizer.json"}
