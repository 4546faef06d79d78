"""A file that was made on demand stays until the browser has fetched it, however many pages are drawn meanwhile."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from streamlit import runtime
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.media_file_storage import MediaFileStorageError
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage

from dashboard import downloads

MIME, NAME = "text/csv", "numbers.csv"


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> MediaFileManager:
    """Streamlit's own keeper of files, as the server has it, and an empty shelf."""
    found = MediaFileManager(MemoryMediaFileStorage("/media"))
    monkeypatch.setattr(runtime, "exists", lambda: True)
    monkeypatch.setattr(runtime, "get_instance", lambda: SimpleNamespace(media_file_mgr=found))
    monkeypatch.setattr(downloads, "_shelf", downloads._Shelf())
    return found


def _press(files: MediaFileManager, make: object) -> str:
    """A reader presses the button; two other readers' pages are drawn before the browser asks for the file."""
    address = files.execute_deferred(files.add_deferred(make, MIME, "place", NAME))  # type: ignore[arg-type]
    files.remove_orphaned_files()
    files.remove_orphaned_files()
    return address.rpartition("/")[2]


def test_a_file_outlives_the_pages_of_others(files: MediaFileManager) -> None:
    name = _press(files, lambda: b"1,2,3\n")
    with pytest.raises(MediaFileStorageError):  # what this is about
        files._storage.get_file(name)  # type: ignore[attr-defined]
    name = _press(files, downloads.held(lambda: b"1,2,3\n", MIME, NAME))
    found = files._storage.get_file(name)  # type: ignore[attr-defined]
    assert (found.content, found.mimetype, found.filename) == (b"1,2,3\n", MIME, NAME)


def test_many_at_once_are_all_there_and_the_oldest_go_beyond_the_bound(
    files: MediaFileManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloads, "_MOST", 1000)
    names = [_press(files, downloads.held(lambda n=n: bytes([n]) * 100, MIME, NAME)) for n in range(10)]
    assert [files._storage.get_file(name).content[0] for name in names] == list(range(10))  # type: ignore[attr-defined]
    later = [_press(files, downloads.held(lambda n=n: bytes([n]) * 100, MIME, NAME)) for n in range(10, 30)]
    kept = [name for name in (*names, *later) if files.read_file(name) is not None]
    assert kept == later[-10:]
    assert len(files._files_by_session_and_coord["dontcare"]) <= 13  # places are used again


def test_a_file_goes_when_its_time_is_over(files: MediaFileManager, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(downloads, "time", SimpleNamespace(monotonic=lambda: now[0]))

    def pressed(content: bytes) -> str:
        return _press(files, downloads.held(lambda: content, MIME, NAME))

    first = pressed(b"first")
    now[0] = downloads._LONGEST - 1
    second = pressed(b"second")
    assert files.read_file(first) is not None
    now[0] = downloads._LONGEST + 1
    pressed(b"third")
    assert files.read_file(first) is None
    assert files.read_file(second) is not None
