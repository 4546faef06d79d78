"""Side by side: every cell is what its own page measures, and what does not hold is shown as not holding."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from ctxcore import ContextualModel
from ctxcore.charts.selection import select
from ctxcore.charts.senses import WholeBank
from ctxcore.claims import comparison
from ctxcore.measures import prediction
from ctxcore.workspace import Workspace
from dashboard import store
from tests.app.conftest import Export, shown_text

Open = Callable[..., AppTest]


def _verdicts(app: AppTest) -> dict[str, str]:
    """Question -> supported, not supported or cannot tell, of the rows of the table."""
    rows = [str(m.value).split("  \n") for m in app.markdown if "  \n:" in str(m.value)]
    return {question.strip("*"): verdict.split("**")[1] for question, verdict in rows}


def test_every_cell_is_measured_on_the_lessons_sentences(open_page: Open, decoder: ContextualModel) -> None:
    app = open_page("side")
    text = shown_text(app)
    for figure in (
        ":orange[**Static:**] **yes: distance 0**",
        ":blue[**Attention:**] **no: cosine 0.80 at layer 4**",
        "**no: 1 vector for 12 occurrences**",
        "**yes: 12 of 12 found**",
        "**no: accuracy 33%**",
        "**yes: accuracy 83%**",
        "**no: 0 bits apart**",
        ":orange[**Lookup table:**] **yes: never seen, no answer**",
        "**no: 0.0013, rank 48**",
    ):
        assert figure in text, figure
    dog, program = decoder.next_words(["The dog ran", "The program ran"], ["quickly"], 0)
    apart = prediction.swap(dog.shares, program.shares).divergence
    assert f"**yes: {apart:.3f} bits apart**" in text
    verdicts = _verdicts(app)
    assert (
        verdicts.pop("What does it capture?") == "cannot tell"
    )  # too many other heads do as well in the second sentence
    assert list(verdicts.values()) == ["supported"] * 5
    assert "**6 of 6 statements are supported; 4 more must hold by construction and are no findings.**" in text
    assert "not supported" not in text


def test_the_focus_is_one_head_in_two_sentences(open_page: Open, encoder: ContextualModel) -> None:
    sentences = ["The dog ran quickly", "The program ran successfully"]
    app = open_page("side", word="ran", s=sentences)
    own = encoder.attention(sentences[0]).weights  # [CLS] The dog ran quickly [SEP]: from "ran" to "dog" is 3 -> 2
    beyond = own[:, :, 3, 2] - (own[:, :, 2, 1] + own[:, :, 4, 3]) / 2  # the other words to the word before them
    layer, head = (
        int(n) + first for n, first in zip(np.unravel_index(beyond.argmax(), beyond.shape), (1, 0), strict=True)
    )
    assert f"in layer {layer}, head {head}, chosen" in shown_text(app)
    theirs = encoder.attention(sentences[1]).weights
    also = theirs[:, :, 3, 2] - (theirs[:, :, 2, 1] + theirs[:, :, 4, 3]) / 2
    chance = (also >= also[layer - 1, head]).mean()
    assert f"{chance:.0%} of the 72 heads give as much" in shown_text(app)
    shares = own[layer - 1, head, 3, 2], theirs[layer - 1, head, 3, 2]
    assert "**\u201cdog\u201d {:.0%} / \u201cprogram\u201d {:.0%}**".format(*shares) in shown_text(app)


def test_a_heads_role_is_judged_on_the_sentence_that_did_not_choose_it(
    encoder: ContextualModel, decoder: ContextualModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A head of the decoder links "ran" to who ran in both sentences; of random heads at most one in twenty is said to."""
    engine = store.engine()

    def row(model: str) -> comparison.Row:
        workspace = Workspace("ran", ("The dog ran quickly", "The program ran successfully"), model=model)
        return comparison.of_vectors(comparison.Compared(select(workspace, engine), engine))[0]()

    found = row("smollm2-135m")
    assert found.holds is True
    assert "layer 14, head 8" in found.attention.sentence
    assert row("minilm-l6").holds is None
    for model, heads in ((encoder, 72), (decoder, 270)):
        holding = 0
        for number in range(heads):
            monkeypatch.setattr(comparison, "_greatest", lambda values, n=number: divmod(n, values.shape[1]))
            holding += row(model.id).holds is True
        assert 0 < holding <= 0.05 * heads


def test_a_decoder_that_cannot_look_ahead_is_shown_as_failing(open_page: Open) -> None:
    app = open_page("side")
    next(b for b in app.button if b.label.startswith("Where it fails")).click().run()
    assert not app.exception
    verdicts = _verdicts(app)
    assert [q for q, v in verdicts.items() if v == "not supported"] == [
        "What does it capture?", "Same across use?", "Knows about the sentence?", "Tells senses apart?",
    ]  # fmt: skip
    text = shown_text(app)
    assert "**no: 1 vector for 3 occurrences**" in text
    assert "**no: 1 of 3 found**" in text
    assert "**not shown: cosine 1.00 at layer 21**" in text
    assert "**3 of 6 statements are supported; " in text


def test_what_these_sentences_cannot_tell_is_said(open_page: Open) -> None:
    app = open_page("side", word="qickly", s=["He ran qickly"], prompt=["The dog ran", "The cat slept"], cand=["far"])
    verdicts = _verdicts(app)
    assert (
        verdicts["Same across use?"] == verdicts["Tells senses apart?"] == verdicts["Learns context?"] == "cannot tell"
    )
    text = shown_text(app)
    assert text.count("**no vector**") == 3
    assert "is not in our sense bank" in text
    assert not app.error


def test_the_whole_bank_is_read_on_demand_and_judged(open_page: Open, exports: dict[str, Export]) -> None:
    store.engine.clear()  # another test may have asked for it
    app = open_page("side")
    assert "whole-bank" not in exports  # nothing is read before the reader asks
    store.get(WholeBank("minilm-l6", "glove-6b-50d", 3))
    app.run()
    assert not app.exception
    export = exports["whole-bank"]
    last = export.table[(export.table.layer == 6) & (export.table.read_from == "own_vector")]
    assert last.named_right.mean() == pytest.approx(0.857, abs=0.01)
    text = shown_text(app)
    assert (
        ":green[**tells senses apart**] at its last layer, the one that is judged: **235 of 276 right (80 to 89 %)"
        in text
    )
    assert "Attention does it: with attention off 100 of 276 (31 to 42 %) are right." in text
    assert "the mean of those of the other words gets 196 of 276 (65 to 76 %)." in text
    shown = app.dataframe[0].value
    assert shown["right"].tolist() == [f"{row.right:g} of {row.asked}" for row in last.itertuples()]
    assert shown["from"].tolist() == pytest.approx(last.low.round(2).tolist())


def test_three_cases_a_question_and_the_limits(open_page: Open) -> None:
    app = open_page("side")
    assert app.title[0].value.endswith("?")
    cases = [b.label for b in app.button if b.key and b.key.startswith("try_")]
    assert len(cases) == 3
    assert sum(label.startswith("Where it fails") for label in cases) == 1
    assert app.expander[0].label == "Limits and sources"


def test_typed_text_is_shown_to_the_letter(open_page: Open) -> None:
    nasty = "![i](http://x) :red[y]"
    app = open_page("side", word="x", s=[f"{nasty} x ran", f"{nasty} x fell"], prompt=[nasty, nasty + " b"], test=nasty)
    assert not app.exception
    raw = "\n".join(str(e.value) for kind in ("markdown", "caption") for e in app.get(kind))
    assert "![i]" not in raw
    assert ":red[y]" not in raw
