"""Static vectors in files of one's own: read as gensim reads them, refused with a reason, never unpickled."""

from __future__ import annotations

import gc
import gzip
import io
import json
import pickle
import struct
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gensim.models import FastText, KeyedVectors
from gensim.models.fasttext import load_facebook_vectors, save_facebook_model

from ctxcore import BadInputError, FileFormatError, ModelError, OfflineError, load_static
from ctxcore.models import gensim_data, vector_files
from ctxcore.models.cache_dir import cache_folder
from tests.small_disk import files_up_to

WORDS = ["the", "dog", "ran", "caf\u00e9", "\u94f6\u884c", "New_York"]
VECTORS = np.random.default_rng(3).normal(size=(len(WORDS), 7)).astype(np.float32)


@pytest.fixture(autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CTXCORE_CACHE", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture
def keyed() -> KeyedVectors:
    made = KeyedVectors(vector_size=7)
    made.add_vectors(WORDS, VECTORS)
    return made


def lines(header: bool = False, end: str = "\n") -> bytes:
    rows = [f"{w} {' '.join(f'{x:.6f}' for x in v)}{end}" for w, v in zip(WORDS, VECTORS, strict=True)]
    return ("".join([f"{len(WORDS)} 7\n"] * header + rows)).encode()


def write(file: Path, keyed: KeyedVectors) -> Path:
    """The file in the form that its name says."""
    kind = file.name.removesuffix(".gz")
    if kind == "word2vec.bin":
        keyed.save_word2vec_format(str(file), binary=True)
        return file
    text = {"word2vec.txt": lines(True), "glove.txt": lines(), "fasttext.vec": lines(True, " \n")}[kind]
    file.write_bytes(gzip.compress(text) if file.suffix == ".gz" else text)
    return file


FORMS = {
    "word2vec.txt": "word2vec text",
    "word2vec.bin": "word2vec binary",
    "glove.txt": "GloVe text",
    "fasttext.vec": "word2vec text",
}


@pytest.mark.parametrize("packed", ["", ".gz"])
@pytest.mark.parametrize("name", FORMS)
def test_a_file_is_read_as_gensim_reads_it(tmp_path: Path, keyed: KeyedVectors, name: str, packed: str) -> None:
    file = write(tmp_path / (name + packed), keyed)
    form = FORMS[name]
    with warnings.catch_warnings():  # gensim leaves the file open
        warnings.simplefilter("ignore", ResourceWarning)
        expected = KeyedVectors.load_word2vec_format(str(file), binary="binary" in form, no_header="GloVe" in form)
        gc.collect()
    seen = vector_files.look_into(file)
    assert (seen.form, seen.words, seen.features, seen.gzipped) == (form, 6, 7, bool(packed))
    for _ in range(2):  # the second time from what was kept
        found = load_static(str(file))
        assert found.keyed_vectors.index_to_key == expected.index_to_key == WORDS
        assert np.array_equal(found.keyed_vectors.vectors, expected.vectors)
        assert np.array_equal(found.vector("Ran"), expected["ran"])
    assert found.similarity("dog", "ran") == pytest.approx(float(expected.similarity("dog", "ran")), abs=1e-6)
    assert (found.id, found.origin.source, found.origin.disk) == (str(file), str(file), file.stat().st_size)


@pytest.fixture(scope="module")
def fasttext(tmp_path_factory: pytest.TempPathFactory) -> Path:
    texts = [["the", "dog", "ran", "home"], ["the", "cat", "ran", "away"]] * 5
    made = FastText(texts, vector_size=6, min_count=1, epochs=1, bucket=50, seed=1, workers=1)
    file = tmp_path_factory.mktemp("fasttext") / "made.bin"
    save_facebook_model(made, str(file))
    return file


def test_fasttext_binary_is_read_without_its_letter_groups(fasttext: Path) -> None:
    expected = load_facebook_vectors(str(fasttext))
    seen = vector_files.look_into(fasttext)
    assert (seen.form, seen.words, seen.features, seen.subwords) == ("fastText binary", 6, 6, 50)
    assert seen.peak() == 4 * 6 * (6 + 2 * 6 + 50)
    found = load_static(str(fasttext))
    assert found.keyed_vectors.index_to_key == expected.index_to_key
    np.testing.assert_array_equal(found.keyed_vectors.vectors, expected.vectors)
    assert type(found.keyed_vectors) is KeyedVectors
    assert "doggish" not in found  # fastText would make up a vector; a word that was never seen has none here
    assert load_static(f"{fasttext}@2").keyed_vectors.index_to_key == expected.index_to_key[:2]


def test_reading_any_file_unpickles_nothing(
    tmp_path: Path, keyed: KeyedVectors, fasttext: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a pickle was opened")

    files = [write(tmp_path / name, keyed) for name in FORMS] + [fasttext]
    for name in ("load", "loads", "Unpickler"):
        monkeypatch.setattr(pickle, name, refuse)
    monkeypatch.setattr("gensim.utils.unpickle", refuse)
    for file in files:
        assert len(load_static(str(file))) == 6


@pytest.mark.parametrize("name", FORMS)
def test_a_limit_takes_the_first_words_and_names_its_memory(tmp_path: Path, keyed: KeyedVectors, name: str) -> None:
    file = write(tmp_path / name, keyed)
    assert vector_files.look_into(file).memory(4) == 4 * 7 * 4
    assert vector_files.look_into(file).memory(400) == vector_files.look_into(file).memory() == 6 * 7 * 4
    found = load_static(str(file), limit=4)
    assert found.keyed_vectors.index_to_key == WORDS[:4]
    assert found.keyed_vectors.vectors.nbytes == 4 * 7 * 4
    assert found.id == f"{file}@4"
    assert load_static(found.id).keyed_vectors.index_to_key == WORDS[:4]
    assert len(load_static(str(file))) == 6
    with pytest.raises(BadInputError, match="a limit of 0"):
        load_static(str(file), limit=0)


def test_a_file_whose_own_name_ends_like_a_limit_is_meant_as_it_is(tmp_path: Path, keyed: KeyedVectors) -> None:
    file = tmp_path / "vectors@3"
    file.write_bytes(lines())
    assert len(load_static(str(file))) == 6
    assert len(load_static(f"{file}@3")) == 3


def test_a_changed_file_is_read_anew(tmp_path: Path) -> None:
    file = tmp_path / "glove.txt"
    file.write_bytes(lines())
    before = load_static(str(file))
    file.write_bytes(lines().replace(b"dog", b"hog"))
    after = load_static(str(file))
    assert ("dog" in before, "dog" in after, "hog" in after) == (True, False, True)
    assert before.revision != after.revision


def test_a_text_file_is_parsed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "glove.txt"
    file.write_bytes(lines())
    load_static(str(file))
    monkeypatch.setattr(vector_files, "_read", None)
    assert load_static(str(file)).keyed_vectors.index_to_key == WORDS


def test_a_word_may_hold_blanks_and_the_first_of_two_counts(tmp_path: Path) -> None:
    file = tmp_path / "glove.txt"
    file.write_bytes(b"dog 1 2\n. . . 3 4\nat name@domain.com 5 6\ndog 7 8\n\n")
    found = load_static(str(file)).keyed_vectors
    assert found.index_to_key == ["dog", ". . .", "at name@domain.com"]
    assert found.vectors.tolist() == [[1, 2], [3, 4], [5, 6]]


def test_how_many_words_a_long_file_without_header_has_is_estimated(tmp_path: Path) -> None:
    file = tmp_path / "glove.txt"
    file.write_bytes(b"".join(b"word%05d 0.12345 0.54321\n" % i for i in range(5000)))
    seen = vector_files.look_into(file)
    assert not seen.counted
    assert seen.words == pytest.approx(5000, rel=0.01)
    assert len(load_static(str(file))) == 5000


def test_reading_tells_how_far_it_is_and_can_be_stopped(tmp_path: Path, keyed: KeyedVectors) -> None:
    class EnoughError(Exception):
        pass

    def stop(share: float, what: str) -> None:
        assert "Reading" in what
        raise EnoughError

    for name in FORMS:
        file = write(tmp_path / name, keyed)
        with pytest.raises(EnoughError):
            load_static(str(file), progress=stop)
        assert len(load_static(str(file))) == 6  # nothing half read was kept


def pickled(file: Path, keyed: KeyedVectors) -> None:
    keyed.save(str(file))


def cut_binary(file: Path, keyed: KeyedVectors) -> None:
    keyed.save_word2vec_format(str(file), binary=True)
    file.write_bytes(file.read_bytes()[:-20])


def as_array(file: Path, keyed: KeyedVectors) -> None:
    content = io.BytesIO()
    np.save(content, keyed.vectors)
    file.write_bytes(content.getvalue())


def cut_packed(file: Path, keyed: KeyedVectors) -> None:
    file.write_bytes(gzip.compress(lines(True))[:-30])


def fasttext_header(features: int, words: int, labels: int = 0) -> bytes:
    numbers = [793712314, 12, features, *[5] * 7, 10**6, 3, 6, 100]
    return struct.pack("<2i12id3i2q", *numbers, 1e-4, words + labels, words, labels, 10, -1)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (pickled, "a pickle, which can run code"),
        (cut_binary, "it ends after 5 of 6 words"),
        (cut_packed, "damaged"),
        (lambda f, _: f.write_bytes(lines().replace(b"ran ", b"ran 1.000000 ")), "line 3 has 8 numbers where 7 belong"),
        (lambda f, _: f.write_bytes(lines(True)[:-10]), "line 7 has 6 numbers where 7 belong|line 7"),
        (lambda f, _: f.write_bytes(lines(True).replace(b"6 7", b"60 7")), "too short"),
        (lambda f, _: f.write_bytes(lines(True).replace(b"6 7", b"7 7")), "ends after 6 of 7 words"),
        (lambda f, _: f.write_bytes(b"dog 1 2\ncat 1 x\n"), "line 2 has"),
        (lambda f, _: f.write_bytes(b"dog 1 2\ncat 1 nan\n"), "word 2 has numbers that are not finite"),
        (lambda f, _: f.write_bytes(b"nothing of the kind\n"), "not words with 2 to 10,000 numbers behind"),
        (lambda f, _: f.write_bytes(b""), "an empty file"),
        (lambda f, _: f.write_bytes(b"PK\x03\x04 and so on"), "a zip archive"),
        (as_array, "a numpy array without its words"),
        (lambda f, _: f.write_bytes(fasttext_header(300, 10**6)), "damaged"),
        (lambda f, _: f.write_bytes(fasttext_header(300, 10, 4)), "a fastText classifier"),
        (lambda f, _: f.write_bytes(fasttext_header(300, 10)[:40]), "damaged"),
        (lambda f, _: f.mkdir(), "a folder"),
        (lambda f, _: None, "no such file"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(
    tmp_path: Path, keyed: KeyedVectors, spoil: Callable[[Path, KeyedVectors], Any], says: str
) -> None:
    file = tmp_path / "vectors.kv"
    spoil(file, keyed)
    with pytest.raises(FileFormatError, match=says) as caught:
        load_static(str(file))
    assert str(file) in caught.value.received
    assert caught.value.remedy.endswith(".")
    assert "word2vec, GloVe or fastText" in caught.value.rule


def test_names_of_gensim_data_are_offered_with_their_sizes() -> None:
    assert next(iter(gensim_data.DOWNLOADS)) == "word2vec-google-news-300"
    for offered in gensim_data.DOWNLOADS.values():
        assert offered.size > 60e6
        assert offered.features == int(offered.id.rpartition("-")[2])
        assert len(offered.md5) == 32


def test_without_a_network_gensim_data_says_so() -> None:
    with pytest.raises(OfflineError, match="no network is reached"):
        load_static("glove-twitter-25@1000")


def test_what_gensim_has_fetched_before_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENSIM_DATA_DIR", str(tmp_path))
    folder = tmp_path / "glove-twitter-25"
    folder.mkdir()
    (folder / "__init__.py").write_text("raise AssertionError('code of a download ran')")
    (folder / "glove-twitter-25.gz").write_bytes(gzip.compress(lines(True)))
    found = load_static("glove-twitter-25@3")
    assert found.keyed_vectors.index_to_key == WORDS[:3]
    assert found.origin.source == "gensim-data: glove-twitter-25"
    assert found.origin.licence == "PDDL-1.0"


def test_a_name_that_is_nothing_lists_the_catalogue() -> None:
    with pytest.raises(ModelError, match="glove-6b-50d"):
        load_static("no-such-vectors@5")


def flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[-9] ^= 64
    file.write_bytes(content)


def fewer_words(file: Path) -> None:
    file.write_text(json.dumps(json.loads(file.read_text())[:3]))


def other_words(file: Path) -> None:
    file.write_text(file.read_text().replace("dog", "god"))


@pytest.mark.parametrize(
    ("name", "damage"),
    [("vectors.npy", d) for d in (flip, lambda f: f.write_bytes(f.read_bytes()[:-30]), lambda f: f.write_bytes(b""), Path.unlink)]
    + [("words.json", d) for d in (fewer_words, other_words, lambda f: f.write_text("[\"the"), Path.unlink)],
)  # fmt: skip
def test_parsed_vectors_mend_themselves(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str, damage: Callable[[Path], Any]
) -> None:
    file = tmp_path / "glove.txt"
    file.write_bytes(lines())
    expected = load_static(str(file)).keyed_vectors.vectors.copy()
    (folder,) = [p for p in cache_folder().iterdir() if p.is_dir()]
    damage(folder / name)
    said: list[str] = []
    for _ in range(2):
        found = load_static(str(file), progress=lambda share, what: said.append(what))
        assert found.keyed_vectors.index_to_key == WORDS
        assert np.array_equal(found.keyed_vectors.vectors, expected)
        assert found.origin.note == ""
    told = f"The kept copy {folder} is damaged: it is made anew"
    assert caplog.messages == [told]
    assert [what for what in said if "kept copy" in what] == [told]


@pytest.mark.parametrize("name", ["glove.txt", "word2vec.txt", "fasttext.vec"])
@pytest.mark.parametrize("packed", ["", ".gz"])
def test_without_room_for_a_copy_vectors_are_used_as_they_were_read(
    tmp_path: Path, keyed: KeyedVectors, monkeypatch: pytest.MonkeyPatch, name: str, packed: str
) -> None:
    file = write(tmp_path / (name + packed), keyed)
    expected = load_static(str(file)).keyed_vectors.vectors
    (tmp_path / "taken").write_text("a file")
    monkeypatch.setenv("CTXCORE_CACHE", str(tmp_path / "taken" / "cache"))
    for _ in range(2):
        found = load_static(str(file))
        assert found.keyed_vectors.index_to_key == WORDS
        assert np.array_equal(found.keyed_vectors.vectors, expected)
        assert found.origin.note.startswith(
            f"No copy is kept for the next start, which takes as long again: {tmp_path}/taken/cache"
        )
        assert "168 bytes are needed there" in found.origin.note


def test_a_disk_that_fills_up_keeps_no_half_vectors(tmp_path: Path) -> None:
    file = tmp_path / "glove.txt"
    file.write_bytes(b"".join(b"word%05d 0.12345 0.54321\n" % i for i in range(5000)))
    with files_up_to(10_000):
        found = load_static(str(file))
    assert len(found) == 5000
    assert "40 kB are needed there" in found.origin.note
    assert [p for p in cache_folder().iterdir() if p.is_dir()] == []
    assert load_static(str(file)).origin.note == ""
