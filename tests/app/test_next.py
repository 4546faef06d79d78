"""Next word: the ladder's numbers are the model's, and whatever is typed leaves the page usable."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from ctxcore import ContextualModel, contributions
from ctxcore.charts.next_word import Continuation
from dashboard import state, store
from tests.app.conftest import Export, shown_text

Open = Callable[..., AppTest]
PANELS = ("swap", "bits", "window", "lens", "parts", "top", "generate")


@pytest.fixture
def next_page(open_page: Open) -> Callable[..., AppTest]:
    def start(**query: object) -> AppTest:
        return open_page("next", **query)

    return start


def _panel(app: AppTest, name: str) -> AppTest:
    next(g for g in app.get("button_group") if g.key == "next_panel").set_value(name).run()
    assert not app.exception, app.exception
    return app


def test_the_lesson_stands_in_one_line(
    next_page: Callable[..., AppTest], exports: dict[str, Export], decoder: ContextualModel
) -> None:
    app = next_page()
    assert "full attention makes \u201cquickly\u201d **51 times** as likely" in shown_text(app)
    assert "With attention off the two are identical" in shown_text(app)
    assert "reads both sides of a word, so it predicts no next word" in shown_text(app)
    table = exports["ladder"].table
    full = table[(table["context_level"] == "full") & (table["prompt"] == "The dog ran")]
    own = decoder.next_words(["The dog ran"], ["quickly", "successfully"])[0].candidates
    assert full["probability"].tolist() == pytest.approx([own["quickly"], own["successfully"]], rel=1e-5)


def test_a_window_that_gives_more_than_the_prompt_is_explained_with_its_figures(
    next_page: Callable[..., AppTest], exports: dict[str, Export]
) -> None:
    text = shown_text(next_page(cand=["quickly", "successfully", "antidisestablishmentarianism"]))
    table = exports["ladder"].table.set_index(["prompt", "context_level", "candidate"])["probability"]
    few, whole = (table["The program ran", level, "successfully"] for level in ("window", "full"))
    assert (
        f"\u201csuccessfully\u201d gets {few:.2g} after the last 2 words of \u201cThe program ran\u201d and {whole:.2g} after all"
        in text
    )
    assert "Read as several tokens: \u201cantidisestablishmentarianism\u201d." in text
    usual = shown_text(next_page(cand=["quickly"]))
    assert "after the last 2 words" not in usual
    assert "Read as several tokens" not in usual


def test_levels_that_read_the_last_word_alone_cannot_differ(next_page: Callable[..., AppTest]) -> None:
    app = next_page()
    apart = next(d.value for d in app.dataframe if "context level" in d.value.columns)
    by_level = dict(zip(apart["context level"], apart["greatest difference"], strict=True))
    assert by_level["last word alone"] == 0
    assert by_level["attention off"] <= 1e-6
    assert by_level["full attention"] > 0.1
    assert "what reads it alone cannot differ, and does not" in shown_text(app)
    app.text_input(key="editor_prompts_2").set_value("The program stopped").run()
    assert "levels that read the last word alone differ too" in shown_text(app)


def test_the_temperature_sharpens_the_likeliest_words(next_page: Callable[..., AppTest]) -> None:
    app = _panel(next_page(), "top")

    def likeliest() -> float:
        return float(
            next(d.value for d in app.dataframe if "full attention" in d.value.columns)["full attention"][0].split()[-1]
        )

    before = likeliest()
    assert before == pytest.approx(0.159, abs=0.002)
    app.slider(key="next_temperature").set_value(0.5).run()
    assert likeliest() > before + 0.05


def test_what_was_never_seen_is_said(next_page: Callable[..., AppTest], exports: dict[str, Export]) -> None:
    app = next_page()
    next(b for b in app.button if b.label.startswith("never seen")).click().run()
    assert not app.exception
    texts = [a.text for a in exports["ladder"].figure.layout.annotations]
    assert texts.count("never seen") == 2
    assert app.query_params["cand"] == ["swiftly", "quickly"]


def test_where_the_claim_fails_it_is_shown(next_page: Callable[..., AppTest], exports: dict[str, Export]) -> None:
    app = next_page()
    next(b for b in app.button if b.label.startswith("Where it fails")).click().run()
    table = exports["ladder"].table
    full = table[(table["context_level"] == "full") & (table["candidate"] == "bird")]
    shares = dict(zip(full["prompt"], full["probability"], strict=True))
    assert shares["A robin is not a kind of"] >= shares["A robin is a kind of"]
    assert "full attention makes \u201cbird\u201d **1.2 times** as likely" in shown_text(app)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"prompt": ["", ""]}, "A prompt is needed"),
        ({"prompt": ["?!", "x"]}, "A prompt needs a word"),
        ({"prompt": ["word " * 9000, "x"]}, "at most"),
    ],
)
def test_what_cannot_be_read_is_said(next_page: Callable[..., AppTest], query: dict[str, list[str]], said: str) -> None:
    app = next_page(**query)
    assert said.casefold() in shown_text(app).casefold()
    assert len(app.text_input) == 3


def test_no_candidate_is_said_and_odd_ones_are_read(
    next_page: Callable[..., AppTest], exports: dict[str, Export]
) -> None:
    app = next_page()
    app.text_input(key="editor_candidates").set_value(" , ").run()
    assert "A candidate is needed" in shown_text(app)
    app.text_input(key="editor_candidates").set_value(
        "a long way, New York, !, \u0431\u044b\u0441\u0442\u0440\u043e"
    ).run()
    assert not app.exception
    table = exports["ladder"].table
    assert sorted(set(table["candidate"])) == sorted(
        ["a long way", "New York", "!", "\u0431\u044b\u0441\u0442\u0440\u043e"]
    )
    full = table[table["context_level"] == "full"]["probability"].to_numpy(float)
    assert np.isfinite(full).all()


def test_typed_prompts_survive_a_change_of_page(next_page: Callable[..., AppTest]) -> None:
    app = next_page()
    app.text_input(key="editor_prompts_1").set_value("A  horse ran").run()
    app.switch_page("views/idea.py").run()
    app.switch_page("views/next.py").run()
    assert app.text_input(key="editor_prompts_1").value == "A  horse ran"
    assert app.query_params["prompt"] == ["A horse ran", "The program ran"]  # as it is read


def test_a_continuation_is_the_models_and_another_seed_draws_another(
    next_page: Callable[..., AppTest], exports: dict[str, Export], decoder: ContextualModel
) -> None:
    app = next_page()
    _panel(app, "generate")
    own = list(decoder.generate("The dog ran", 24))
    assert exports["continuation"].table["token"].tolist() == [t.text for t in own]
    assert f"The dog ran **{''.join(t.text for t in own).strip()}**" in shown_text(app)
    app.slider(key="next_sampling").set_value(1.0).run()
    first = exports["continuation"].table["token"].tolist()
    app.number_input(key="next_seed").set_value(7).run()
    second = exports["continuation"].table["token"].tolist()
    assert first != second != [t.text for t in own]
    assert second == [t.text for t in decoder.generate("The dog ran", 24, 1.0, 7)]


def test_a_stopped_continuation_is_what_was_there(decoder: ContextualModel) -> None:
    asked = Continuation("smollm2-135m", "A stopped dog")
    job = store.job(asked)
    job.stop()
    own = list(decoder.generate("A stopped dog", 24))
    assert job.wait().stopped
    assert job.value.tokens == tuple(own[:1])
    assert asked.answered(job.value) == Continuation("smollm2-135m", "A stopped dog", 1)
    assert store.get(Continuation("smollm2-135m", "A stopped dog", 1)) is job.value
    again = store.job(asked)  # another reader does not get the shortened one for the whole
    assert again is not job
    assert again.wait().tokens == tuple(own)
    assert store.get(asked) is again.value


def test_who_stopped_a_continuation_keeps_seeing_it(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Continuation("smollm2-135m", "Another stopped dog")
    monkeypatch.setattr(state, "reader", lambda: "who stopped")
    job = store.job(asked)
    job.stop("who stopped")
    assert job.wait().stopped
    store.settle(job, asked)
    assert store.job(asked) is job
    monkeypatch.setattr(state, "reader", lambda: "another")
    assert store.job(asked) is not job


def test_the_tables_n_and_text_are_those_of_unseen_contexts(
    next_page: Callable[..., AppTest], exports: dict[str, Export]
) -> None:
    app = next_page(
        train=["The cat ran swiftly", "A horse ran away"], n="2", prompt=["The cat ran", "A dog ran"], cand="away"
    )
    table = exports["ladder"].table.query("context_level == 'table'")
    assert table["probability"].tolist() == [0.5, 0.5]
    app.selectbox(key="n_picker").set_value(3).run()
    table = exports["ladder"].table.query("context_level == 'table'")
    assert table["probability"].isna().tolist() == [False, True]


def test_a_window_shows_the_last_words_alone(
    next_page: Callable[..., AppTest], exports: dict[str, Export], decoder: ContextualModel
) -> None:
    app = next_page(prompt=["In the park the dog ran", "x ran"], cand=["quickly"])
    app.slider(key="next_window").set_value(3).run()
    row = exports["ladder"].table.query("context_level == 'window'").iloc[0]
    assert row["probability"] == pytest.approx(
        decoder.next_words(["the dog ran"], ["quickly"])[0].candidates["quickly"], rel=1e-4
    )


def test_a_context_that_only_ended_a_sentence_is_told_apart(
    next_page: Callable[..., AppTest], exports: dict[str, Export]
) -> None:
    next_page(train=["The dog ran", "The cat slept well"], prompt=["The dog ran", "The cow ran"], cand=["quickly"])
    texts = [a.text for a in exports["ladder"].figure.layout.annotations if a.name == "never seen"]
    assert texts == ["sentence ended there", "never seen"]


def test_a_head_that_says_it_opens_on_its_own_page(
    next_page: Callable[..., AppTest], exports: dict[str, Export], decoder: ContextualModel
) -> None:
    app = _panel(next_page(), "parts")
    dog, program = (contributions(decoder, p, ("quickly", "successfully")) for p in ("The dog ran", "The program ran"))
    apart = dog.minus(program)
    table = exports["contributions-against"].table
    heads = table[table["part"] == "head"]["logits"].to_numpy()
    np.testing.assert_allclose(heads, apart.heads.ravel(), atol=1e-6)
    for found in (dog, apart):
        assert abs(found.total - found.own) < 1e-4
        assert (
            f"add up to {found.total:+.4f}; the model\u2019s own difference is {found.own:+.4f} logits"
            in shown_text(app)
        )
    layer, head = np.unravel_index(np.abs(apart.heads).argmax(), apart.heads.shape)
    next(b for b in app.button if b.label.startswith(f"layer {layer + 1}, head {head} (")).click().run()
    assert not app.exception
    workspace = app.session_state["workspace"]
    assert (workspace.focus, workspace.at, workspace.head) == ("The dog ran", 2, (layer + 1, head))
    assert workspace.model == "smollm2-135m"
    assert f"Layer {layer + 1}, head {head}" in [h.value for h in app.header]


@pytest.mark.parametrize(
    ("candidates", "said"),
    [(["quickly"], "Write a second one, after a comma"), (["quick", "quick fox"], "begin with different tokens")],
)
def test_what_no_parts_can_be_given_for_is_said(
    next_page: Callable[..., AppTest], candidates: list[str], said: str
) -> None:
    app = _panel(next_page(cand=candidates), "parts")
    assert said in shown_text(app) + str([e.value for e in app.error])
