"""Unseen contexts: the three predictors' numbers, every corpus, and whatever is typed or uploaded leaves the page usable."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import ctxcore
from ctxcore import ContextualModel
from ctxcore.charts.unseen import HeldOutSentences
from ctxcore.measures.lookup import LookupTable, SmoothedModel, hold_out, split
from dashboard import store
from dashboard.given_texts import GivenTexts
from tests.app.conftest import Export, shown_text
from tests.app.test_word import _made_by

Open = Callable[..., AppTest]
SWIFTLY = "The cat ran swiftly"


@pytest.fixture
def unseen(open_page: Open) -> Callable[..., AppTest]:
    def start(**query: object) -> AppTest:
        return open_page("unseen", **query)

    return start


def _metrics(app: AppTest) -> dict[str, str]:
    return {m.label: m.value for m in app.metric}


def _panel(app: AppTest, name: str) -> AppTest:
    next(g for g in app.get("button_group") if g.key == "unseen_panel").set_value(name).run()
    assert not app.exception, app.exception
    return app


def test_the_table_has_no_answer_where_the_model_has_one(
    unseen: Callable[..., AppTest], exports: dict[str, Export], decoder: ContextualModel
) -> None:
    app = unseen()
    assert _metrics(app) == {"Lookup table": "never seen", "Smoothed table": "0.0077", "Model, rank 48": "0.0013"}
    words = split(ctxcore.lesson_sentences())
    own = ctxcore.held_out(decoder, LookupTable(words, 3), SmoothedModel(words, 3), [SWIFTLY])
    table = exports["word-by-word"].table
    for r, name in enumerate(("table", "smoothed", "last_word", "full")):
        assert table[f"{name}_probability"].to_numpy() == pytest.approx(np.exp(own.logs[r]), rel=1e-5)
    assert table["context_seen"].tolist() == [True, True, True, False]
    text = shown_text(app)
    assert "The lookup table saw 3 of the 4 contexts" in text
    said = "gives \u201cswiftly\u201d 0.0077 and the model 0.0013 is no sign that it knows more: it was trained on nothing but 24 sentences"
    assert said in text
    assert f"where it is {sum(s.count('swiftly') for s in words)} of {sum(map(len, words))} words" in text


def test_a_model_that_gives_more_than_the_table_needs_no_explanation(unseen: Callable[..., AppTest]) -> None:
    app = unseen(test="The cat ran out")
    assert float(_metrics(app)["Smoothed table"]) < float(
        next(v for k, v in _metrics(app).items() if k.startswith("Model"))
    )
    assert "no sign that it knows more" not in shown_text(app)


def test_what_the_table_memorised_it_knows_better(unseen: Callable[..., AppTest]) -> None:
    app = unseen()
    next(b for b in app.button if b.label.startswith("Where it fails")).click().run()
    found = _metrics(app)
    assert found["Lookup table"] == "0.5"
    model = next(value for label, value in found.items() if label.startswith("Model"))
    assert float(model) < 0.5


@pytest.mark.parametrize("n", [2, 5])
def test_another_n_asks_another_table(unseen: Callable[..., AppTest], exports: dict[str, Export], n: int) -> None:
    app = unseen()
    app.selectbox(key="n_picker").set_value(n).run()
    words = split(ctxcore.lesson_sentences())
    seen = [LookupTable(words, n).ask(tuple("the cat ran swiftly".split()[:i]), "x").seen > 0 for i in range(4)]
    assert exports["word-by-word"].table["context_seen"].tolist() == seen
    assert app.query_params["n"] == str(n)
    assert _metrics(app)["Lookup table"] == ("0" if n == 2 else "never seen")


def test_training_sentences_of_ones_own_are_learnt(unseen: Callable[..., AppTest]) -> None:
    app = unseen()
    app.text_area(key="editor_training").set_value("The cat ran swiftly\nThe cat ran home").run()
    assert _metrics(app)["Lookup table"] == "0.5"
    assert app.query_params["train"] == ["The cat ran swiftly", "The cat ran home"]
    app.switch_page("views/next.py").run()
    assert "2 sentences of yours" in shown_text(app)
    app.switch_page("views/unseen.py").run()
    assert app.text_area(key="editor_training").value == "The cat ran swiftly\nThe cat ran home"


def test_a_link_brings_the_table_back(unseen: Callable[..., AppTest]) -> None:
    app = unseen(train=["a b c", "a b d"], test="a b c", n="2")
    assert _metrics(app)["Lookup table"] == "0.5"
    assert app.text_area(key="editor_training").value == "a b c\na b d"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"test": "?!"}, "A sentence needs a word"),
        ({"train": ["..."]}, "no training sentence with a word"),
        ({"test": "word " * 9000}, "at most"),
        ({"corpus": "file"}, "The lookup table saw 3 of the 4 contexts"),  # a link names no upload: our sentences
        ({"n": "77", "corpus": "../etc"}, "3-grams from 24 sentences of the example text"),
    ],
)
def test_what_cannot_be_asked_is_said(unseen: Callable[..., AppTest], query: dict[str, object], said: str) -> None:
    app = unseen(**query)
    assert said.casefold() in shown_text(app).casefold()
    assert app.text_input(key="editor_tested") is not None


@pytest.mark.parametrize(
    "sentence",
    [
        "swiftly",
        "The  cat\u2019s \u201c ran\u201d, SWIFTLY!",
        "\u0431\u044b\u0441\u0442\u0440\u043e",
        "\u732b\u8dd1\u4e86",
    ],
)
def test_odd_sentences_are_asked_word_by_word(unseen: Callable[..., AppTest], sentence: str) -> None:
    app = unseen(test=sentence)
    assert len(app.get("plotly_chart")) == 2
    assert not app.error


def test_the_share_never_seen_is_that_of_the_core(unseen: Callable[..., AppTest], exports: dict[str, Export]) -> None:
    app = unseen()
    words = split(ctxcore.lesson_sentences())
    train, test = ([words[i] for i in part] for part in hold_out(words, 0.2))
    table = LookupTable(train, 3)
    steps = [table.ask(s[:i], w) for s in test for i, w in enumerate(s)]
    share = np.mean([a.seen == 0 for a in steps])
    assert f"has no answer for **{share:.0%}** of {len(steps):,} words" in shown_text(app)
    app.toggle(key="unseen_with_word").set_value(True).run()
    assert f"has no answer for **{np.mean([a.count == 0 for a in steps]):.0%}**" in shown_text(app)
    last = exports["coverage"].table.query("n == 3").iloc[-1]
    assert last["context_never_seen"] == pytest.approx(share)


def test_held_out_sentences_are_measured_on_demand(
    unseen: Callable[..., AppTest], exports: dict[str, Export], decoder: ContextualModel
) -> None:
    store.engine.clear()  # another test may have asked for it
    app = _panel(unseen(), "held-out")
    assert "held-out" not in exports
    app.button(key="measure_HeldOutSentences").click().run()
    words, sentences = split(ctxcore.lesson_sentences()), ctxcore.lesson_sentences()
    train, test = hold_out(words, 0.2)
    kept = [words[i] for i in train]
    own = ctxcore.held_out(decoder, LookupTable(kept, 3), SmoothedModel(kept, 3), [sentences[i] for i in test])
    table = exports["held-out"].table
    assert table["word"].tolist() == list(own.words)
    assert table["full_probability"].to_numpy() == pytest.approx(np.exp(own.logs[3]), rel=1e-4)
    surprise = next(d.value for d in app.dataframe if "gave 0 to" in d.value.columns)
    assert surprise["perplexity, all words"].tolist()[0] == "\u221e"
    assert surprise["perplexity, all words"].tolist()[3] == f"{own.perplexity[3]:,.0f}"
    assert "words a second" in shown_text(app)


def test_a_stopped_measurement_can_be_started_again(unseen: Callable[..., AppTest]) -> None:
    app = _panel(unseen(), "held-out")
    app.slider(key="unseen_most").set_value(10).run()
    job = store.job(HeldOutSentences("smollm2-135m", most=10))
    job.stop()
    app.button(key="measure_HeldOutSentences").click().run()
    job._done.wait(120)
    app.run()
    assert "Stopped." in shown_text(app)
    next(b for b in app.button if b.label == "Start again").click().run()  # without a second press of "Measure"
    assert not any(b.key == "measure_HeldOutSentences" for b in app.button)
    assert "words a second" in shown_text(app)


def test_the_table_is_searched(unseen: Callable[..., AppTest]) -> None:
    app = _panel(unseen(), "search")
    app.text_input(key="table_search").set_value("Barked").run()
    found = next(d.value for d in app.dataframe if "followed by" in d.value.columns)
    assert found.values.tolist() == [
        ["the dog", "ran", 2, 2 / 3],
        ["the dog", "barked", 1, 1 / 3],
        ["dog barked", "loudly", 1, 1.0],
    ]
    app.text_input(key="table_search").set_value("zebra").run()
    assert "it is not in the training text" in shown_text(app)


def test_the_exported_python_makes_the_same_figures(unseen: Callable[..., AppTest], exports: dict[str, Export]) -> None:
    app = _panel(unseen(), "held-out")
    app.slider(key="unseen_most").set_value(20).run()
    app.button(key="measure_HeldOutSentences").click().run()
    for name in ("word-by-word", "held-out"):
        assert _made_by(exports[name].code).to_json() == exports[name].figure.to_json(), name


def test_an_uploaded_text_is_what_the_table_knows(open_page: Open, exports: dict[str, Export]) -> None:
    app = open_page("unseen")
    next(g for g in app.get("button_group") if g.key == "corpus_picker").set_value("file").run()
    assert "A text is needed to train the table on" in shown_text(app)
    text = "The cat ran swiftly. " * 3 + "A dog slept."
    app.get("file_uploader")[0].set_value([("mine.txt", text.encode(), "text/plain")]).run()
    assert not app.exception
    assert _metrics(app)["Lookup table"] == "1"
    assert "4 sentences of mine.txt (15 words)" in exports["word-by-word"].figure.layout.annotations[-1].text.replace(
        "<br>", " "
    )
    app.switch_page("views/idea.py").run()
    app.switch_page("views/unseen.py").run()
    assert _metrics(app)["Lookup table"] == "1"


def test_texts_make_room_for_others() -> None:
    texts = GivenTexts(most_bytes=30)
    first, second = texts.keep("a.txt", b"The cat ran swiftly."), texts.keep("b.txt", b"It ran.")
    assert texts.sentences(first) == ["The cat ran swiftly."]
    texts.keep("a.txt", b"The cat ran swiftly.")  # given again, it is the latest
    third = texts.keep("c.txt", b"A dog.")
    assert [texts.has(text) for text in (first, second, third)] == [True, False, True]
    with pytest.raises(ctxcore.BadInputError, match="had to make room for others"):
        texts.sentences(second)
    large = texts.keep("d.txt", b"A dog ran. " * 9)
    assert len(texts.sentences(large)) == 9
    assert not texts.has(third)
