"""What is kept has a greatest size: the least recently used goes, never what is in use or was just written."""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ctxcore import BadInputError, load_model, load_static
from ctxcore.models import kept
from ctxcore.models.kept_use import most_bytes, uses
from ctxcore.models.versions import unchanged
from tests import tiny_gguf

MB = 1_000_000


class User:
    """Who works with what was kept."""


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("CTXCORE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("CTXCORE_CACHE_MB", "3")
    yield tmp_path / "cache"
    gc.collect()


def keep(letter: str, size: int = MB, user: User | None = None) -> Path:
    """One folder of so many bytes and its seal, in use as long as its user lives; without one it is let go at once."""
    found = kept.keep(
        f"{letter}-0123456789ab",
        size,
        lambda: bytes(size),
        lambda value, folder: (folder / "numbers").write_bytes(value) and None,
        lambda share, what: None,
    )
    assert isinstance(found, Path)
    uses.end_with(user or User(), found)
    return found


def there(cache: Path) -> str:
    return "".join(sorted(entry.name[0] for entry in cache.iterdir() if entry.is_dir()))


def test_who_begins_to_use_a_folder_changes_nothing_for_those_who_read_it(cache: Path) -> None:
    folder = keep("a", MB - 1000)
    with unchanged(folder):
        uses.begin(folder)
    uses.end(folder)


def test_the_least_recently_used_goes(cache: Path) -> None:
    keep("a", MB - 1000)
    keep("b", MB - 1000)
    keep("c", MB - 1000)
    assert there(cache) == "abc"
    keep("a", MB - 1000)  # used again
    keep("d", MB - 1000)
    assert there(cache) == "acd"
    keep("e", 2 * MB - 2000)
    assert there(cache) == "de"


def test_what_was_just_written_stays_whatever_its_size(cache: Path) -> None:
    keep("a")
    found = keep("b", 5 * MB)
    assert there(cache) == "b"
    assert kept.is_whole(found)
    keep("c")
    assert there(cache) == "c"


def test_what_is_in_use_stays_until_its_user_goes(cache: Path) -> None:
    first, second = User(), User()
    keep("a", 2 * MB, first)
    keep("a", 2 * MB, second)
    keep("b", 2 * MB)
    assert there(cache) == "ab"
    del first
    keep("c", MB - 1000)
    assert there(cache) == "ac"  # one of two users is left
    del second
    keep("d", 2 * MB - 2000)
    assert there(cache) == "cd"


def test_a_copy_that_was_made_anew_is_as_much_in_use(cache: Path) -> None:
    user = User()
    damaged = keep("a", 2 * MB, user)
    (damaged / "numbers").write_bytes(b"")
    keep("a", 2 * MB, user)
    keep("b", 2 * MB)
    assert there(cache) == "ab"


def test_what_another_process_uses_stays(cache: Path) -> None:
    found = keep("a", 2 * MB)
    program = "import sys; from pathlib import Path; from ctxcore.models.kept_use import uses; " \
        "uses.begin(Path(sys.argv[1])); print('begun', flush=True); sys.stdin.read()"  # fmt: skip
    with subprocess.Popen(
        [sys.executable, "-c", program, str(found)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "begun\n"
        keep("b", 2 * MB)
        assert there(cache) == "ab"
        other.communicate()
    keep("c", 2 * MB)
    assert there(cache) == "c"


def test_what_is_no_kept_folder_of_ours_counts_and_goes_as_little_as_a_download(cache: Path) -> None:
    for name in ("hub", "a-0123456789ab-v2", "models"):  # the second is no kept folder: it has never had a lock
        (cache / name).mkdir(parents=True)
        (cache / name / "numbers").write_bytes(bytes(3 * MB))
    keep("b")
    keep("c")
    assert there(cache) == "abchm"


def test_what_went_is_made_again_and_in_use_it_goes_on(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Real vectors: three files of 0.8 MB each, of which the cache holds one."""
    monkeypatch.setenv("CTXCORE_CACHE_MB", "1")
    for number in range(3):
        rows = [f"word{n} " + " ".join(str((n * 7 + k + number) % 11) for k in range(20)) for n in range(10_000)]
        (tmp_path / f"{number}.txt").write_text("\n".join(rows))
    first = load_static(tmp_path / "0.txt")
    expected = first.vector("word9999").tolist()
    second = load_static(tmp_path / "1.txt")
    assert there(cache) == "ss"  # both are in use
    del first
    gc.collect()
    third = load_static(tmp_path / "2.txt")
    assert there(cache) == "ss"
    assert second.vector("word3")[0] == 22 % 11
    del second, third
    gc.collect()
    assert load_static(tmp_path / "0.txt").vector("word9999").tolist() == expected
    assert there(cache) == "s"


def test_an_unpacked_model_is_in_use_while_it_lives(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CTXCORE_CACHE_MB", "1")
    model = load_model(tiny_gguf.write(tmp_path / "m.gguf"))
    keep("b", 2 * MB)
    assert there(cache) == "bm"
    keep("c", 2 * MB)
    assert there(cache) == "cm"
    del model
    gc.collect()
    keep("d", 2 * MB)
    assert there(cache) == "d"
    assert load_model(tmp_path / "m.gguf").next_words(["the dog"], k=1)
    assert there(cache) == "m"


@pytest.mark.parametrize("setting", ["0", "-1", "1.5", "much", "\u0661", "1" * 13])
def test_the_setting_is_a_number_of_megabytes(setting: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CTXCORE_CACHE_MB", setting)
    with pytest.raises(BadInputError, match=r"CTXCORE_CACHE_MB is a whole number from 1 on.*Set it to 10000"):
        most_bytes()


def test_unset_it_is_ten_thousand(monkeypatch: pytest.MonkeyPatch) -> None:
    assert most_bytes() == 3 * MB
    monkeypatch.delenv("CTXCORE_CACHE_MB")
    assert most_bytes() == 10_000 * MB
