"""Change of a word between two groups of a column: on a store, with chance and other words beside."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from ctxcore import BadInputError, NoMentionError, Usages, control_words, usages
from ctxcore.__main__ import main
from ctxcore.corpus import extract
from ctxcore.corpus.change import LEAST, TwoGroups, change_of, like
from ctxcore.corpus.one_sense import KNOWN, SLOPES
from ctxcore.models import loading
from tests.stub_model import StubModel


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    chance = random.Random(5)
    path = tmp_path_factory.mktemp("change") / "given.csv"
    rows = [
        (1990 + n % 4, f"The {w} w{chance.randrange(10**9)} v{n}") for w in ("bank", "river", "tree") for n in range(60)
    ]
    rows += [(1990, f"A rare word w{n}") for n in range(3)] + [(1991, f"A rare word w{n + 3}") for n in range(30)]
    path.write_text("year,text\n" + "".join(f"{year},{text}\n" for year, text in rows))
    return path


@pytest.fixture(scope="module")
def found(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Usages]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(extract.Extractor, "opened", StubModel())
        yield usages(corpus, ["bank", "river", "tree", "rare"], out=tmp_path_factory.mktemp("store"), columns=["year"])


def test_two_groups_of_a_column(found: Usages) -> None:
    change = found.change("bank", "year", "1990", ["1991", "1992"], apart=0.2)
    table, vectors = found.vectors("bank")
    one, two = vectors[table["year"] == "1990"], vectors[table["year"].isin(["1991", "1992"])]
    assert change.own.sizes == (len(one), len(two)) == (15, 30)
    assert change.own.values[0] == pytest.approx(cdist(one, two, "cosine").mean())
    assert change.own.values[1] == pytest.approx(cdist([one.mean(0)], [two.mean(0)], "cosine")[0, 0], abs=1e-6)
    assert [control.word for control in change.controls] == ["river", "tree"]  # "rare" is not of like frequency
    assert change.rank[0] == 1 + sum(control.values[0] > change.own.values[0] for control in change.controls)
    assert change.shares.sum(1) == pytest.approx([1, 1])
    assert all(0 < p <= 1 for p in change.p)
    assert change.enough
    assert found.change("bank", "year", "1990", "1991", apart=0.2, controls=["tree"]).controls[0].word == "tree"


def test_senses_are_decided_by_the_model_or_without_it(found: Usages, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store names its model: with it the slope decides, on a machine without it the distance, and so it does where one is asked for."""
    decided = found.senses("bank").evidence
    assert decided.slope is not None
    assert (decided.needed, "slope" in decided.why) == (SLOPES["minilm-l6"], True)
    assert found.change("bank", "year", "1990", "1991").senses.evidence.needed == SLOPES["minilm-l6"]
    assert found.senses("bank", apart=0.3).evidence.needed == 0.3

    def missing(name: str) -> None:
        raise BadInputError("rule", name, "remedy")

    monkeypatch.setattr(loading, "load_model", missing)
    monkeypatch.setitem(KNOWN, ("minilm-l6", found.layers[-1]), 0.25)
    without = found.senses("bank").evidence
    assert without.slope is None
    assert (without.needed, "apart on average" in without.why) == (0.25, True)


def test_too_few_usages_say_nothing(found: Usages) -> None:
    change = found.change("rare", "year", "1990", "1991", apart=0.2)
    assert (change.own.sizes, change.least, change.enough) == ((3, 30), LEAST, False)
    assert np.isnan(change.p).all()
    assert change.differs == (False, False, False)
    for first, second, said in (
        ("1990", "1890", "0 usages of 'rare'.*'1991', '1990'"),
        ("1990", ["1991", "1990"], "none in both"),
        ([], "1990", "at least one each"),
    ):
        with pytest.raises(BadInputError, match=said):
            found.change("rare", "year", first, second, apart=0.2)
    with pytest.raises(BadInputError, match="A column is one of the store"):
        found.change("rare", "era", "1990", "1991", apart=0.2)


def test_like_frequency_is_a_factor_of_two_in_each_group() -> None:
    assert like((10, 40), (20, 20))
    assert not like((10, 41), (20, 20))
    assert not like((20, 20), (41, 20))
    assert not like((LEAST - 1, 20), (LEAST, 20))


def groups(word: str, vectors: np.ndarray, second: np.ndarray) -> TwoGroups:
    texts = [f"{word} a{n} b{n} c{n} d{n}" for n in range(len(vectors))]
    return TwoGroups(word, vectors, texts, np.tile([0, len(word)], (len(vectors), 1)), second)


def test_a_word_that_changed_stands_before_its_controls() -> None:
    chance = np.random.default_rng(0)
    second = np.arange(40) % 2 == 0
    still = [groups(f"still{n}", 1 + chance.standard_normal((40, 8)), second) for n in range(4)]
    moved = chance.standard_normal((40, 8)) * 0.2 + np.where(second[:, None], np.eye(8)[0], np.eye(8)[1])
    change = change_of(groups("moved", moved, second), still, "year", (("1",), ("2",)))
    assert change.senses.count == 2
    assert change.own.values[2] > 0.9
    assert change.p == pytest.approx((0.001, 0.001, 0.001))
    assert change.rank == (1, 1, 1)
    assert change.differs == (True, True, True)
    other = change_of(still[0], [groups("moved", moved, second)], "year", (("1",), ("2",)))
    assert other.rank == (2, 2, 2)
    assert other.differs == (False, False, False)
    farther = groups("farther", np.where(second[:, None], np.eye(8)[0], -np.eye(8)[0]) + 0.01 * moved, second)
    both = change_of(groups("moved", moved, second), [farther], "year", (("1",), ("2",)))
    assert max(both.p) <= 0.05
    assert both.differs[:2] == (False, False)  # chance does not make it, but another word lies farther apart


def test_groups_drawn_at_random_rarely_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ctxcore.corpus.change.permuted.__defaults__", (0, 199))
    chance = np.random.default_rng(4)
    vectors = np.concatenate([np.eye(8)[k] + 0.2 * chance.standard_normal((20, 8)) for k in (0, 1)])
    below = np.zeros(3)
    for _ in range(40):
        change = change_of(groups("w", vectors, chance.permutation(np.arange(40) < 20)), [], "year", (("1",), ("2",)))
        below += np.array(change.p) <= 0.05
    assert below.max() <= 6  # of 40 at 5 %: more come less than once in 100 times
    assert change.senses.count == 2


def test_control_words_are_of_like_frequency(corpus: Path, tmp_path: Path) -> None:
    assert control_words(corpus, "bank", 5, text="text") == (
        "rare",
        "river",
        "tree",
        "word",
    )  # 33 of 60 is more than half
    drawn = control_words(corpus, ("bank", "river"), 1, text="text")
    assert drawn == control_words(corpus, ("bank", "river"), 1, text="text")
    assert control_words(corpus, ("bank", "river"), 9, text="text") == ("tree",)  # of 120 the half; the others have 33
    with pytest.raises(NoMentionError, match="213 sentences without it"):
        control_words(corpus, "zebra", text="text")
    with pytest.raises(BadInputError, match="At least one control word"):
        control_words(corpus, "bank", 0, text="text")


def test_the_command_keeps_control_words(corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extract.Extractor, "opened", StubModel())
    asked = ["usages", str(corpus), "--word", "bank", "--controls", "2", "--text", "text", "--out", str(tmp_path)]
    assert main(asked) == 0
    words = Usages(next(tmp_path.glob("usages-*"))).words
    assert words[0] == "bank"
    assert len(words) == 3
