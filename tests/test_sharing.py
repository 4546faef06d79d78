"""Forward passes of many threads: first come, first served, and long work beside them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from ctxcore.models import sharing
from ctxcore.models.sharing import Line

PATIENCE = 20.0


@pytest.fixture(autouse=True)
def turns() -> Iterator[None]:
    """One pass at a time here; what it was comes back, and this thread is one of pages."""
    before = dict(sharing._lines)
    sharing.take_turns(1)
    yield
    sharing._lines.clear()
    sharing._lines.update(before)


def wait_until(true: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(int(PATIENCE / 0.01)):
        if true():
            return
        pause.wait(0.01)
    pytest.fail("it never came to be")


def test_who_waits_comes_in_order_and_before_who_has_just_been() -> None:
    line, order = Line(1), []

    def come(name: str) -> None:
        with line.place():
            order.append(name)

    with line.place():
        others = []
        for name in "abc":
            others.append(threading.Thread(target=come, args=(name,)))
            others[-1].start()
            wait_until(lambda: len(line._waiting) == len(others))
    come("again")
    for other in others:
        other.join(PATIENCE)
    assert order == ["a", "b", "c", "again"]


def test_a_place_is_free_again_after_an_error_and_a_pass_within_a_pass_waits_for_nothing() -> None:
    with pytest.raises(ZeroDivisionError), sharing.turn(), sharing.turn():
        1 / 0  # noqa: B018
    with sharing.turn():
        assert sharing._lines[False]._free == 0
    assert sharing._lines[False]._free == 1


def test_long_work_has_a_place_of_its_own() -> None:
    ran = threading.Event()

    def long() -> None:
        sharing.stand_aside()
        with sharing.turn():
            ran.set()

    with sharing.turn():
        thread = threading.Thread(target=long)
        thread.start()
        assert ran.wait(PATIENCE)  # though the place of pages is taken
        thread.join(PATIENCE)


def test_where_nobody_asked_for_turns_passes_run_as_they_come() -> None:
    sharing._lines.clear()
    ran = threading.Event()

    def other() -> None:
        with sharing.turn():
            ran.set()

    with sharing.turn():
        threading.Thread(target=other).start()
        assert ran.wait(PATIENCE)
