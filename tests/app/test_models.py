"""Models and data: one's own load through the page and work on every page; what fails leaves the former at work."""

from __future__ import annotations

import json
import shutil
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

import ctxcore
from ctxcore import CATALOGUE
from ctxcore.charts.selection import Vectors
from ctxcore.charts.words import Baselines
from ctxcore.models.catalogue import title_of
from dashboard import cache, store
from tests import tiny_models
from tests.app.conftest import shown_text
from tests.test_own_models import save_with_head

Open = Callable[..., AppTest]
SENTENCES = ["the dog ran quickly", "the program ran slowly"]
TEXT = {
    "word": "ran",
    "s": SENTENCES,
    "focus": "the dog ran quickly",
    "prompt": ["the dog", "a program"],
    "cand": ["ran"],
}
PAGES = ("idea", "word", "steps", "heads", "moving", "relations", "side", "unseen", "next")
SOME = ("idea", "heads", "next")
"""Pages that every family is tried on. They know of no family; what each gives is tested where it is opened (test_own_models.py)."""


@pytest.fixture(autouse=True)
def _embedded(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The embedded models stay in memory for the other tests; a test's own go. That two at most stay is tested elsewhere."""
    monkeypatch.setitem(cache.jobs()._most, "model", 8)
    monkeypatch.setitem(cache.jobs()._most, "static", 8)
    yield
    for kind in ("model", "static"):
        for name in [name for name, _ in cache.in_memory(kind) if name not in CATALOGUE]:
            cache.let_go(kind, name)


def save(folder: Path, family: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    if family in tiny_models.DECODERS:
        save_with_head(folder, family)
    else:
        tiny_models.save(folder, family)
    return folder


def look_at(app: AppTest, path: object) -> AppTest:
    app.text_input(key="own_folder").set_value(str(path)).run()
    app.button(key="look_model").click().run()
    assert not app.exception, app.exception
    return app


def load(app: AppTest, path: object) -> AppTest:
    """Type a folder, confirm, wait."""
    look_at(app, path)
    app.button(key="open_model").click().run()
    assert not app.exception, app.exception
    job = cache.model(str(path))
    try:
        job.wait()
    except Exception:
        assert job.error is not None
    app.run()
    assert not app.exception, app.exception
    return app


def at_work(app: AppTest) -> str:
    return str(app.session_state["workspace"].model)


@pytest.mark.parametrize("family", [f for f in tiny_models.FAMILIES if f != "qwen2"])  # its tokenizer is its own
def test_a_model_of_ones_own_works_on_every_page(open_page: Open, tmp_path: Path, family: str) -> None:
    folder = save(tmp_path / family, family)
    app = look_at(open_page("models", **TEXT), folder)
    assert at_work(app) == "minilm-l6"  # a look opens nothing
    assert f"Family {family}" in shown_text(app)
    assert "in memory as float32" in shown_text(app)
    load(app, folder)
    assert at_work(app) == str(folder)
    assert f"**{family}** is at work" in shown_text(app)
    decoder = family in tiny_models.DECODERS
    assert ("(not Next word: it reads both sides of a word)" in shown_text(app)) is not decoder
    assert ("Reads before each sentence" in shown_text(app)) is decoder  # it changes what is predicted
    for name in PAGES if family in ("bert", "gpt2") else SOME:
        app.switch_page(f"views/{name}.py").run()
        assert not app.exception, (name, app.exception)
        assert not app.error, (name, app.error[0].value)
        if name in ("idea", "word", "heads"):
            assert app.selectbox(key="model_picker").options[-1] == family
            assert app.selectbox(key="model_picker").value == str(folder)
    assert (f"{family} reads both sides of a word, so it predicts no next word" in shown_text(app)) is not decoder
    app.switch_page("views/heads.py").run()
    app.selectbox(key="model_picker").set_value("minilm-l6").run()  # and back by the picker of any page
    assert not app.exception
    assert at_work(app) == "minilm-l6"


def pickles(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def code(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"auto_map": {"AutoModel": "x.X"}}))


def cut(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes((folder / "model.safetensors").read_bytes()[:-50])


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (pickles, "pickled weights only"),
        (code, "code of its own"),
        (cut, "model.safetensors is damaged"),
        (lambda f: (f / "tokenizer.json").unlink(), "no tokenizer"),
        (shutil.rmtree, "no such folder"),
    ],
)
def test_a_folder_that_cannot_be_opened_says_why_and_the_former_stays(
    open_page: Open, tmp_path: Path, spoil: Callable[[Path], object], says: str
) -> None:
    folder = save(tmp_path / "spoilt", "bert")
    spoil(folder)
    app = look_at(open_page("models"), folder)
    assert says in shown_text(app)
    assert len(app.error) == 1
    assert not [b for b in app.button if b.key == "open_model"]
    assert at_work(app) == "minilm-l6"
    app.switch_page("views/idea.py").run()
    assert not app.error
    assert not app.exception


@pytest.mark.parametrize("family", ["mpnet", "deberta"])
def test_a_family_that_the_self_check_refuses_leaves_the_former_at_work(
    open_page: Open, tmp_path: Path, family: str
) -> None:
    app = load(open_page("models"), save(tmp_path / family, family))
    assert f"a model of the family \u201c{family}\u201d" in shown_text(app)
    assert "What was at work before still is" in shown_text(app)
    assert at_work(app) == "minilm-l6"
    app.switch_page("views/heads.py").run()
    assert family not in app.selectbox(key="model_picker").options
    assert not app.error


def test_an_error_that_nobody_foresaw_is_a_sentence_too(
    open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("odd")

    monkeypatch.setattr("ctxcore.models.loading.adopt", fail)
    app = load(open_page("models"), save(tmp_path / "odd", "bert"))
    assert "Given: ZeroDivisionError: odd" in shown_text(app)
    assert at_work(app) == "minilm-l6"


def test_what_was_let_go_is_out_of_memory_and_the_embedded_one_is_at_work(open_page: Open, tmp_path: Path) -> None:
    folder = save(tmp_path / "mine", "bert")
    app = load(open_page("models", **TEXT), folder)
    assert str(folder) in dict(cache.in_memory("model"))
    app.button(key="go_model").click().run()
    assert not app.exception
    assert str(folder) not in dict(cache.in_memory("model"))
    assert at_work(app) == "minilm-l6"
    assert "Choose another, and this one can be unloaded" in shown_text(app)
    assert "mine" not in shown_text(app)


@pytest.mark.parametrize("page", ["idea", "models"])
def test_a_link_opens_nothing_by_itself(
    open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    import ctxcore

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a link opened something")

    folder = save(tmp_path / "theirs", "bert")
    for place in (
        "ctxcore.models.folders.look_into",
        "ctxcore.models.hub.look_up",
        "ctxcore.models.vector_files.look_into",
    ):
        monkeypatch.setattr(place, refuse)
    for model, static in ((str(folder), f"{folder}/x.txt"), ("hub:someone/tiny@main", "word2vec-google-news-300")):
        app = open_page(page, word="ran", s=SENTENCES, model=model, static=static)
        assert not app.exception
        text = shown_text(app)
        assert f"This link asks for **{model}** and **{static}**" in text
        assert at_work(app) == "minilm-l6"
        assert app.session_state["workspace"].static == "glove-6b-50d"
        assert app.query_params["model"] in (model, [model])  # a reload asks again
        assert model not in dict(cache.in_memory("model"))
        with pytest.raises(ctxcore.ModelError, match="opens no folder and fetches nothing"):
            cache.model(model).wait()
        cache.forget(cache.model(model))


def test_what_a_link_asks_for_opens_when_the_reader_says_so(open_page: Open, tmp_path: Path) -> None:
    folder = save(tmp_path / "theirs", "bert")
    app = open_page("models", word="ran", s=SENTENCES, model=str(folder))
    app.button(key="asked_model").click().run()
    app.button(key="open_model").click().run()
    cache.model(str(folder)).wait()
    app.run()
    assert at_work(app) == str(folder)
    assert "This link asks for" not in shown_text(app)
    other = open_page(word="ran", s=SENTENCES, model=str(folder))  # that one reader opened it says nothing for another
    assert at_work(other) == "minilm-l6"
    other.button(key="dismiss_link").click().run()
    assert "This link asks for" not in shown_text(other)
    assert other.query_params["model"] in ("minilm-l6", ["minilm-l6"])


def test_what_one_reader_opened_is_not_shown_to_another(open_page: Open, tmp_path: Path) -> None:
    folder = save(tmp_path / "secret", "bert")
    load(open_page("models"), folder)
    assert "secret" not in shown_text(open_page("models"))


def test_typed_markup_is_shown_to_the_letter(open_page: Open) -> None:
    app = look_at(open_page("models"), "~/![i](http://x) :red[y] $z$")
    assert "![i](" not in app.error[0].value
    assert r"\:red\[y\] \$z\$" in app.error[0].value


def test_a_folder_whose_content_changed_never_gives_old_numbers(open_page: Open, tmp_path: Path) -> None:
    folder = save(tmp_path / "mine", "bert")
    app = load(open_page("models", **TEXT), folder)
    spans = ((0, 8, 11),)
    before = store.get(Vectors(str(folder), tuple(SENTENCES), spans)).vectors
    kept = store.get(Baselines(str(folder)))
    shutil.rmtree(folder)
    save(folder, "electra")
    load(app, folder)
    after = store.get(Vectors(str(folder), tuple(SENTENCES), spans)).vectors
    assert before.shape == after.shape
    assert abs(before - after).max() > 0.01
    assert store.get(Baselines(str(folder))) is not kept


def test_a_stopped_load_leaves_the_former_at_work(
    open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = save(tmp_path / "mine", "bert")
    app = look_at(open_page("models"), folder)
    app.button(key="open_model").click().run()
    assert "What was at work stays so until it is there" in shown_text(app)
    app.button(key="stop_model").click().run()
    with pytest.raises(Exception, match="stopped"):
        cache.model(str(folder)).wait()
    app.run()
    assert "Stopped." in shown_text(app)
    assert not app.error
    assert at_work(app) == "minilm-l6"


def test_vectors_of_ones_own_are_at_work_on_the_first_page(
    open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CTXCORE_CACHE", str(tmp_path / "cache"))
    words = ["the", "ran", "dog", "king", "queen", "cat", "woman", "man", *(f"w{i}" for i in range(20))]
    file = tmp_path / "mine.txt"
    file.write_text("".join(f"{w} {i % 7 + 1} {i % 5} {i % 3} 0.5\n" for i, w in enumerate(words)))
    app = open_page("models", word="ran", s=SENTENCES)
    app.number_input(key="own_limit").set_value(25).run()
    app.text_input(key="own_file").set_value(str(file)).run()
    assert "25 words \u00d7 4 features \u00d7 4 bytes = 400 bytes in memory" in shown_text(app)
    app.button(key="open_static").click().run()
    cache.static(f"{file}@25").wait()
    app.run()
    assert not app.exception
    assert app.session_state["workspace"].static == f"{file}@25"
    assert "25 words, 4 features" in shown_text(app)
    app.switch_page("views/idea.py").run()
    assert not app.exception
    assert not app.error
    assert app.selectbox(key="static_picker").options[-1] == "mine.txt, at most 25 words"
    app.switch_page("views/models.py").run()
    app.button(key="go_static").click().run()
    assert app.session_state["workspace"].static == "glove-6b-50d"


def test_vectors_that_are_a_pickle_are_refused_with_a_remedy(open_page: Open, tmp_path: Path) -> None:
    file = tmp_path / "vectors.kv"
    file.write_bytes(b"\x80\x04\x95 and so on")
    app = open_page("models")
    app.text_input(key="own_file").set_value(str(file)).run()
    assert "a pickle, which can run code" in shown_text(app)
    assert not app.exception


def test_downloads_name_their_size_and_offline_is_said_at_once(open_page: Open) -> None:
    app = open_page("models")
    next(g for g in app.get("button_group") if g.key == "static_from").set_value("gensim-data").run()
    assert app.selectbox(key="own_gensim").options[0] == "word2vec-google-news-300 (1.7 GB)"
    app.button(key="look_static").click().run()
    assert "1.7 GB to fetch" in shown_text(app)
    assert "200,000 words \u00d7 300 features \u00d7 4 bytes = 240 MB in memory" in shown_text(app)
    next(g for g in app.get("button_group") if g.key == "model_from").set_value("Hugging Face").run()
    app.text_input(key="own_hub_id").set_value("someone/tiny").run()
    assert "no network is reached" in shown_text(app)
    assert not app.exception


def test_vectors_that_were_let_go_are_really_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A space refers to itself and was spared from the collector: counting references does not free it."""
    monkeypatch.setenv("CTXCORE_CACHE", str(tmp_path / "cache"))
    file = tmp_path / "mine.txt"
    file.write_text("dog 1 2 3\ncat 4 5 6\n")
    space = weakref.ref(cache.own("static", str(file)).wait())
    assert space() is not None
    cache.let_go("static", str(file))
    assert space() is None


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("/vectors/own.txt@200000", "own.txt, at most 200,000 words"),  # the file may have fewer
        ("/vectors/own.txt", "own.txt"),
        ("word2vec-google-news-300@1", "word2vec-google-news-300, at most 1 word"),
        ("glove-6b-50d", "GloVe 6B, 50-d"),
    ],
)
def test_a_limit_is_not_said_to_be_a_count(name: str, title: str) -> None:
    assert title_of(name) == title


def test_vectors_that_are_replaced_as_their_reading_ends_are_read_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CTXCORE_CACHE", str(tmp_path / "cache"))
    file = tmp_path / "mine.txt"
    file.write_text("dog 1 2 3\ncat 4 5 6\n")
    real = ctxcore.load_static

    def load(name: str, **more: Any) -> Any:
        found = real(name, **more)
        file.write_text("dog 7 2 3\ncat 4 5 6\nrat 1 1 1\n")
        return found

    monkeypatch.setattr(ctxcore, "load_static", load)
    assert cache.own("static", str(file)).wait().vector("dog").tolist() == [1, 2, 3]
    monkeypatch.setattr(ctxcore, "load_static", real)
    assert cache.own("static", str(file)).wait().vector("dog").tolist() == [7, 2, 3]
