"""One rule of how a name becomes a path, wherever one is taken: models, vectors, provenance, settings."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ctxcore import BadInputError, CtxError, ModelError, load_model, load_static
from ctxcore.export import provenance
from ctxcore.models import folders, gensim_data
from ctxcore.models.cache_dir import cache_folder
from ctxcore.models.names import exists, local_path, place, split_limit

NOBODY = "~nobody-of-this-name"
NO_PATHS = [NOBODY, f"{NOBODY}/x", "x" * 300, "/" + "x" * 5000, "/dev/null/x", "a\0b", f"{NOBODY}\0", "\ud800", "", " "]


@pytest.mark.parametrize("name", NO_PATHS, ids=range(len(NO_PATHS)))
def test_what_is_no_path_is_nowhere_and_nothing_raises_a_system_error(name: str) -> None:
    assert not exists(name)
    assert folders.fingerprint(name) == ""
    assert provenance.files_of(name) == provenance.files_of(f"{name}@5") == ()
    assert split_limit(f"{name}@5") in ((name, 5), (f"{name}@5", None))
    for load in (load_model, load_static):
        with pytest.raises(CtxError):
            load(name)


@pytest.mark.parametrize(
    ("name", "kind", "says"),
    [
        ("", BadInputError, "an empty one"),
        ("a\0b", BadInputError, "a character that no name has"),
        ("x" * 5000, BadInputError, "5,000 letters"),
        ("./" + "x" * 300, ModelError, "name too long"),
    ],
)
def test_why_it_is_none(name: str, kind: type[CtxError], says: str) -> None:
    with pytest.raises(kind, match=says):
        place(name)


def test_the_home_folder_is_the_reader_s_and_an_unknown_user_s_is_part_of_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "mine").touch()
    assert local_path("~/mine") == place(Path("~") / "mine") == tmp_path / "mine"
    assert exists("~/mine")
    assert not exists("~/yours")
    assert place("~/yours") == tmp_path / "yours"
    assert local_path(f"{NOBODY}/x") == Path(NOBODY) / "x"
    monkeypatch.setenv("CTXCORE_CACHE", "~/kept")
    assert cache_folder() == tmp_path / "kept"


def test_a_setting_is_a_path_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Vectors that gensim fetched are found where its own setting says, and a user who is not known is nowhere."""
    name = "glove-twitter-25"
    (tmp_path / name).mkdir()
    (tmp_path / name / f"{name}.gz").touch()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("CTXCORE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("GENSIM_DATA_DIR", "~")
    assert gensim_data.fetched(name) == tmp_path / name / f"{name}.gz"
    monkeypatch.setenv("GENSIM_DATA_DIR", f"{NOBODY}/data")
    ours = tmp_path / "cache" / "gensim-data" / f"{name}.gz"
    ours.parent.mkdir(parents=True)
    ours.touch()
    assert gensim_data.fetched(name) == ours


def test_a_file_whose_name_ends_like_a_limit_is_meant_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "v@5").touch()
    assert split_limit(str(tmp_path / "v@5")) == (str(tmp_path / "v@5"), None)
    assert split_limit(str(tmp_path / "v@6")) == (str(tmp_path / "v"), 6)
    assert exists(os.fspath(tmp_path))
    assert exists(tmp_path)
