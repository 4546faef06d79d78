"""The queue of work behind the pages: how much at a time, whose turn it is, and what ends with its last reader."""

from __future__ import annotations

import threading
from collections.abc import Hashable

import pytest

from dashboard import turns
from dashboard.turns import Turns


class Asked:
    """Work that is begun, left and ended by hand."""

    lasts = False

    def __init__(
        self, name: str, *readers: str, kind: str = "report", sort: Hashable = None, long: bool = True
    ) -> None:
        self.name, self.kind, self.sort, self.long = name, kind, sort, long
        self.readers = frozenset(readers)
        self.begun = self.left = False

    def start(self) -> None:
        self.begun = True

    def leave(self, *readers: str) -> None:
        self.left = True

    def __repr__(self) -> str:
        return self.name


@pytest.fixture(autouse=True)
def _by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody looks round but the test."""
    monkeypatch.setattr(Turns, "_watch", lambda self: None)


def _turns(each: int = 1, gone: set[str] | None = None) -> Turns:
    return Turns(
        {"opening": 1, "short": 1, "long": 2, "pressed": 2}, each, lambda reader: reader not in (gone or set())
    )


def test_readers_take_turns_whoever_asked_for_more() -> None:
    asked = [Asked(f"Ann {i}", "Ann") for i in range(4)]
    asked += [Asked("Ben 0", "Ben"), Asked("Cat 0", "Cat"), Asked("Ben 1", "Ben")]
    found, order = _turns(), []
    for work in asked:
        found.ask(work)
    while working := [work for work in asked if work.begun]:
        order += [work.name for work in working if work.name not in order]
        first = next(work for name in order for work in working if work.name == name)
        found.over(first, 1.0)
        asked.remove(first)
    assert order == ["Ann 0", "Ben 0", "Cat 0", "Ann 1", "Ben 1", "Ann 2", "Ann 3"]


def test_a_reader_has_one_long_piece_of_work_at_a_time_and_who_waits_sees_the_place() -> None:
    found = _turns()
    ann = [Asked(f"Ann {i}", "Ann") for i in range(2)]
    for work in ann:
        found.ask(work)
    assert [work.begun for work in ann] == [True, False]  # though there is a place
    assert found.before(ann[1]) == 1
    others = [Asked(name, name) for name in ("Ben", "Cat", "Dan")]
    for work in others:
        found.ask(work)
    assert [work.begun for work in others] == [True, False, False]
    assert [found.before(work) for work in (*others[1:], ann[1])] == [2, 3, 4]
    found.over(others[0], 1.0)
    assert others[1].begun
    assert [found.before(work) for work in (others[2], ann[1])] == [2, 3]
    found.over(others[2], 0.0)  # waits no longer
    assert found.before(ann[1]) == 2
    assert found.counts() == {"working": {"report": 2}, "waiting": {"report": 1}}


def test_what_a_page_shows_by_itself_waits_for_nothing_that_was_pressed_for() -> None:
    found = _turns()
    found.over(Asked("known", sort="pair", long=False), 9.0)  # from now on such a question is known to take long
    pressed = [Asked(name, name) for name in ("Ann", "Ben", "Cat")]
    for work in pressed:
        found.ask(work)
    own = [Asked(f"{name}'s page", name, sort="pair", long=False) for name in ("Ann", "Dan", "Eve")]
    for work in own:
        found.ask(work)
    assert [found.lane(work) for work in (pressed[0], *own)] == ["pressed", "long", "long", "long"]
    assert [work.begun for work in (*pressed, *own)] == [True, True, False, True, True, False]
    assert [found.before(work) for work in (pressed[2], own[2])] == [2, 2]
    found.over(own[0], 9.0)
    assert own[2].begun
    assert not pressed[2].begun
    found.over(pressed[1], 9.0)
    assert pressed[2].begun


def test_what_two_readers_wait_for_comes_when_the_first_of_them_has_a_turn() -> None:
    found = _turns()
    both = Asked("both", "Ann", "Eve")
    for work in (Asked("Ann", "Ann"), Asked("Ben", "Ben"), Asked("Ben 1", "Ben"), both):
        found.ask(work)
    assert not both.begun
    assert found.before(both) == 2  # before what Ben, who has one, asked for earlier


def test_a_short_question_and_a_model_wait_for_no_long_one() -> None:
    found = _turns()
    for i in range(5):
        found.ask(Asked(f"report {i}", f"reader {i}"))
    short = Asked("short", "Ann", kind="answer", long=False)
    model = Asked("model", "Ann", kind="model", long=False)
    found.ask(short)
    found.ask(model)
    assert short.begun
    assert model.begun


def test_a_kind_of_question_is_long_once_one_of_it_has_taken_long() -> None:
    found = _turns()
    first, second, other = (Asked(n, n, kind="answer", sort=n[0], long=False) for n in ("a1", "a2", "b1"))
    for work in (first, second, other):
        found.ask(work)
    assert (first.begun, second.begun, other.begun) == (True, False, False)
    assert not found.outgrew(first, 0.5)
    assert found.outgrew(first, 2.5)
    assert not found.outgrew(first, 3.0)  # said once
    assert other.begun  # the place of short ones is free again
    assert second.begun  # and there is one for two long ones
    third = Asked("a3", "a3", kind="answer", sort="a", long=False)
    found.ask(third)
    assert not third.begun
    found.over(first, 0.3)
    assert found.lane(third) == "short"  # what is quick by now is short again


def test_what_somebody_with_a_turn_depends_on_begins_at_once() -> None:
    found = _turns()
    for name in ("Ann", "Ben"):
        found.ask(Asked(name, name))
    training = Asked("training", "Cat", kind="training")
    found.ask(training)
    assert not training.begun
    found.ask(training, now=True)
    assert training.begun


def test_what_nobody_waits_for_ends_once_its_readers_are_away_for_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(turns.time, "monotonic", lambda: now[0])
    gone: set[str] = set()
    found = Turns({"pressed": 1}, 1, lambda reader: reader not in gone)
    anns, both, nobodys, model = (
        Asked("Ann's", "Ann"),
        Asked("both", "Ann", "Ben"),
        Asked("script's"),
        Asked("model", "Ann"),
    )
    model.lasts = True
    for work in (anns, both, nobodys, model):
        found.ask(work)
    gone.add("Ann")
    assert found.look_round()
    now[0] += 1.0
    gone.clear()  # a line that broke and was joined again
    found.look_round()
    gone.add("Ann")
    found.look_round()
    now[0] += 1.5
    found.look_round()
    assert not anns.left
    now[0] += 0.6
    found.look_round()
    assert anns.left
    assert not any(work.left for work in (both, nobodys, model))
    gone.add("Ben")
    found.look_round()
    now[0] += 2.1
    found.look_round()
    assert both.left
    for work in (anns, both, nobodys, model):
        found.over(work, 0.0)
    assert not found.look_round()  # and nobody looks round any more


def test_long_work_gives_way_to_a_page_that_is_drawn_but_not_to_one_that_waits_for_it() -> None:
    found, steps = _turns(), []

    def work() -> None:
        found.give_way(60.0)
        steps.append("long work")

    thread = threading.Thread(target=work)
    with found.ahead():
        thread.start()
        thread.join(0.05)
        steps.append("page")
        with found.in_line():
            thread.join(20)
    assert steps == ["page", "long work"]
    found.give_way(60.0)  # nobody is ahead any more


def test_long_work_always_goes_on() -> None:
    found = _turns()
    with found.ahead():
        found.give_way(0.01)  # as long as it worked, and no longer


def test_long_work_steps_back_in_its_thread_alone() -> None:
    if turns.sys.platform != "linux":
        pytest.skip("no priorities of threads")
    import os

    found = []

    def work() -> None:
        turns.step_back()
        found.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))

    before = os.getpriority(os.PRIO_PROCESS, 0)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [max(10, before)]
    assert os.getpriority(os.PRIO_PROCESS, 0) == before
