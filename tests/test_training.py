"""Training word2vec here: the same on every run, stopped when asked, and read back by gensim."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from gensim.models import KeyedVectors

import ctxcore
from ctxcore import BadInputError, NoSentencesError, StaticSpace

TEXT = [
    s for i in range(40) for s in (f"The cat chased mouse {i % 7}.", "A dog chased the Cat!", "Rain fell on the town")
]
_DIGEST = (
    "import hashlib, ctxcore; from tests.test_training import TEXT;"
    "space = ctxcore.train_static(TEXT, seed=4, size=8, epochs=2);"
    "print(hashlib.sha256(space.keyed_vectors.vectors.tobytes()).hexdigest(), ' '.join(space.keyed_vectors.index_to_key))"
)


@pytest.fixture(scope="module")
def trained() -> StaticSpace:
    return ctxcore.train_static(TEXT, seed=4, size=8, epochs=2)


def test_every_process_gets_the_same_vectors(trained: StaticSpace) -> None:
    here = hashlib.sha256(trained.keyed_vectors.vectors.tobytes()).hexdigest()
    root = Path(ctxcore.__file__).parents[1]
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(root)}
        command = [sys.executable, "-c", _DIGEST]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment, cwd=root)
        assert done.stdout.split() == [here, *trained.keyed_vectors.index_to_key]


def test_another_seed_gives_other_vectors(trained: StaticSpace) -> None:
    other = ctxcore.train_static(TEXT, seed=5, size=8, epochs=2)
    assert np.abs(other.vector("cat") - trained.vector("cat")).max() > 0.01


def test_words_are_case_folded_and_rare_ones_left_out(trained: StaticSpace) -> None:
    counts = {w: trained.keyed_vectors.get_vecattr(w, "count") for w in trained.keyed_vectors.index_to_key}
    assert counts["cat"] == 80
    assert counts["the"] == 120
    assert "Cat" in trained  # looked up in lower case
    assert list(counts.values()) == sorted(counts.values(), reverse=True)
    assert "0" not in ctxcore.train_static(TEXT, size=8, epochs=1, min_count=10)


def test_what_stands_together_comes_together() -> None:
    space = ctxcore.train_static(ctxcore.news_sentences(), min_count=5, epochs=20)
    assert len(space) == 1829
    assert {"west", "reserve"} <= {n.word for n in ctxcore.near(space, "bank", 5)}
    assert "banks" in {n.word for n in ctxcore.load_static().neighbours("bank", 5)}


def test_progress_grows_and_names_the_epoch() -> None:
    seen: list[tuple[float, str]] = []
    ctxcore.train_static(TEXT * 10, size=8, epochs=3, progress=lambda share, what: seen.append((share, what)))
    shares = [share for share, _ in seen]
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert [w for w in dict.fromkeys(what for _, what in seen) if "epoch" in w] == [
        f"Training: epoch {i} of 3" for i in (1, 2, 3)
    ]


@pytest.mark.parametrize("share", [0.0, 0.45])
def test_an_error_in_progress_ends_the_training_at_once(share: float) -> None:
    class StoppedError(Exception):
        pass

    calls: list[float] = []

    def progress(done: float, what: str) -> None:
        calls.append(done)
        if done >= share:
            raise StoppedError

    before = threading.active_count()
    with pytest.raises(StoppedError):
        ctxcore.train_static(TEXT * 30, size=8, epochs=50, progress=progress)
    assert calls[-1] <= share + 0.2
    assert sum(done >= share for done in calls) == 1
    assert threading.active_count() == before


@pytest.mark.parametrize("binary", [False, True])
def test_the_file_is_read_back_by_gensim(trained: StaticSpace, tmp_path: Path, binary: bool) -> None:
    path = tmp_path / "vectors"
    path.write_bytes(ctxcore.word2vec_bytes(trained, binary))
    back = KeyedVectors.load_word2vec_format(str(path), binary=binary)
    assert back.index_to_key == trained.keyed_vectors.index_to_key
    np.testing.assert_array_equal(back.vectors, trained.keyed_vectors.vectors)


def test_what_cannot_be_trained_on_is_said() -> None:
    with pytest.raises(NoSentencesError):
        ctxcore.train_static(["?!", ""])
    with pytest.raises(BadInputError, match="12 words, none as often"):
        ctxcore.train_static(["one two three four", "five six seven eight", "nine ten eleven twelve"], min_count=2)
    for setting in ({"size": 1}, {"window": 0}, {"epochs": 101}, {"min_count": 0}):
        with pytest.raises(BadInputError, match=next(iter(setting))):
            ctxcore.train_static(TEXT, **setting)
