"""A shared server: visitors open what its owner offers and nothing else, and no message names a path of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import ctxcore
from ctxcore import CtxError, ModelError, Training
from ctxcore.data.corpora import TrainingText, digest_of
from ctxcore.export.provenance import model_facts
from ctxcore.models import hub
from ctxcore.workspace import Workspace, to_json
from dashboard import cache, model_cards, offered, opening, store
from dashboard.settings import settings
from tests import tiny_models
from tests.app.conftest import shown_text
from tests.app.test_models import TEXT

Open = Callable[..., AppTest]
Share = Callable[..., None]


@pytest.fixture
def share(monkeypatch: pytest.MonkeyPatch) -> Iterator[Share]:
    """This server is shared, and offers what is listed. The bundled models stay in memory for the other tests."""
    monkeypatch.setitem(cache.jobs()._most, "model", 8)
    monkeypatch.setitem(cache.jobs()._most, "static", 8)

    def forget() -> None:
        for known in (settings, offered._offers, offered._known_paths):
            known.cache_clear()

    def begin(*listed: str, shared: bool = True) -> None:
        monkeypatch.setenv("CTXCORE_SHARED", str(int(shared)))
        monkeypatch.setenv("CTXCORE_OFFERED", ",".join(listed))
        forget()

    yield begin
    monkeypatch.undo()
    forget()
    for kind, name in (("model", "tiny"), ("static", "few.txt")):
        cache.let_go(kind, name)


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A file of the server with words that no visitor should see, which would be read as vectors."""
    file = tmp_path / "home" / "secret.txt"
    file.parent.mkdir()
    file.write_text("xyzzycanary 1 2 3\nplughcanary 3 2 1\n")
    return file


def test_what_is_not_offered_is_refused_where_it_would_be_opened(
    share: Share, secret: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.own("static", str(secret)).wait()  # before the server was shared, or by its owner
    cache.let_go("static", str(secret))
    share()

    def never(*given: object, **also: object) -> None:
        raise AssertionError(f"opened: {given}")

    for module, name in ((ctxcore, "load_model"), (ctxcore, "load_static"), (hub, "look_up")):
        monkeypatch.setattr(module, name, never)
    places = (str(secret), str(secret.parent), "hub:owner/name@main", "glove-twitter-25", f"{secret}@2")
    ways: list[Callable[[str], object]] = [
        lambda name: cache.model(name).wait(), lambda name: cache.static(name).wait(), lambda name: cache.space(name).wait(),
        lambda name: cache.own("model", name), lambda name: cache.own("static", name), cache.look_up,
        lambda name: model_cards.plan("model", name), lambda name: model_cards.plan("static", name),
        lambda name: store.engine().model(name), lambda name: store.engine().static(name),
    ]  # fmt: skip
    for place in places:
        for way in ways:
            with pytest.raises(ModelError, match="it opens only what its owner offers"):
                way(place)
        assert cache.files("static", place) == cache.files("model", place) == ""
    text = TrainingText("file", name=str(secret), digest=digest_of(secret.read_bytes()))
    with pytest.raises(CtxError, match="is not here"):
        cache.trained(Training(corpus=text.name, digest=text.digest)).wait()
    with pytest.raises(CtxError, match="is not here"):
        store.engine().sentences(text)


def test_what_the_owner_offers_is_known_by_its_name_on_every_page(
    share: Share, open_page: Open, tmp_path: Path, secret: Path
) -> None:
    tiny_models.save(tmp_path / "a folder", "bert")
    vectors = tmp_path / "few.txt"
    vectors.write_text("the 1 2 3\ndog 3 2 1\nran 1 1 1\n")
    share(f"tiny={tmp_path / 'a folder'}", str(vectors), "hub:owner/name@main", "fine=glove-twitter-25@500")
    assert (offered.names("model"), offered.names("static")) == (("tiny", "hub:owner/name@main"), ("few.txt", "fine"))
    cache.model("tiny").wait()
    cache.static("few.txt").wait()
    app = open_page("models", **TEXT, model="tiny", static="few.txt")  # a link opens what is offered
    said = shown_text(app)
    assert "**tiny** is at work" in said
    assert "**few.txt** is at work" in said
    assert "it opens only what its owner offers" in said
    assert str(tmp_path) not in said
    keys = [w.key for kind in ("button", "text_input", "number_input", "selectbox") for w in app.get(kind)]
    assert {"use_model_minilm-l6", "use_model_hub:owner/name@main", "use_static_fine"} < set(keys)
    assert not [key for key in keys if key and key.startswith(("go_", "own_", "look_", "model_from", "open_model"))]
    for name in ("word", "heads", "relations"):
        app.switch_page(f"views/{name}.py").run()
        assert not app.exception, (name, app.exception)
        assert str(tmp_path) not in str(app.main) + json.dumps(app.query_params), name
    facts = model_facts(cache.model("tiny").wait())
    assert facts["sha256"].keys() > {"model.safetensors", "config.json"}
    assert str(tmp_path) not in json.dumps(facts)
    assert facts["source"] == facts["id"] == "tiny"


def test_a_link_or_file_that_names_a_path_is_told_so_and_opens_nothing(
    share: Share, open_page: Open, secret: Path
) -> None:
    share()
    app = open_page("models", model=str(secret.parent), static=str(secret), second=str(secret))
    assert (
        "Many readers share this server, and it opens only what its owner offers: the bundled one stands in"
        in shown_text(app)
    )
    assert not app.get("text_input")
    app.switch_page("views/word.py").run()
    assert "Choose one that this server offers" in shown_text(app)
    app.button(key="dismiss_link").click().run()
    assert "canary" not in str(app.main) + shown_text(app)
    assert not app.error
    file = Workspace("dog", ("The dog ran.",), model=str(secret.parent), static=str(secret), second=str(secret))
    assert b"secret.txt" in to_json(file)
    app.session_state["workspace"] = file  # as if a page had let it through
    app.run()
    assert "canary" not in str(app.main)
    assert opening.offered_models() == tuple(n for n, e in ctxcore.CATALOGUE.items() if e.kind != "static")


def test_no_error_names_a_path_of_the_server(share: Share, tmp_path: Path, open_page: Open) -> None:
    broken = tmp_path / "with blanks" / "broken"
    broken.mkdir(parents=True)
    share(f"nice={broken}")
    with pytest.raises(CtxError) as raised:
        cache.model("nice").wait()
    assert raised.value.received.startswith("nice: an empty folder")
    assert str(tmp_path) not in str(raised.value)
    home = Path.home()
    for text, shown in (
        (f"[Errno 28] {home}/.cache/ctxcore/x.bin is full", "/x.bin is full"),
        (f"{broken}: no config.json", "nice: no config.json"),
        ("no 'C:\\Users\\Ada\\m.gguf' there", "no '\u2026/m.gguf' there"),
        ("/opt/else/where.txt, or none", "\u2026/where.txt, or none"),
        ("and/or 3/4, a / b, see https://a.example/b/c", "and/or 3/4, a / b, see https://a.example/b/c"),
    ):
        found = offered.without_paths(text)
        assert found.endswith(shown), found
        assert str(home) not in found
    share(f"nice={broken}", shared=False)
    assert offered.without_paths(str(broken)) == str(broken)
    cache.forget(cache.model("nice"))
    with pytest.raises(CtxError, match="with blanks/broken"):
        cache.model("nice").wait()


def test_a_list_that_cannot_be_so_says_why(share: Share) -> None:
    for listed, says in ((("a=/x/y", "a=/z"), "is there once"), (("minilm-l6=/x",), "none of the bundled ones")):
        share(*listed)
        with pytest.raises(CtxError, match=says):
            offered.names("model")
