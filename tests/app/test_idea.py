"""The first page: the two numbers, the ledger, the cases where a claim fails."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from ctxcore.view import FORMATS
from dashboard import store
from tests.app.conftest import Export, figures_of, plain, shown_text

Open = Callable[..., AppTest]


def _pairs(app: AppTest) -> list[str]:
    """What is said of the compared pair, model by model."""
    return [plain(str(m.value)) for m in app.markdown if "**: at layer " in str(m.value)]


def test_the_numbers_of_the_lesson(open_page: Open) -> None:
    app = open_page()
    assert {m.label: m.value for m in app.metric} == {"The two static vectors": "identical"}
    assert [s.value for s in app.selectbox if s.label in ("Compare", "with")] == [0, 1]


def test_the_sceptic_is_answered_by_the_model_that_tells_senses_best_with_the_weaker_one_below(open_page: Open) -> None:
    app = open_page()
    assert _pairs(app) == [
        "**SmolLM2-135M (decoder)**: at layer 15 (cosine 0.87) further apart than one sense; at the last, 30 (0.64), too.",
        "**MiniLM-L6 (encoder)**: at layer 4 (cosine 0.80) further apart than one sense; at the last, 6 (0.73), no further apart "
        "than one sense.",
    ]
    assert len(figures_of(app)) == 4
    app = open_page(word="ran", s=["The dog ran quickly", "The horse ran swiftly"])
    assert all("no further apart than one sense" in said and ") further" not in said for said in _pairs(app))
    assert "there is no such pair to compare" in shown_text(
        open_page(word="ran", s=["It ran and it ran", "It ran"], pair="0.1")
    )


def test_every_mention_is_one_head_of_the_fan_and_all_share_one_static_point(
    open_page: Open, exports: dict[str, Export]
) -> None:
    open_page()
    heads = [t for t in exports["fan"].figure.data if t.mode == "markers+text"]
    assert sum(len(t.x) for t in heads) == 12
    static = exports["static"].figure.data[-1]
    assert len(static.x) == 1
    assert "12 occurrences, 1 point" in static.text[0]


def test_the_ledger_measures_every_claim(open_page: Open) -> None:
    text = shown_text(open_page())
    assert (text.count("**supported**"), text.count("**true by construction**")) == (6, 4)
    for on, count in (
        ("your sentences", 4),
        ("our sense bank", 1),
        ("a fixed example", 4),
        ("a fixed example, and your", 1),
    ):
        assert text.count(f"Measured on **{on}{'**' if on[-4:] != 'your' else ''}") == count, on
    assert "[0.57, 0.35, 0.66]; in the model, the same to within" in text
    assert "not supported" not in text
    for figure in (
        "distance 0",
        "king/queen 0.78, cat/dog 0.92, king/cat 0.39; answer: queen (0.85)",
        "cosine 0.803; as low: 0.2 %",
    ):
        assert figure in text
    assert "15 of 18 right (59 to 96 %), a guess 33 %" in text
    assert "quickly: 0.12 / 0.0023; successfully: 0.0001 / 0.036" in text
    assert "identical" in text
    assert "table: never seen; model: 0.0013, rank 48; elsewhere 7e-05 at most" in text


def test_what_the_next_word_does_not_show_is_said(open_page: Open) -> None:
    unheard = ["A robin is a kind of", "A robin is not a kind of"]
    text = shown_text(open_page(prompt=unheard, cand=["bird"], test="The dog ran quickly"))
    assert "bird: 0.027 / 0.032  \n:red[:material/cancel: **not supported**]" in text
    assert re.search(
        r"table: 0.5; model: 0.12, rank 2; elsewhere \S+ at most  \n:gray\[:material/help: \*\*cannot tell", text
    )
    other = shown_text(open_page(prompt=["The dog ran", "The cat slept"], cand=["quickly"]))
    assert "Only prompts that end in the same word can tell" in other
    assert other.count("**cannot tell**") == 1
    assert "Not all statements about the next word are measured. A prompt needs a word." in shown_text(
        open_page(prompt=["?!", "The cat"])
    )


def test_a_decoder_that_cannot_look_ahead_is_shown_as_failing(open_page: Open) -> None:
    app = open_page()
    next(b for b in app.button if b.label.startswith("Where it fails")).click().run()
    assert not app.exception
    assert len(_pairs(app)) == 1
    assert "(cosine 1.00) no further apart than one sense" in _pairs(app)[0]
    text = shown_text(app)
    assert (text.count("**not supported**"), text.count("**cannot tell**")) == (
        2,
        1,
    )  # no difference: nothing to explain
    # On the bank the decoder does well; these three mentions are labelled with three senses and have one vector.
    assert "a guess 33 %; your 3 occurrences have one vector  \n:red[:material/cancel: **not supported**]" in text
    assert "All 3 occurrences have the same vector at the last layer; nothing opens" in text


def test_comparing_other_mentions_changes_the_verdict(open_page: Open) -> None:
    app = open_page()
    next(s for s in app.selectbox if s.label == "with").select(
        3
    ).run()  # two mentions of one sense, which are in no frame
    assert all("further apart" not in said.replace("no further apart", "") for said in _pairs(app))
    assert app.query_params["pair"] == "0.3"


def test_one_sentence_still_draws_and_says_what_it_cannot_show(open_page: Open) -> None:
    app = open_page(word="ran", s=["The dog ran quickly"])
    assert len(figures_of(app)) == 2
    assert "there is nothing to compare it with" in shown_text(app)
    assert not app.metric


def test_the_same_sentences_give_the_same_figures_byte_for_byte(open_page: Open, exports: dict[str, Export]) -> None:
    open_page()
    first = {name: e.figure.to_json() for name, e in exports.items()}
    store.engine.clear()
    open_page()
    assert first == {name: e.figure.to_json() for name, e in exports.items()}


@pytest.mark.parametrize("page", ["idea", "word"])
def test_a_newcomer_gets_one_question_three_cases_and_the_limits(open_page: Open, page: str) -> None:
    app = open_page(page)
    assert app.title[0].value.endswith("?")
    cases = [b.label for b in app.button if b.key and b.key.startswith("try_")]
    assert len(cases) == 3
    assert any(label.startswith("Where it fails") for label in cases)
    assert app.expander[0].label == "Limits and sources"


def test_without_chrome_images_are_off_and_the_camera_is_named(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ctxcore.export.has_image_engine", lambda: False)
    app = open_page()
    app.session_state["take_fan"] = True
    off = set()
    for ending in FORMATS:
        app.session_state["workspace"] = replace(app.session_state["workspace"], format=ending)
        app.run()
        button = next(b for b in app.get("download_button") if b.label.startswith("Download "))
        assert button.proto.disabled == ("own camera button saves SVG without it" in shown_text(app))
        if button.proto.disabled:
            off.add(ending)
    assert off == {"svg", "png", "pdf"}


def test_more_sentences_than_are_read_is_said(open_page: Open) -> None:
    app = open_page()
    app.text_area[0].set_value("\n".join(["The dog ran home"] + ["A cat sat"] * 2000)).run()
    assert "The first 2,000 sentences are read; the last 1 are not." in [w.value for w in app.warning]
