"""The engine: a question is measured once, its answer is shared, bounded in bytes, and gone when its files change."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import pytest

from ctxcore import BadInputError, StoppedError, answers
from ctxcore.engine import Engine, Query, freeze
from ctxcore.progress import Progress

COUNT: list[object] = []


@pytest.fixture(autouse=True)
def _none_asked() -> None:
    COUNT.clear()


@dataclass(frozen=True)
class Zeros(Query[np.ndarray]):
    """So many numbers, of so many bytes."""

    count: int
    model: str = "any"

    def run(self, engine: Engine, progress: Progress) -> np.ndarray:
        COUNT.append(self)
        progress(0.5, "half")
        return np.zeros(self.count)


@dataclass(frozen=True)
class Doubled(Query[float]):
    """Built on another answer."""

    of: Zeros

    def run(self, engine: Engine, progress: Progress) -> float:
        COUNT.append(self)
        return 2.0 * engine.get(self.of).size


@dataclass(frozen=True)
class Fails(Query[None]):
    """Never answered."""

    slow: ClassVar[bool] = True

    def run(self, engine: Engine, progress: Progress) -> None:
        COUNT.append(self)
        raise BadInputError("Rule.", "this", "Remedy.")


@dataclass(frozen=True)
class Waits(Query[int]):
    """Answered when it may be."""

    begun: ClassVar[threading.Event]
    may: ClassVar[threading.Event]

    def run(self, engine: Engine, progress: Progress) -> int:
        COUNT.append(self)
        self.begun.set()
        assert self.may.wait(120)
        return len(COUNT)


def test_equal_questions_are_measured_once_and_built_on() -> None:
    engine = Engine()
    assert engine.get(Doubled(Zeros(3))) == engine.get(Doubled(Zeros(3))) == 6
    assert engine.get(Zeros(3)).size == 3
    assert [Doubled(Zeros(3)), Zeros(3)] == COUNT
    assert engine.has(Zeros(3))
    assert not engine.has(Zeros(4))


def test_arrays_of_an_answer_cannot_be_changed() -> None:
    answer = Engine().get(Zeros(3))
    with pytest.raises(ValueError, match="read-only"):
        answer[0] = 1


def test_kept_answers_are_bounded_in_bytes_and_the_latest_asked_for_stay() -> None:
    engine = Engine(most_bytes=10_000)
    for count in range(100, 150):
        engine.get(Zeros(count))
        engine.get(Zeros(100))  # always wanted
        assert engine.kept_bytes <= 10_000
    assert engine.has(Zeros(149))
    assert engine.has(Zeros(100))
    assert not engine.has(Zeros(101))
    assert COUNT.count(Zeros(100)) == 1


def test_what_is_larger_than_all_is_answered_and_not_kept() -> None:
    engine = Engine(most_bytes=10_000)
    assert engine.get(Zeros(5_000)).size == 5_000
    assert not engine.has(Zeros(5_000))
    assert engine.kept_bytes == 0


def test_older_answers_make_room_before_a_large_one_is_measured() -> None:
    seen = []

    @dataclass(frozen=True)
    class Large(Query[np.ndarray]):
        def size(self, engine: Engine) -> int:
            return 8_000

        def run(self, engine: Engine, progress: Progress) -> np.ndarray:
            seen.append(engine.kept_bytes)
            return np.zeros(1_000)

    engine = Engine(most_bytes=10_000)
    engine.get(Zeros(1_000))
    engine.get(Large())
    assert seen == [0]


def test_what_takes_a_moment_goes_when_nobody_asks_for_it_and_what_takes_long_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    @dataclass(frozen=True)
    class Long(Zeros):
        slow: ClassVar[bool] = True

    now = [0.0]
    monkeypatch.setattr(answers, "time", SimpleNamespace(monotonic=lambda: now[0]))
    engine = Engine(quick_for=60)
    for asked in (Long(1), Zeros(2), Zeros(3)):
        engine.get(asked)
    now[0] = 50
    engine.get(Zeros(2))
    now[0] = 100
    engine.get(Zeros(4))
    assert [engine.has(asked) for asked in (Long(1), Zeros(2), Zeros(3), Zeros(4))] == [True, True, False, True]
    assert engine.kept_bytes == 8 * (1 + 2 + 4)
    now[0] = 10_000
    engine.get(Zeros(5))
    assert [engine.has(asked) for asked in (Long(1), Zeros(2), Zeros(4), Zeros(5))] == [True, False, False, True]
    forever = Engine()
    forever.get(Zeros(1))
    now[0] = 10**9
    forever.get(Zeros(2))
    assert forever.has(Zeros(1))


def test_what_is_not_kept_is_put_together_once_while_somebody_holds_it() -> None:
    @dataclass(frozen=True)
    class Joined(Query[np.ndarray]):
        def is_kept(self) -> bool:
            return False

        def run(self, engine: Engine, progress: Progress) -> np.ndarray:
            COUNT.append(self)
            return np.zeros(9)

    engine = Engine()
    held = engine.get(Joined())
    assert engine.get(Joined()) is held
    assert len(COUNT) == 1
    assert not engine.has(Joined())
    assert not engine.kept_bytes
    del held
    engine.get(Joined())
    assert len(COUNT) == 2


def test_views_count_with_what_they_hold_alive() -> None:
    whole = np.zeros((1000, 10))
    assert sum(freeze(whole[:1]).values()) >= whole.nbytes
    assert sum(freeze((whole, whole)).values()) < 2 * whole.nbytes


@dataclass(frozen=True)
class Beside(Query[tuple[int, np.ndarray]]):
    """An answer that holds another one's array."""

    number: int

    def run(self, engine: Engine, progress: Progress) -> tuple[int, np.ndarray]:
        return self.number, engine.get(Zeros(1_000))


def test_an_array_that_several_answers_hold_counts_once() -> None:
    engine = Engine(most_bytes=10_000)
    for number in range(5):
        engine.get(Beside(number))
        assert engine.kept_bytes < 9_000
    assert [Zeros(1_000)] == COUNT
    for count in range(400, 500):  # it goes when the last that holds it goes, and is not counted for ever
        engine.get(Zeros(count))
        assert engine.kept_bytes <= 10_000
    assert not any(engine.has(Beside(number)) for number in range(5))
    assert engine.kept_bytes > 2 * 8 * 400


def test_a_file_that_changes_makes_old_answers_unreachable() -> None:
    files = {"any": "monday", "other": "monday"}
    engine = Engine(files=lambda kind, name: files[name])
    for query in (Zeros(1), Doubled(Zeros(1)), Zeros(1, "other")):
        engine.get(query)
    files["any"] = "tuesday"
    assert not engine.has(Zeros(1))
    assert not engine.has(Doubled(Zeros(1)))  # it rests on the same file, through the question that it holds
    assert engine.has(Zeros(1, "other"))


def test_a_failure_is_told_each_time_and_not_kept() -> None:
    engine = Engine()
    for _ in range(2):
        with pytest.raises(BadInputError, match="Remedy"):
            engine.get(Fails())
    assert len(COUNT) == 2


def test_asked_by_two_at_once_it_is_measured_by_one_and_who_waits_can_stop() -> None:
    Waits.begun, Waits.may = threading.Event(), threading.Event()
    engine, answers = Engine(), []
    first = threading.Thread(target=lambda: answers.append(engine.get(Waits())))
    first.start()
    assert Waits.begun.wait(120)
    said = []

    def stop(share: float, what: str) -> None:
        said.append(what)
        raise StoppedError(what)

    with pytest.raises(StoppedError):
        engine.get(Waits(), stop)  # one waits no longer; the other's measurement goes on
    assert said == ["Waiting for the same measurement"]
    waits = threading.Event()
    second = threading.Thread(target=lambda: answers.append(engine.get(Waits(), lambda share, what: waits.set())))
    second.start()
    assert waits.wait(120)
    Waits.may.set()
    for thread in (first, second):
        thread.join(120)
    assert answers == [1, 1]
    assert engine._asked == {}


def test_who_stops_leaves_the_question_to_be_asked_again() -> None:
    engine = Engine()

    def stop(share: float, what: str) -> None:
        raise StoppedError(what)

    with pytest.raises(StoppedError):
        engine.get(Zeros(2), stop)
    assert engine.get(Zeros(2)).size == 2


@dataclass(frozen=True)
class Counted(Query[tuple[int, ...]]):
    """Numbers up to one; stopped early it is those that were there."""

    most: int

    def run(self, engine: Engine, progress: Progress) -> tuple[int, ...]:
        found: list[int] = []
        try:
            for number in range(self.most):
                found.append(number)
                progress(number / self.most, "counting")
        except StoppedError:
            pass
        return tuple(found)

    def answered(self, answer: tuple[int, ...]) -> Counted:
        return Counted(len(answer))


def test_what_was_stopped_early_answers_a_smaller_question_alone() -> None:
    def stop(share: float, what: str) -> None:
        if share >= 0.3:
            raise StoppedError(what)

    engine = Engine()
    assert engine.get(Counted(10), stop) == (0, 1, 2, 3)
    assert not engine.has(Counted(10))
    assert engine.has(Counted(4))
    assert len(engine.get(Counted(10))) == 10
    assert engine.has(Counted(10))


@dataclass(frozen=True)
class SaysItsSize:
    """It counts itself."""

    parts: tuple[str, ...]

    @property
    def nbytes(self) -> int:
        return 5000


def test_an_answer_that_counts_itself_is_taken_at_its_word() -> None:
    assert sum(freeze(SaysItsSize(("a", "b"))).values()) == 5000
    assert sum(freeze((SaysItsSize(()), np.zeros(100))).values()) == 5000 + 800 + 64
