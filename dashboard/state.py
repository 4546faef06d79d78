"""The workspace: the one thing that pages share, the URL carries and a reload brings back.

No other module touches ``st.session_state`` or ``st.query_params``.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from functools import partial
from typing import Any
from urllib.parse import quote

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

import ctxcore
from ctxcore import CATALOGUE, ByHand
from ctxcore.codecs import is_number
from ctxcore.data.corpora import TrainingText
from ctxcore.text import clean, lines_of
from ctxcore.workspace import (
    MOST_CANDIDATES,
    MOST_SENTENCES,
    MOST_SUBSTITUTES,
    Mark,
    Place,
    Workspace,
    marks,
)
from dashboard import links
from dashboard.kept import HOURS, kept
from dashboard.links import LEAVES, Link, sentences_in

__all__ = ["MOST_CANDIDATES", "MOST_SENTENCES", "Mark", "Place", "Workspace", "marks"]
"""What comes from the core and is read here by the pages; functions of this module are theirs anyway."""

_LONGEST_URL = 6000
"""Characters: above this, browsers, mail programs and proxies begin to cut links."""
_MOST_IN_URL = 900
"""Values of all fields: Streamlit reads no address with more than 1,000."""
UNREAD_LINK = (
    "This link was not read: an address is read up to 524,288 characters and 1,000 values. A workspace file holds more "
    "(\u201cOpen a workspace\u201d at the foot of the page)."
)
"""What is said of a link that is left out before it reaches us."""
_KEY = "workspace"
_SENTENCES, _WORD, _SUBSTITUTES, _FOCUS = "editor_sentences", "editor_word", "editor_substitutes", "editor_focus"
_CLICKS = "map_clicks"
_PROMPTS, _CANDIDATES = ("editor_prompt_1", "editor_prompt_2"), "editor_candidates"
_TESTED, _TRAINING, _FILE = "editor_tested", "editor_training", "training_file"
_RELATIONS, _NEAR = "editor_relations", "editor_near"
_AXES, _ANALOGY = ("editor_axis_1", "editor_axis_2"), ("editor_analogy_1", "editor_analogy_2", "editor_analogy_3")
_RELATION_KEYS = {"near": (_NEAR,), "relations": (_RELATIONS,), "axes": _AXES, "analogy": _ANALOGY}
_FIELDS_OF_TEXT = (
    _SENTENCES, _WORD, _SUBSTITUTES, _FOCUS, *_PROMPTS, _CANDIDATES, _TESTED, _TRAINING, _RELATIONS, _NEAR, *_AXES, *_ANALOGY,
)  # fmt: skip
_TYPED, _PAGE, _BY_HAND, _HAND_ROUND = "typed", "page", "by_hand", "by_hand_round"
_OWN, _ASKED, _OPENING, _FAILED, _LOOKED = "own_models", "asked_by_link", "opening", "failed_to_open", "looked_at"
_ASKER = "asker"

_KEPT = "kept"
"""In the place of all of them: the name of a workspace that is too long for a link and kept by the server."""
_GONE = "gone"
_NAME = re.compile(r"[\w-]{1,60}", re.ASCII)
"""How such a name is written; nothing else of an address is ever put into a script."""
_NOTICES = "notices"


def labelled(word: str, senses: dict[str, str], **fields: Any) -> Workspace:
    """Sentences with the sense of their first mention of the word."""
    return Workspace(word, tuple(senses), tuple(((s, 0), label) for s, label in senses.items()), **fields)


def example(word: str, each: int = 4) -> Workspace:
    """A word of the sense bank, a few sentences of each sense, all labelled."""
    found = ctxcore.sense_bank()[word]
    return labelled(word, dict(zip(*found.sample(each), strict=True)), substitutes=found.substitutes)


def example_of(word: str, *sentences: str) -> Workspace:
    """Chosen sentences of the sense bank, labelled."""
    found = ctxcore.sense_bank()[word]
    senses = dict(zip(found.sentences, found.senses, strict=True))
    return labelled(word, {s: senses[s] for s in sentences}, substitutes=found.substitutes)


def default() -> Workspace:
    """What a newcomer sees."""
    return example("ran")


def current() -> Workspace:
    """The workspace of this session; at its start the one in the URL, else the default."""
    if _KEY not in st.session_state:
        st.session_state[_KEY] = _without_unknown(_from_url())
    found: Workspace = st.session_state[_KEY]
    return found


def change(**fields: Any) -> None:
    """Replace parts of the workspace."""
    adopt(replace(current(), **fields))


def adopt(workspace: Workspace) -> None:
    """Make this the workspace, in the session, in the editor and in the URL. What is too long stays in the editor alone."""
    st.session_state[_TYPED] = _as_typed(workspace)
    sentences, _ = sentences_in(workspace.sentences)
    training = None if workspace.training is None else sentences_in(workspace.training)[0]
    st.session_state[_KEY] = replace(workspace, sentences=sentences, training=training)
    st.session_state.update(st.session_state[_TYPED])
    for name, leaf in LEAVES.items():  # a text field on screen would go on showing what it was given as its default
        key = _control_key(name)
        if "." in name and key in st.session_state and isinstance(leaf.of(workspace), str):
            st.session_state[key] = leaf.of(workspace)


def try_example(example: Workspace) -> None:
    """Work on an example's word and sentences. Pages look at them as they did, unless the example says how."""
    before, usual = current(), Workspace("", ())
    looks = [part.name for part in fields(Workspace) if is_dataclass(part.default)]
    kept = {name: getattr(before, name) for name in looks if getattr(example, name) == getattr(usual, name)}
    adopt(replace(example, **kept))


def open_file(workspace: Workspace) -> None:
    """Make a workspace that a file holds the current one. Like a link, it opens no model that the reader has not chosen."""
    st.session_state[_ASKER] = "file"
    dismiss_notices()
    st.session_state.pop(_FOCUS, None)  # a file that looks at no sentence leaves this field to its page
    adopt(_without_unknown(workspace))


def enter(page: str) -> None:
    """Called before a page is drawn. On another page every text field begins anew with what :func:`shown` says."""
    current()  # what a link asks for is known before anything is drawn
    if st.session_state.get(_PAGE) != page:
        st.session_state[_PAGE] = page
        for key in _FIELDS_OF_TEXT:
            st.session_state.pop(key, None)


def shown(key: str, otherwise: str = "") -> str:
    """What a text field begins with: what was last typed in it, or what the workspace says.

    Fields are given it as their default and not through the session. On a slow machine a page can be drawn a second time
    before the browser has built its fields; one filled through the session then stays empty, and reports that as typed.
    """
    return _typed().get(key, otherwise)


def arrived() -> str:
    """For the browser: the page, two checksums of each field (what was typed, and what its workspace alone fills it with), and
    the name of a workspace that is not kept any more.

    A text whose first checksum this is has arrived. After a reload only the workspace is there: where the second is what it was,
    it is the same workspace as before.
    """
    typed, filled = _typed(), _as_typed(current())
    sums = {key: [zlib.crc32(text.encode()) for text in (typed[key], filled.get(key, ""))] for key in typed}
    gone = str(st.session_state.get(_GONE, ""))
    return f"{json.dumps(page())}, {json.dumps(sums)}, {json.dumps(gone if _NAME.fullmatch(gone) else '')}"


def editor_keys() -> tuple[str, str, Callable[[], None]]:
    """Keys of the sentence and word widgets, and what to call when they change."""
    return _SENTENCES, _WORD, _read_editor


def substitutes_key() -> tuple[str, Callable[[], None]]:
    """Key of the substitutes' field, and what to call when it changes."""
    return _SUBSTITUTES, _read_substitutes


def focus_key() -> tuple[str, Callable[[], None]]:
    """Key of the field with the one sentence that attention pages look at, and what to call when it changes."""
    return _FOCUS, _read_focus


def look_at(
    sentence: str, at: int | None = None, head: tuple[int, int] | None = None, model: str | None = None
) -> None:
    """Make this the sentence whose attention is looked at."""
    change(focus=sentence, at=at, head=head, model=model or current().model)


def prompt_keys() -> tuple[tuple[str, str], str, Callable[[], None]]:
    """Keys of the two prompts' fields and of the candidates', and what to call when one changes."""
    return _PROMPTS, _CANDIDATES, _read_prompts


def go_on_from(first: str, second: str, candidates: tuple[str, ...]) -> None:
    """Make these the prompts and candidates."""
    change(prompts=(first, second), candidates=candidates)


def table_keys() -> tuple[str, str, Callable[[], None]]:
    """Keys of the tested sentence's field and of the training sentences', and what to call when one changes."""
    return _TESTED, _TRAINING, _read_table


def train_on(corpus: str, tested: str, n: int) -> None:
    """Ask this sentence of a table over the training sentences that we ship, or over another corpus."""
    change(corpus=corpus, training=None, tested=tested, n=n)


def training_file() -> TrainingText | None:
    """The text that the reader gave for the table, in this session."""
    found: TrainingText | None = st.session_state.get(_FILE)
    return found


def keep_training_file(text: TrainingText) -> None:
    """The reader gave a text for the table."""
    st.session_state[_FILE] = text


def relation_keys(field: str) -> tuple[tuple[str, ...], Callable[[], None]]:
    """Keys of the fields for ``near``, ``relations``, ``axes`` or ``analogy``, and what to call when one changes."""
    keys = _RELATION_KEYS[field]
    return keys, partial(_read_relations, keys)


def relate(panel_key: str, panel: str, fields: dict[str, Any]) -> None:
    """Make these the fields of the word relations, and look at them in a panel."""
    remember(panel_key, panel)
    change(**fields)


def read_choice(field: str, key: str) -> None:
    """Take over one field of the workspace from a control."""
    st.session_state[_KEY] = replace(current(), **{field: st.session_state[key]})


def open_head(layer: int, head: int) -> None:
    """The reader opened a head."""
    controls = replace(
        current().heads, off=None
    )  # what is switched off is the opened one, unless the reader chose others
    st.session_state[_KEY] = replace(current(), head=(layer, head), heads=controls)


def read_head(layer_key: str, head_key: str) -> None:
    """Take over the opened head from its two controls."""
    open_head(st.session_state[layer_key], st.session_state[head_key])


def read_pair(first_key: str, second_key: str) -> None:
    """Take over the two compared occurrences from their controls."""
    set_control("pair", (st.session_state[first_key], st.session_state[second_key]))


def clicks() -> int:
    """How many small maps were clicked so far. A chart that remembers a click would not report the same one again."""
    found: int = st.session_state.get(_CLICKS, 0)
    return found


def read_click(key: str) -> None:
    """Take over the head whose small map was clicked."""
    points = st.session_state[key]["selection"]["points"]
    if points:
        st.session_state[_CLICKS] = clicks() + 1
        layer, head = points[0]["customdata"][:2]
        open_head(int(layer), int(head))


def write_url() -> bool:
    """Let the URL carry the workspace, or a name that it is kept under; False where it is too long to be a link."""
    fields = {} if current() == default() and not asked_by_link() else _to_fields(current())
    written = [quote(v) for values in fields.values() for v in values]
    fits = len(written) <= _MOST_IN_URL and sum(len(v) + 4 for v in written) <= _LONGEST_URL
    if not fits:  # what the link asked for stays in what is kept too: a reload asks again
        fields = {_KEPT: [kept.put(links.with_values(current(), asked_by_link()))]}
    for key in (*links.KEYS, _KEPT):
        values = fields.get(key, [])
        if values and st.query_params.get_all(key) != values:
            st.query_params[key] = values
        elif not values and key in st.query_params:
            del st.query_params[key]
    return fits


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


def reader() -> str:
    """Who reads: the session, as the server names it."""
    context = get_script_run_ctx()
    return "" if context is None else context.session_id


def remember(key: str, value: Any) -> None:
    """Set a page's own control, before it is drawn."""
    st.session_state[key] = value


def recall(key: str, otherwise: Any = None) -> Any:
    """The value of a page's own control."""
    return st.session_state.get(key, otherwise)


def keyed(key: str, value: Any) -> str:
    """The key, with its control set to what the workspace says."""
    st.session_state[key] = value
    return key


def _control_key(name: str) -> str:
    return name.replace(".", "_")


def control(name: str, shown: Any = None, **also: Any) -> dict[str, Any]:
    """Key and callback of a control that is a field of the workspace (``heads.rows``), set to what is in force.

    Args:
        name: The field.
        shown: What is in force, where that may be another than the workspace says: what it leaves open, or cannot be here.
        also: Fields beside it that get another value when it changes, by their names without the page.
    """
    key, value = _control_key(name), LEAVES[name].of(current())
    st.session_state[key] = value if shown is None else shown
    return {"key": key, "on_change": _read_control, "args": (name, also)}


def text_control(name: str) -> dict[str, Any]:
    """The same for a text field, which is given what it begins with as its default (see :func:`shown`)."""
    key = _control_key(name)
    return {"key": key, "value": LEAVES[name].of(current()), "on_change": _read_control, "args": (name, {})}


def set_control(name: str, value: Any) -> None:
    """Set a control, before it is drawn."""
    st.session_state[_KEY] = LEAVES[name].put(current(), value)


def _read_control(name: str, also: dict[str, Any]) -> None:
    value = st.session_state[_control_key(name)]
    set_control(name, tuple(value) if isinstance(value, list) else clean(value) if isinstance(value, str) else value)
    for other, value in also.items():
        set_control(f"{name.rpartition('.')[0]}.{other}", value)


def number_in_url(key: str, low: int, high: int, otherwise: int) -> int:
    """A whole number that the URL carries; out of range or not a number, the other value."""
    asked = st.query_params.get(key, "")
    if is_number(asked) and low <= int(asked) <= high:
        return int(asked)
    if asked:
        notify(f"The link\u2019s \u201c{key}\u201d, {asked[:20]}: it is a whole number from {low} to {high} here.")
    return otherwise


def note_in_url(key: str, value: str | None) -> None:
    """Let the URL carry a page's own control; None takes it out."""
    if value is None:
        if key in st.query_params:
            del st.query_params[key]
    elif st.query_params.get(key) != value:
        st.query_params[key] = value


def read_model() -> None:
    """The reader chose another contextual model: its last layer is shown, and the opened head was the other's."""
    _decided("model")
    st.session_state[_KEY] = replace(current(), model=st.session_state["model_picker"], head=None, layer=None)


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
    st.session_state[_KEY] = replace(workspace, senses=tuple(senses.items()), left_out=tuple(sorted(left_out)))


def by_hand() -> ByHand:
    """The words and numbers that are attended to by hand."""
    found: ByHand = st.session_state.get(_BY_HAND, ByHand())
    return found


def set_by_hand(found: ByHand) -> None:
    """Make these the words and numbers, in the session and in their fields."""
    st.session_state[_BY_HAND] = found
    st.session_state[_HAND_ROUND] = st.session_state.get(_HAND_ROUND, 0) + 1


def by_hand_field(name: str) -> tuple[str, Any, Callable[[], None]]:
    """Key and value of one field (``word_0``, ``v_0_2``, ``weight_1``, ``asks``), and what to call when it changes.

    Fields have new keys after the numbers were set: one whose value is put into the session loses what is being typed in it.
    """
    return _hand_key(name), _hand_fields(by_hand())[name], _read_by_hand


def unread(key: str = _SENTENCES) -> tuple[str, ...]:
    """What is said of sentences that stand in a field and are not read: too many, or too long."""
    return sentences_in(lines_of(_typed()[key]))[1]


def notify(*notices: str) -> None:
    """Something was left out, of a link or a file: it is said above every page until the reader has seen it."""
    st.session_state[_NOTICES] = tuple(dict.fromkeys((*st.session_state.get(_NOTICES, ()), *notices)))


def notices() -> tuple[str, ...]:
    """What was left out and not yet acknowledged."""
    found: tuple[str, ...] = st.session_state.get(_NOTICES, ())
    return found


def dismiss_notices() -> None:
    """The reader has seen them."""
    st.session_state[_NOTICES] = ()


def _read_editor() -> None:
    """Take over what was typed, one sentence a line, as far as it is read."""
    _keep_typed(_SENTENCES, _WORD)
    sentences, _ = sentences_in(lines_of(_typed()[_SENTENCES]))
    word, before = clean(_typed()[_WORD]), current()
    substitutes, bank = before.substitutes, before.bank
    if word != before.word:
        bank = None
        if substitutes == _bank_substitutes(before.word):  # not the reader's own: they go with the word
            substitutes = _bank_substitutes(word)
            st.session_state[_SUBSTITUTES] = ", ".join(substitutes)
    st.session_state[_KEY] = replace(before, sentences=sentences, word=word, substitutes=substitutes, bank=bank)
    st.session_state[_TYPED] = _typed() | {_SUBSTITUTES: ", ".join(substitutes)}


def _read_focus() -> None:
    """Take over the sentence; another sentence has other words, and is looked at through the head that is open."""
    _keep_typed(_FOCUS)
    sentence = clean(_typed()[_FOCUS])
    if sentence != current().focus:
        layer, number = st.session_state.get("head_layer"), st.session_state.get("head_number")
        head = current().head or (None if layer is None or number is None else (layer, number))
        st.session_state[_KEY] = replace(current(), focus=sentence, at=None, head=head)


def _hand_key(name: str) -> str:
    return f"hand_{name}_{st.session_state.get(_HAND_ROUND, 0)}"


def _hand_fields(found: ByHand) -> dict[str, Any]:
    """What stands in each field."""
    words = {f"word_{i}": word for i, word in enumerate(found.words)}
    numbers = {f"v_{i}_{j}": x for i, vector in enumerate(found.vectors) for j, x in enumerate(vector)}
    weights = {f"weight_{i}": weight for i, weight in enumerate(found.weights)}
    return {**words, **numbers, **weights, "asks": found.asks}


def _read_by_hand() -> None:
    """Take over all fields."""
    typed = {name: st.session_state.get(_hand_key(name), now) for name, now in _hand_fields(by_hand()).items()}
    three = range(3)
    st.session_state[_BY_HAND] = ByHand(
        tuple(typed[f"word_{i}"] for i in three),
        tuple(tuple(typed[f"v_{i}_{j}"] for j in three) for i in three),
        tuple(typed[f"weight_{i}"] for i in three),
        typed["asks"],
    )


def _read_prompts() -> None:
    """Take over the prompts and the candidates."""
    _keep_typed(*_PROMPTS, _CANDIDATES)
    first, second = (clean(_typed()[key]) for key in _PROMPTS)
    words = (clean(part) for part in _typed()[_CANDIDATES].split(","))
    kept = tuple(dict.fromkeys(w for w in words if w))[:MOST_CANDIDATES]
    st.session_state[_KEY] = replace(current(), prompts=(first, second), candidates=kept)


def _read_table() -> None:
    """Take over the tested sentence and the training sentences, one a line."""
    _keep_typed(_TESTED, _TRAINING)
    training, _ = sentences_in(lines_of(_typed()[_TRAINING]))
    own = None if training == ctxcore.lesson_sentences() else training
    st.session_state[_KEY] = replace(current(), tested=clean(_typed()[_TESTED]), training=own)


def _read_relations(keys: tuple[str, ...]) -> None:
    """Take over what these fields hold; those that are not on screen stand as they were typed last."""
    _keep_typed(*keys)
    typed = _typed()
    words = tuple(dict.fromkeys(w for part in re.split(r"[,\n]", typed[_RELATIONS]) if (w := clean(part))))
    first, second = (clean(typed[key]) for key in _AXES)
    a, b, c = (clean(typed[key]) for key in _ANALOGY)
    found = replace(current(), near=clean(typed[_NEAR]), relations=words, axes=(first, second), analogy=(a, b, c))
    st.session_state[_KEY] = found


def _as_typed(workspace: Workspace) -> dict[str, str]:
    """A workspace as text in the editor's fields."""
    sentences, substitutes = "\n".join(workspace.sentences), ", ".join(workspace.substitutes)
    focus = {} if workspace.focus is None else {_FOCUS: workspace.focus}
    prompts = dict(zip(_PROMPTS, workspace.prompts, strict=True))
    next_word = {**prompts, _CANDIDATES: ", ".join(workspace.candidates)}
    training = ctxcore.lesson_sentences() if workspace.training is None else workspace.training
    table = {_TESTED: workspace.tested, _TRAINING: "\n".join(training)}
    relations = {_NEAR: workspace.near, _RELATIONS: ", ".join(workspace.relations)}
    relations |= dict(zip((*_AXES, *_ANALOGY), (*workspace.axes, *workspace.analogy), strict=True))
    first = {_SENTENCES: sentences, _WORD: workspace.word, _SUBSTITUTES: substitutes}
    return {**first, **focus, **next_word, **table, **relations}


def _typed() -> dict[str, str]:
    """What stands in the editor's fields, to the letter."""
    if _TYPED not in st.session_state:
        st.session_state[_TYPED] = _as_typed(current())
    found: dict[str, str] = st.session_state[_TYPED]
    return found


def _keep_typed(*keys: str) -> None:
    """Keep what stands in fields, of those that are on the page."""
    st.session_state[_TYPED] = _typed() | {key: st.session_state[key] for key in keys if key in st.session_state}


def _read_substitutes() -> None:
    _keep_typed(_SUBSTITUTES)
    words = (clean(part) for part in _typed()[_SUBSTITUTES].split(","))
    kept = tuple(dict.fromkeys(w for w in words if w))[:MOST_SUBSTITUTES]
    st.session_state[_KEY] = replace(current(), substitutes=kept)


def bank_senses(word: str, sentences: tuple[str, ...]) -> tuple[tuple[Place, str], ...]:
    """The labels that the sense bank gives to the mentions of its own words in these sentences."""
    found = ctxcore.sense_bank().get(word.casefold())
    labels = dict(zip(found.sentences, found.senses, strict=True)) if found else {}
    return tuple(((sentence, 0), labels[sentence]) for sentence in sentences if sentence in labels)


def _bank_substitutes(word: str) -> tuple[str, ...]:
    found = ctxcore.sense_bank().get(word.casefold())
    return found.substitutes if found else ()


def _to_fields(workspace: Workspace) -> dict[str, list[str]]:
    """What the link carries. What a link asked for stays in the address until the reader has decided: a reload asks again."""
    return links.query_of(workspace) | {kind: [name] for kind, name in asked_by_link().items()}


def _from_url() -> Workspace:
    """The workspace in the address, or the one that is kept under the name in it. What could not be read is said."""
    if name := st.query_params.get(_KEPT):
        found = kept.get(name[:100])
        if found is None:
            st.session_state[_GONE] = name[:100]
            notify(
                "The address of this page names sentences that the server kept for it, and it has them no longer: it keeps them "
                f"for {HOURS} hours, and until it is started anew. Word and sentences are put back where this tab of your browser "
                "still has them; senses and other choices are not. Else open the file if you saved one (\u201cOpen a "
                "workspace\u201d at the foot of the page), or paste them again."
            )
        return found or default()
    link = Link({key: st.query_params.get_all(key) for key in links.KEYS})
    found = link.workspace(default())
    notify(*link.notices)
    return found


def page() -> str:
    """The page that is on screen, as its address says."""
    return str(st.session_state.get(_PAGE, ""))


def own(kind: str) -> tuple[str, ...]:
    """Names that this reader opened in this session, of contextual models (``model``) or static spaces (``static``)."""
    found: tuple[str, ...] = st.session_state.get(_OWN, {}).get(kind, ())
    return found


def offered_models() -> tuple[str, ...]:
    """Contextual models that this reader may have opened: the embedded ones, and those chosen on the page of models."""
    return (*(name for name, entry in CATALOGUE.items() if entry.kind != "static"), *own("model"))


def asked_by_link() -> dict[str, str]:
    """What a link asked for that is not embedded here, by kind. Nothing of it is opened before the reader says so."""
    found: dict[str, str] = st.session_state.get(_ASKED, {})
    return found


def asker() -> str:
    """What asked for it: a ``link`` or a ``file``."""
    return str(st.session_state.get(_ASKER, "link"))


def dismiss_link() -> None:
    """The reader does not want what the link asked for."""
    st.session_state[_ASKED] = {}


def look(kind: str, name: str) -> None:
    """The reader wants to know what a name stands for, before it is opened."""
    st.session_state[_LOOKED] = st.session_state.get(_LOOKED, {}) | {kind: name}
    st.session_state[_FAILED] = st.session_state.get(_FAILED, {}) | {kind: None}


def looked_at(kind: str) -> str:
    """The name that was last looked at; empty where there is none."""
    return str(st.session_state.get(_LOOKED, {}).get(kind, ""))


def begin_opening(kind: str, name: str) -> None:
    """The reader confirmed that this is to be opened."""
    look(kind, "")
    _decided(kind)
    st.session_state[_OPENING] = st.session_state.get(_OPENING, {}) | {kind: name}


def opening(kind: str) -> str:
    """The name that is being opened; empty where there is none."""
    return str(st.session_state.get(_OPENING, {}).get(kind, ""))


def opened(kind: str, name: str) -> None:
    """It is there: every page offers it, and it is the workspace's from now on."""
    _end_opening(kind)
    st.session_state[_OWN] = st.session_state.get(_OWN, {}) | {kind: tuple(dict.fromkeys((*own(kind), name)))}
    use(kind, name)


def not_opened(kind: str, error: ctxcore.CtxError) -> None:
    """It could not be opened: the workspace keeps what it had."""
    _end_opening(kind)
    st.session_state[_FAILED] = st.session_state.get(_FAILED, {}) | {kind: error}


def why_not_opened(kind: str) -> ctxcore.CtxError | None:
    """Why the last attempt failed, until the reader tries another."""
    found: ctxcore.CtxError | None = st.session_state.get(_FAILED, {}).get(kind)
    return found


def use(kind: str, name: str) -> None:
    """Make this the workspace's contextual model or static space."""
    _decided(kind)
    if kind == "static":
        change(static=name)
        return
    change(model=name, head=None, layer=None)


def leave(kind: str, name: str) -> None:
    """The reader let this go: it is offered no more, and where it was at work the embedded one is again."""
    st.session_state[_OWN] = st.session_state.get(_OWN, {}) | {kind: tuple(n for n in own(kind) if n != name)}
    if getattr(current(), kind) == name:
        use(kind, getattr(Workspace, kind))


def _decided(kind: str) -> None:
    """The reader chose: what a link asked for in its place is no longer waiting."""
    st.session_state[_ASKED] = {k: n for k, n in asked_by_link().items() if k != kind}


def _end_opening(kind: str) -> None:
    st.session_state[_OPENING] = st.session_state.get(_OPENING, {}) | {kind: ""}


def _without_unknown(workspace: Workspace) -> Workspace:
    """A link's or file's workspace with embedded models and those that the reader opened; what else it names waits."""
    asked = {kind: getattr(workspace, kind) for kind in ("model", "static")}
    unknown = {kind: name for kind, name in asked.items() if name not in CATALOGUE and name not in own(kind)}
    st.session_state[_ASKED] = unknown
    return replace(workspace, **{kind: getattr(Workspace, kind) for kind in unknown})
