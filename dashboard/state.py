"""The workspace: the one thing that pages share. Its text fields, its address and the opening of models are beside this module."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from ctxcore.controls import MovingControls
from ctxcore.text import clean, lines_of
from ctxcore.workspace import MOST_CANDIDATES, Mark, Place, Workspace, marks, most_sentences, sentences_in
from dashboard import address, opening, text_fields
from dashboard.examples import bank_senses, bank_substitutes, default, example, example_of, labelled
from dashboard.given_texts import given
from dashboard.links import LEAVES

__all__ = [
    "MOST_CANDIDATES", "Mark", "Place", "Workspace", "bank_senses", "default", "example", "example_of",
    "labelled", "marks", "most_sentences",
]  # fmt: skip
"""What comes from elsewhere and is read here by the pages; functions of this module are theirs anyway."""

_KEY, _PAGE = "workspace", "page"
_CLICKS, _FILE = "map_clicks", "table_file"


def current() -> Workspace:
    """The workspace of this session; at its start the one in the URL, else the default."""
    if _KEY not in st.session_state:
        _put(opening.without_unknown(address.read()))
    workspace: Workspace = st.session_state[_KEY]
    return workspace


def change(**fields: Any) -> None:
    """Replace parts of the workspace."""
    set_workspace(replace(current(), **fields))


def set_workspace(workspace: Workspace) -> None:
    """Make this the workspace, in the session, in the text fields and in the URL. What is too long stays in its text field alone."""
    lists = {name: LEAVES[name].of(workspace) for name in ("sentences", "training")}
    read: dict[str, Any] = {name: None if value is None else sentences_in(value)[0] for name, value in lists.items()}
    _put(replace(workspace, **read))
    text_fields.fill(lists, current())


def _put(workspace: Workspace) -> None:
    st.session_state[_KEY] = workspace


def try_example(example: Workspace) -> None:
    """Work on an example's word and sentences. Pages look at them as they did, unless the example says how."""
    before, usual = current(), Workspace("", ())
    looks = [part.name for part in fields(Workspace) if is_dataclass(part.default)]
    kept = {name: getattr(before, name) for name in looks if getattr(example, name) == getattr(usual, name)}
    set_workspace(replace(example, **kept))


def open_file(workspace: Workspace) -> None:
    """Make a workspace that a file holds the current one. Like a link, it opens no model that the reader has not chosen."""
    opening.set_origin("file")
    address.dismiss_notices()
    set_workspace(opening.without_unknown(workspace))


def on_page_change(page: str) -> None:
    """Called before a page is drawn. On another page every text field begins anew with what :mod:`dashboard.text_fields` says."""
    current()  # what a link asks for is known before anything is drawn
    if st.session_state.get(_PAGE) != page:
        st.session_state[_PAGE] = page
        text_fields.begin_page()


def page() -> str:
    """The page that is on screen, as its address says."""
    return str(st.session_state.get(_PAGE, ""))


def arrived() -> str:
    """For the browser: the page, two checksums of each text field (what was typed, and what its workspace alone fills it with),
    and the name of a workspace that is not kept any more.

    A text whose first checksum this is has arrived. After a reload only the workspace is there: where the second is what it was,
    it is the same workspace as before.
    """
    return ", ".join(map(json.dumps, (page(), text_fields.checksums(current()), address.gone())))


def text_field(name: str, box: int = 0, otherwise: str = "") -> dict[str, Any]:
    """Key, text and callback of a text field that holds a field of the workspace (``prompts``, ``heads.neutral``).

    Args:
        name: The field.
        box: Which of its text fields, where it has several.
        otherwise: What stands there where the workspace leaves it open.
    """
    return {**text_fields.bound(current(), name, box, otherwise), "on_change": _read_text, "args": (name,)}


def _read_text(name: str) -> None:
    """Take over what was typed, as far as it is read, and what goes with it."""
    set_control(name, text_fields.read(current(), name))


def unread(name: str = "sentences") -> tuple[str, ...]:
    """What is said of sentences that stand in a text field and are not read: too many, or too long."""
    texts = text_fields.texts_in(current(), name)
    return () if texts is None else sentences_in(lines_of(texts[0]))[1]


def _substitutes_of(before: Workspace, after: Workspace) -> Workspace:
    """Substitutes of the sense bank go with the word; the reader’s own stay."""
    if after.word == before.word:
        return after
    after = replace(after, bank=None)
    if before.substitutes != bank_substitutes(before.word):
        return after
    return replace(after, substitutes=bank_substitutes(after.word))


def _open_head_of(before: Workspace, after: Workspace) -> Workspace:
    """Another sentence has other words, and is looked at through the head that is open."""
    if after.focus == before.focus:
        return after
    layer, head = (st.session_state.get(key) for key in ("head_layer", "head_number"))
    return replace(after, at=None, head=after.head or (None if layer is None or head is None else (layer, head)))


def _head_off(before: Workspace, after: Workspace) -> Workspace:
    """What is switched off is the opened head, unless the reader chooses others."""
    return replace(after, heads=replace(after.heads, off=None))


_GOES_WITH: dict[str, Callable[[Workspace, Workspace], Workspace]] = {
    "word": _substitutes_of, "focus": _open_head_of, "head": _head_off,
}  # fmt: skip
"""What changes with a field: the workspace before, and with the new value alone."""


def set_focus(
    sentence: str, at: int | None = None, head: tuple[int, int] | None = None, model: str | None = None
) -> None:
    """Make this the sentence whose attention is looked at."""
    change(focus=sentence, at=at, head=head, model=model or current().model)


def set_prompts(first: str, second: str, candidates: tuple[str, ...]) -> None:
    """Make these the prompts and candidates."""
    change(prompts=(first, second), candidates=candidates)


def set_moving(first: str, second: str, candidates: tuple[str, ...], model: str) -> None:
    """Make these the two sentences that states are moved between, and put them into the first."""
    change(prompts=(first, second), candidates=candidates, model=model, moving=MovingControls())


def set_training(corpus: str, tested: str, n: int) -> None:
    """Ask this sentence of a table over the training sentences that we ship, or over another corpus."""
    change(corpus=corpus, training=None, tested=tested, n=n)


def training_file_key() -> tuple[str, Callable[[], None]]:
    """Key of the upload of a text for the table, and what to call when it changes."""
    return _FILE, _read_training_file


def clicks() -> int:
    """How many small maps were clicked so far. A chart that remembers a click would not report the same one again."""
    found: int = st.session_state.get(_CLICKS, 0)
    return found


def read_click(key: str, field: str = "head") -> None:
    """Take over the head whose small map was clicked, or another field of two numbers whose cell was."""
    if pair := clicked_pair(key):
        set_control(field, pair)


def clicked_pair(key: str) -> tuple[int, int] | None:
    """The head that was clicked in a plot, or another cell of two numbers; None where the click was on none."""
    points = [
        p for p in st.session_state[key]["selection"]["points"] if not isinstance(p.get("customdata"), str | None)
    ]
    if not points:
        return None
    st.session_state[_CLICKS] = clicks() + 1
    first, second = points[0]["customdata"][:2]
    return int(first), int(second)


def as_dict() -> dict[str, Any]:
    """The workspace as plain values, for a manifest."""
    workspace = current()
    found = marks(workspace)
    senses, groups, drawn = [m.sense for m in found], [m.group for m in found], [m.used for m in found]
    return {
        "word": workspace.word,
        "sentences": list(workspace.sentences),
        "senses": senses,
        **({"groups": groups} if any(groups) else {}),
        "drawn": drawn,
        "static": workspace.static,
        "model": workspace.model,
        **({} if workspace.second is None else {"second_model": workspace.second}),
    }


def end_if_superseded(share: float, what: str) -> None:
    """The progress of what is measured on the page itself: nothing is drawn, yet a run that was superseded ends here.

    Streamlit ends it wherever it uses the session's state; reading it draws nothing.
    """
    if get_script_run_ctx(suppress_warning=True) is not None:
        _ = "workspace" in st.session_state


def reader() -> str:
    """Who reads: the session, as the server names it."""
    context = get_script_run_ctx()
    return "" if context is None else context.session_id


def _control_key(name: str, at: str = "") -> str:
    last = at or ("" if "." in name else "picker")  # a figure may be called as a field is: "static"
    return name.replace(".", "_") + (f"_{last}" if last else "")


def control(name: str, shown: Any = None, at: str = "", **also: Any) -> dict[str, Any]:
    """Key and callback of a control that is a field of the workspace (``heads.rows``), set to what is in force.

    Args:
        name: The field.
        shown: What is in force, where that may be another than the workspace says: what it leaves open, or cannot be here.
        at: What tells it from others for the same field.
        also: Fields beside it that get another value when it changes, by their names without the page.
    """
    key, value = _control_key(name, at), LEAVES[name].of(current())
    st.session_state[key] = value if shown is None else shown
    return {"key": key, "on_change": _read_control, "args": (name, key, also)}


def set_control(name: str, value: Any) -> None:
    """Set a field of the workspace, and what goes with it, before its control is drawn."""
    before = current()
    after = LEAVES[name].put(before, value)
    _put(_GOES_WITH[name](before, after) if name in _GOES_WITH else after)


def part_controls(name: str, shown: tuple[int, ...], parts: tuple[str, ...]) -> list[dict[str, Any]]:
    """Keys and callback of the controls for a field that has several parts, one for each, set to what is in force."""
    keys = tuple(_control_key(name, part) for part in parts)
    for key, value in zip(keys, shown, strict=True):
        st.session_state[key] = value
    return [{"key": key, "on_change": _read_parts, "args": (name, keys)} for key in keys]


def _read_parts(name: str, keys: tuple[str, ...]) -> None:
    set_control(name, tuple(st.session_state[key] for key in keys))


def _read_control(name: str, key: str, also: dict[str, Any]) -> None:
    value = st.session_state[key]
    set_control(name, tuple(value) if isinstance(value, list) else value)
    for other, value in also.items():
        set_control(f"{name.rpartition('.')[0]}.{other}", value)


def model_control() -> dict[str, Any]:
    """Key and callback of the control for the contextual model."""
    return control("model") | {"on_change": _choose_model, "args": ()}


def _choose_model() -> None:
    select("model", st.session_state[_control_key("model")])


def select(kind: str, name: str) -> None:
    """Make this the workspace’s contextual model or static space.

    Of another model the last layer is shown, and the opened head and state were the other’s.
    """
    opening.decided(kind)
    if kind == "static":
        _put(replace(current(), static=name))
        return
    _put(replace(current(), model=name, head=None, layer=None, moving=replace(current().moving, cell=None)))


def opened(kind: str, name: str) -> None:
    """It is there: every page offers it, and it is the workspace’s from now on."""
    opening.end_opening(kind)
    opening.offer(kind, name)
    select(kind, name)


def release(kind: str, name: str) -> None:
    """The reader unloaded this: it is offered no more, and where it was at work the bundled one is again."""
    opening.withdraw(kind, name)
    if getattr(current(), kind) == name:
        select(kind, getattr(Workspace, kind))


def read_marks(key: str) -> None:
    """Take over what was changed in the table of mentions."""
    workspace = current()
    found = marks(workspace)
    senses, left_out = dict(workspace.senses), set(workspace.left_out)
    for row, edit in st.session_state[key]["edited_rows"].items():
        place = found[int(row)].place
        if "sense" in edit:
            senses.pop(place, None)
            if label := clean(edit["sense"] or ""):
                senses[place] = label
        if "use" in edit:
            (left_out.discard if edit["use"] else left_out.add)(place)
    _put(replace(workspace, senses=tuple(senses.items()), left_out=tuple(sorted(left_out))))


def _read_training_file() -> None:
    """Keep the text that was uploaded. One that is taken out of the upload again stays the workspace's."""
    file = st.session_state[_FILE]
    if file is not None:
        text = given().keep(file.name, file.getvalue())
        _put(replace(current(), training_file=(text.name, text.digest)))
