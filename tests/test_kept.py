"""What is made once and kept: whole or made again, never half, and used without a copy where there is no room for one."""

from __future__ import annotations

import json
import logging
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from filelock import FileLock

from ctxcore import StoppedError
from ctxcore.models import cache_dir, kept
from ctxcore.models.kept import Unkept
from tests.small_disk import files_up_to

NAME = "thing-0123456789ab"
CONTENT = bytes(range(256)) * 4096


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CTXCORE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


class Maker:
    """Makes the content, and counts how often."""

    def __init__(self, content: bytes = CONTENT) -> None:
        self.content = content
        self.made = 0
        self.told: list[str] = []

    def make(self) -> bytes:
        self.made += 1
        return self.content

    def write(self, value: bytes, folder: Path) -> None:
        (folder / "numbers").write_bytes(value)
        (folder / "words").write_text("one two")

    def tell(self, share: float, what: str) -> None:
        self.told.append(what)

    def keep(self, name: str = NAME) -> Path | Unkept[bytes]:
        return kept.keep(name, len(self.content), self.make, self.write, self.tell)


def folder_of(found: Path | Unkept[bytes]) -> Path:
    assert isinstance(found, Path)
    return found


def test_it_is_made_once(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    maker = Maker()
    first = folder_of(maker.keep())
    assert first.parent == cache
    assert (first / "numbers").read_bytes() == CONTENT
    monkeypatch.setattr(kept, "FileLock", None)  # what is finished is read without waiting for anybody
    assert maker.keep() == first
    assert (maker.made, maker.told) == (1, [])


def at(position: int, content: bytes) -> Callable[[Path], object]:
    """Other bytes in the middle of the file, which keeps its size and gets its old time stamps back."""

    def spoil(folder: Path) -> None:
        file = folder / "numbers"
        before = file.stat()
        whole = bytearray(file.read_bytes())
        whole[position : position + len(content)] = content
        file.write_bytes(whole)
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))

    return spoil


def rewrite(name: str, change: Callable[[bytes], bytes]) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_bytes(change((folder / name).read_bytes()))


DAMAGES = {
    "one bit": at(777_777, bytes([CONTENT[777_777] ^ 1])),
    "zeros": at(500_000, bytes(100_000)),
    "first byte": at(0, b"\x07"),
    "last byte": at(len(CONTENT) - 1, b"\x07"),
    "two bytes changed places": at(1000, CONTENT[1000:1002][::-1]),
    "cut in half": rewrite("numbers", lambda b: b[: len(b) // 2]),
    "empty": rewrite("numbers", lambda b: b""),
    "one byte more": rewrite("numbers", lambda b: b + b"x"),
    "other file": rewrite("words", lambda b: b"one owt"),
    "a file gone": lambda folder: (folder / "words").unlink(),
    "a file too many": lambda folder: (folder / "adapter_config.json").write_text("{}"),
    "a folder in a file's place": lambda folder: ((folder / "words").unlink(), (folder / "words").mkdir()),
    "no seal": lambda folder: (folder / kept.SEAL).unlink(),
    "empty seal": rewrite(kept.SEAL, lambda b: b""),
    "cut seal": rewrite(kept.SEAL, lambda b: b[:-5]),
    "seal of another shape": rewrite(kept.SEAL, lambda b: b"[1, 2]"),
    "seal of numbers": rewrite(kept.SEAL, lambda b: b'{"files": {"numbers": 5, "words": 7}}'),
    "seal of nothing": rewrite(kept.SEAL, lambda b: b'{"files": {}}'),
    "no folder": shutil.rmtree,
    "a file in the folder's place": lambda folder: (shutil.rmtree(folder), folder.write_text("x")),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_copy_is_made_anew_and_it_is_said(cache: Path, caplog: pytest.LogCaptureFixture, damage: str) -> None:
    maker = Maker()
    first = folder_of(maker.keep())
    assert kept.is_whole(first)
    DAMAGES[damage](first)
    assert not kept.is_whole(first)
    with caplog.at_level(logging.WARNING):
        assert maker.keep() == first
    assert kept.is_whole(first)
    assert (first / "numbers").read_bytes() == CONTENT
    assert maker.made == 2
    said = f"The kept copy {first} is damaged: it is made anew"
    assert maker.told == caplog.messages == ([] if damage == "no folder" else [said])
    assert sorted(p.name for p in first.iterdir()) == ["numbers", "seal.json", "words"]


def test_a_file_that_a_file_manager_leaves_is_no_damage(cache: Path) -> None:
    maker = Maker()
    (folder_of(maker.keep()) / ".DS_Store").write_bytes(b"x")
    maker.keep()
    assert maker.made == 1


def test_the_seal_holds_what_crc32_gives(cache: Path) -> None:
    import zlib

    found = folder_of(Maker().keep())
    sealed = json.loads((found / kept.SEAL).read_text())
    assert sealed["files"] == {"numbers": [len(CONTENT), zlib.crc32(CONTENT)], "words": [7, zlib.crc32(b"one two")]}
    (cache / "none").mkdir()
    kept.seal(cache / "none")
    assert kept.is_whole(cache / "none")


def test_what_is_interrupted_leaves_nothing_that_looks_finished(cache: Path) -> None:
    class Interrupted(Maker):
        def write(self, value: bytes, folder: Path) -> None:
            super().write(value, folder)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Interrupted().keep()
    assert [p for p in cache.iterdir() if p.is_dir()] == []
    assert (folder_of(Maker().keep()) / "numbers").read_bytes() == CONTENT


def test_what_making_raises_is_raised(cache: Path) -> None:
    class Failing(Maker):
        def make(self) -> bytes:
            raise OSError(28, "No space left on device")  # of its own, and no reason to go on without a copy

    with pytest.raises(OSError, match="No space"):
        Failing().keep()


def test_who_waits_for_another_process_takes_its_result(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other process finishes while this one waits for the lock: nothing is made a second time."""
    maker = Maker()
    target = folder_of(maker.keep())
    aside = target.rename(cache / "aside")
    other = FileLock(f"{target}.lock")
    other.acquire()

    def told(share: float, what: str) -> None:
        assert what == "Waiting: another process prepares the same file"
        aside.rename(target)
        other.release()

    assert kept.keep(NAME, 1, maker.make, maker.write, told) == target
    assert maker.made == 1


def test_waiting_for_another_process_can_be_stopped(cache: Path) -> None:
    def stop(share: float, what: str) -> None:
        raise StoppedError(what)

    cache.mkdir()
    with FileLock(cache / f"{NAME}-v{kept.FORMAT}.lock"), pytest.raises(StoppedError, match="another process"):
        kept.keep(NAME, 1, Maker().make, Maker().write, stop)


KILLED = """
import os, signal, sys
from ctxcore.models import kept
def write(value, folder):
    (folder / "numbers").write_bytes(value)
    os.kill(os.getpid(), signal.SIGKILL)
kept.keep(sys.argv[1], 1, lambda: b"half", write, lambda share, what: None)
"""


def test_what_a_killed_process_left_goes_at_the_next_start(cache: Path) -> None:
    ran = subprocess.run([sys.executable, "-c", KILLED, NAME], timeout=600, check=False)
    assert ran.returncode == -signal.SIGKILL
    left = cache / f"{NAME}-v{kept.FORMAT}.work"
    assert (left / "numbers").read_bytes() == b"half"
    other = folder_of(Maker().keep("other-0123456789ab"))  # not even the same thing is asked for
    assert [p for p in cache.iterdir() if p.is_dir()] == [other]
    assert (folder_of(Maker().keep()) / "numbers").read_bytes() == CONTENT


def test_another_process_at_work_is_left_alone(cache: Path) -> None:
    cache.mkdir()
    owner = cache / f"{NAME}-v{kept.FORMAT}"
    work = Path(f"{owner}.work")
    work.mkdir()
    with FileLock(f"{owner}.lock"):
        Maker().keep("other-0123456789ab")
        assert work.is_dir()
    Maker().keep("other-0123456789ab")
    assert not work.exists()


def test_copies_of_the_former_format_and_what_it_left_go(cache: Path) -> None:
    cache.mkdir()
    old = [f"{NAME}-v1", f"{NAME}-v1-ab12_xyz", "static-0123456789abcdef-v1", "static-0123456789abcdef-v1-0a1b2c3d"]
    for name in old:
        (cache / name).mkdir()
    for name in (f"{NAME}-v1", "static-0123456789abcdef-v1"):
        (cache / f"{name}.lock").touch()
    stay = ["mine.work", "hub", "report-v1", f"later-0123456789ab-v{kept.FORMAT + 1}", "lone-0123456789ab-v1"]
    for name in stay:  # the last of them never had a lock, so it is none of ours
        (cache / name).mkdir()
    made = folder_of(Maker().keep())
    assert {p.name for p in cache.iterdir() if p.is_dir()} == {*stay, made.name}


def below_a_file(folder: Path) -> Path:
    (folder / "file").write_text("x")
    return folder / "file" / "cache"


def a_file(folder: Path) -> Path:
    (folder / "file").write_text("x")
    return folder / "file"


@pytest.mark.parametrize(
    "place", [below_a_file, a_file, lambda f: Path("/proc/ctxcore"), lambda f: Path("/dev/null/x")]
)
def test_a_folder_that_cannot_be_written_is_named_and_the_thing_is_used_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: Callable[[Path], Path]
) -> None:
    folder = place(tmp_path)
    monkeypatch.setenv("CTXCORE_CACHE", str(folder))
    maker = Maker()
    found = maker.keep()
    assert isinstance(found, Unkept)
    assert found.value == CONTENT
    assert str(folder) in found.why
    assert "1.0 MB are needed" in found.why
    assert maker.told == [found.note]
    assert "set CTXCORE_CACHE to another folder" in found.note
    maker.keep()
    assert maker.made == 2


def full(monkeypatch: pytest.MonkeyPatch, free: int) -> None:
    monkeypatch.setattr(cache_dir.shutil, "disk_usage", lambda path: SimpleNamespace(free=free))


def test_a_full_disk_is_seen_before_anything_is_written(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    full(monkeypatch, 400_000)

    class Never(Maker):
        def write(self, value: bytes, folder: Path) -> None:
            raise AssertionError("must not be written")

    found = Never().keep()
    assert isinstance(found, Unkept)
    assert found.value == CONTENT
    assert found.why == f"{cache} has 400 kB free; 1.0 MB are needed"


def test_a_damaged_copy_makes_room_for_the_new_one(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    maker = Maker()
    first = folder_of(maker.keep())
    DAMAGES["one bit"](first)
    full(monkeypatch, 400_000)
    assert maker.keep() == first
    assert kept.is_whole(first)


def test_a_disk_that_fills_up_while_it_is_written_leaves_nothing(cache: Path) -> None:
    with files_up_to(100_000):
        found = Maker().keep()
    assert isinstance(found, Unkept)
    assert found.value == CONTENT
    assert str(cache) in found.why
    assert "1.0 MB are needed" in found.why
    assert "free" in found.why
    assert [p for p in cache.iterdir() if p.is_dir()] == []
    assert isinstance(Maker().keep(), Path)


def test_files_that_cannot_be_locked_do_not_stop_it(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: str, timeout: float = -1) -> None:
        raise NotImplementedError("this file system knows no locks")

    monkeypatch.setattr(kept, "FileLock", refuse)
    found = Maker().keep()
    assert isinstance(found, Unkept)
    assert found.value == CONTENT
    assert "knows no locks" in found.why


def test_the_cache_folder_may_begin_at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/somebody")
    monkeypatch.setenv("CTXCORE_CACHE", "~/kept")
    assert cache_dir.cache_folder() == Path("/somebody/kept")


def test_room_is_asked_of_the_folder_itself(tmp_path: Path) -> None:
    assert cache_dir.why_not(tmp_path / "new" / "folder", 1) == ""
    assert (tmp_path / "new" / "folder").is_dir()
    why = cache_dir.why_not(tmp_path, 10**18)
    assert why.startswith(f"{tmp_path} has ")
    assert why.endswith("free; 1000000000 GB are needed")
