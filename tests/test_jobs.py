"""Work behind the page: who waits for it, who stops it, what is kept of it, and files that wait for their readers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from ctxcore import BadInputError, StoppedError
from ctxcore.charts.space_scores import JudgedSpace
from ctxcore.workspace import Workspace
from dashboard import cache, memory, reports, store
from dashboard import deliveries as kept
from dashboard import jobs as worker
from dashboard.deliveries import Deliveries
from dashboard.job_errors import TakesTooLongError, UnforeseenError
from dashboard.jobs import Job, Jobs, Progress
from dashboard.memory import NoMemoryError
from dashboard.settings import settings

PATIENCE = 20.0
"""Seconds: nothing here takes as long."""


class Gate:
    """Work that goes on until it is let through, and says how far it is meanwhile."""

    def __init__(self, result: object = "done") -> None:
        self.open = threading.Event()
        self.under_way = threading.Event()
        self.result = result

    def __call__(self, progress: Progress) -> object:
        while not self.open.wait(0.01):
            progress(0.5, "half")
            self.under_way.set()
        return self.result


@contextmanager
def working(gate: Gate, begin: Callable[[], None]) -> Iterator[None]:
    begin()
    assert gate.under_way.wait(PATIENCE)
    yield
    gate.open.set()


def until(true: Callable[[], object]) -> None:
    """Wait for a condition."""
    moment = threading.Event()
    for _ in range(int(PATIENCE / 0.01)):
        if true():
            return
        moment.wait(0.01)
    raise AssertionError("it did not come to it")


def test_who_stops_a_shared_job_stops_it_for_no_one_else() -> None:
    gate = Gate()
    job = Job(gate)
    job.look("Ann")
    assert not job.begun  # its line is not on Ann's screen before the second time
    job.look("Ben")
    job.look("Ann")
    with working(gate, job.begin):
        job.stop("Ann")
        assert job.stopped_for("Ann")
        assert not job.stopped_for("Ben")
    assert job.wait() == "done"
    assert not job.stopped_for("Ann")  # it came after all


def test_the_last_who_waits_stops_the_work() -> None:
    gate = Gate()
    job = Job(gate)
    for reader in ("Ann", "Ben", "Ann"):
        job.look(reader)
    assert gate.under_way.wait(PATIENCE)
    job.stop("Ben")
    assert not job.ending
    job.stop("Ann")
    assert job.ending  # from now on: who starts again gets another job
    with pytest.raises(StoppedError):
        job.wait()
    assert job.stopped_for("a third")


def test_what_a_page_shows_no_more_ends_unless_another_waits_and_begins_anew_when_asked_again() -> None:
    jobs, gate = Jobs({"answer": 2}), Gate()
    job = jobs.get("answer", "key", gate)
    job.begin("Ann")
    job.begin("Ben")
    assert gate.under_way.wait(PATIENCE)
    job.leave("Ann")
    assert not job.ending
    job.join("Cid")  # who came as the others were found to be gone
    job.leave("Ann", "Ben")
    assert not job.abandoned
    job.leave("Cid")
    assert job.abandoned
    other = Gate()
    again = jobs.get("answer", "key", other)
    assert again is not job
    with pytest.raises(StoppedError):
        job.wait()
    with working(other, again.begin):
        assert not again.ending
    assert again.wait() == "done"
    assert jobs.find("answer", "key") is again


def test_work_that_others_cannot_go_on_without_outlasts_its_reader() -> None:
    gate, got = Gate(), []
    job = Job(gate)
    job.begin("Ann")
    other = threading.Thread(target=lambda: got.append(job.wait()))
    other.start()
    until(lambda: job.lasts)
    job.leave("Ann")
    assert not job.ending
    gate.open.set()
    other.join(PATIENCE)
    assert got == ["done"]


def test_one_question_ends_at_its_time_with_a_sentence_that_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "settings", lambda: replace(settings(), longest=0))
    job = Job(Gate())
    with pytest.raises(TakesTooLongError, match="may take 0 seconds on this server"):
        job.wait()
    assert not job.stopped  # the page says why, and not that somebody stopped it
    loading = Job(lambda progress: progress(0.5, "half") or "there", kind="model")
    assert loading.wait() == "there"  # one for all; nobody asks it twice


def test_who_stopped_can_wait_again_while_it_goes_on() -> None:
    gate = Gate()
    job = Job(gate)
    for reader in ("Ann", "Ben", "Ben"):
        job.look(reader)
    job.stop("Ann")
    job.join("Ann")
    assert not job.stopped_for("Ann")
    gate.open.set()
    assert job.wait() == "done"


def _fail(progress: Progress) -> None:
    raise ValueError("no")


def test_what_failed_goes_and_pushes_out_nothing_that_succeeded() -> None:
    jobs = Jobs({"heads": 2})
    good = jobs.get("heads", "good", lambda progress: 1)
    good.wait()
    for number in range(40):
        job = jobs.get("heads", number, _fail)
        with pytest.raises(UnforeseenError, match="ValueError: no"):
            job.wait()
    assert jobs.find("heads", "good") is good
    assert jobs.find("heads", 39) is not None  # the page that waits for it still learns why
    assert jobs.find("heads", 0) is None
    assert sum(jobs.find("heads", number) is not None for number in range(40)) <= 16


class PanicException(BaseException):
    """As a library written in Rust raises it."""


@pytest.mark.parametrize(
    ("raised", "says"),
    [
        (ZeroDivisionError("odd"), "ZeroDivisionError: odd"),
        (KeyError("layer"), "KeyError: 'layer' is missing or unknown"),
        (AttributeError("'X' has no attribute 'y'"), "AttributeError"),
        (MemoryError(), "MemoryError"),
        (OSError(28, "No space left on device"), "OSError: the disk is full"),
        (PanicException("index out of bounds"), "PanicException: index out of bounds"),
    ],
)
def test_whatever_is_raised_behind_a_page_is_one_of_our_errors_and_the_log_has_the_rest(
    raised: BaseException, says: str, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(progress: Progress) -> None:
        progress(0.5, "Counting")
        raise raised

    job = Job(fail)
    with pytest.raises(UnforeseenError) as caught:
        job.wait()
    assert caught.value.received == says
    assert caught.value.rule
    assert "Try again" in caught.value.remedy
    assert not job.stopped
    assert job.value is None
    assert "work behind the page failed" in caplog.text
    assert "in fail" in caplog.text  # where it happened


def test_an_error_of_ours_stays_as_it_is_and_fills_no_log(caplog: pytest.LogCaptureFixture) -> None:
    error = BadInputError("A rule.", "this", "Do that.")

    def fail(progress: Progress) -> None:
        raise error

    with pytest.raises(BadInputError) as caught:
        Job(fail).wait()
    assert caught.value is error
    assert not caplog.records


def test_what_nobody_begins_does_not_pile_up_and_a_late_press_counts() -> None:
    jobs = Jobs({"heads": 2})
    offered = [jobs.get("heads", number, lambda progress: 1) for number in range(1000)]
    assert sum(jobs.find("heads", number) is not None for number in range(1000)) <= 32
    assert jobs.find("heads", 0) is None
    offered[0].begin()  # the button still stood on somebody's page
    assert jobs.find("heads", 0) is offered[0]


def _deliveries(most: int, monkeypatch: pytest.MonkeyPatch, expected: int = 10) -> tuple[Deliveries, set[str]]:
    monkeypatch.setattr(kept, "_EXPECTED", expected)
    gone: set[str] = set()
    return Deliveries(most, lambda reader: reader not in gone), gone


def test_twenty_readers_each_get_their_file(monkeypatch: pytest.MonkeyPatch) -> None:
    found, _ = _deliveries(400, monkeypatch)
    jobs = [found.ask(number, f"reader {number}", lambda progress, n=number: bytes([n]) * 15) for number in range(20)]
    for number, job in enumerate(jobs):
        assert job.wait() == bytes([number]) * 15
    for number in range(20):
        assert found.find(number) is jobs[number]
        assert found.waits(number, f"reader {number}")


def test_beyond_the_bound_a_new_one_waits_and_nothing_untaken_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    found, gone = _deliveries(100, monkeypatch)
    for number in range(9):
        found.ask(number, f"reader {number}", lambda progress: b"x" * 10).wait()
    found.ask(9, "reader 9", lambda progress: b"x" * 10).wait()
    with pytest.raises(BadInputError, match="have not been taken yet"):
        found.ask(10, "reader 10", lambda progress: b"x" * 10)
    assert all(found.find(number) is not None for number in range(10))
    found.taken(3, "reader 3")
    assert found.ask(10, "reader 10", lambda progress: b"y" * 10).wait() == b"y" * 10
    assert found.find(3) is None
    assert found.made_room(3)
    assert not found.made_room(4)
    gone.add("reader 5")  # closed the page without taking it
    found.ask(11, "reader 11", lambda progress: b"z").wait()
    assert found.find(5) is None
    assert found.find(4) is not None


def test_one_file_that_two_asked_for_stays_until_both_have_it(monkeypatch: pytest.MonkeyPatch) -> None:
    found, _ = _deliveries(30, monkeypatch)
    job = found.ask("same", "Ann", lambda progress: b"x" * 25)
    assert found.ask("same", "Ben", _fail) is job
    job.wait()
    found.taken("same", "Ann")
    with pytest.raises(BadInputError):
        found.ask("other", "Ann", lambda progress: b"")
    found.taken("same", "Ben")
    found.ask("other", "Ann", lambda progress: b"").wait()


def test_a_file_that_failed_is_made_anew_when_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    found, _ = _deliveries(30, monkeypatch)
    with pytest.raises(UnforeseenError, match="ValueError: no"):
        found.ask("key", "Ann", _fail).wait()
    assert found.ask("key", "Ann", lambda progress: b"now").wait() == b"now"


def test_a_vector_file_that_changes_leaves_no_score_and_no_report_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CTXCORE_CACHE", str(tmp_path / "cache"))
    file = tmp_path / "mine.txt"
    file.write_text("dog 1 2 3\ncat 4 5 6\n")
    name = str(file)
    workspace = Workspace("dog", ("The dog ran.",), static=name)
    cache.own("static", name).wait()
    scores, report = store.engine().key(JudgedSpace(name)), reports.key_of("html", workspace)
    assert store.engine().key(JudgedSpace(name)) == scores
    assert reports.key_of("html", workspace) == report
    file.write_text("dog 1 2 3\ncat 4 5 6\nbird 7 8 9\n")
    assert reports.key_of("html", workspace) == report  # the old vectors are still the ones at work
    assert len(cache.own("static", name).wait()) == 3
    assert store.engine().key(JudgedSpace(name)) != scores
    assert reports.key_of("html", workspace) != report
    assert reports.key_of("html", Workspace("dog", ("The dog ran.",)))[-1] == ""  # what is bundled cannot change


def test_heavy_work_asks_for_room_before_it_begins_and_what_all_wait_for_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full() -> None:
        raise NoMemoryError("It is full.", "9 MB", "Try again.")

    monkeypatch.setattr(memory, "make_room", full)
    begun: list[str] = []
    for kind in ("answer", "training", "report"):
        with pytest.raises(NoMemoryError):
            Job(lambda progress: begun.append("heavy"), kind=kind).wait()
    assert begun == []
    assert Job(lambda progress: "there", kind="model").wait() == "there"
