"""What the page of models says about a name before it is opened, and about what is loaded. Markdown; typed text is literal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ctxcore.models import folders
from ctxcore.models.cache_dir import readable
from ctxcore.models.catalogue import CATALOGUE
from ctxcore.models.gensim_data import DOWNLOADS
from ctxcore.models.names import split_limit
from dashboard import cache, offered
from dashboard.messages import literal

_PAGES = {
    "vectors": "The idea; One word, many sentences",
    "attention": "Attention, step by step; Attention heads",
    "patching": "Move the meaning",
    "next words": "Next word; Unseen contexts",
}
"""What each use that the self-check found opens."""


@dataclass(frozen=True)
class Plan:
    """What would be opened.

    Attributes:
        name: The name it will be known by; the revision is a commit by now.
        facts: Lines for the reader.
        action: What the button says.
    """

    name: str
    facts: tuple[str, ...]
    action: str


@dataclass(frozen=True)
class Card:
    """What is loaded.

    Attributes:
        memory: Bytes in use.
        counted: How the memory is counted.
        disk: Bytes on disk.
        facts: What it is, from where, and what it can be used for, by name.
    """

    memory: int
    counted: str
    disk: int
    facts: tuple[tuple[str, str], ...]


def plan(kind: str, name: str) -> Plan:
    """What a name stands for. Reads headers and, for the hub, asks; opens nothing.

    Raises:
        CtxError: There is nothing that could be opened, or nothing that is open here.
    """
    offered.must_be_open_here(kind, name)
    if kind == "static":
        return _vectors(name)
    return _from_hub(name) if name.startswith("hub:") else _from_folder(name)


def card(loaded: Any, kind: str) -> Card:
    """What is known of a loaded model or static space."""
    about = loaded.origin
    if kind == "static":
        words, features = len(loaded), loaded.keyed_vectors.vector_size
        shape = f"{words:,} words, {features} features"
        counted = f"{words:,} words \u00d7 {features} features \u00d7 4 bytes; the words and their index come on top."
        kept, uses = "static", "Static panels of all pages; neighbours and analogies"
    else:
        shape = (
            f"{loaded.layers} layers of {loaded.heads} heads, {loaded.features} features; reads {loaded.limit:,} tokens"
        )
        size = 4 if loaded.dtype == "float32" else 2
        counted = (
            f"parameters \u00d7 {size} bytes ({loaded.dtype}), each once; a long sentence takes more for a moment."
        )
        kept = loaded.kind
        uses = "; ".join(pages for use, pages in _PAGES.items() if use in loaded.uses)
        if "next words" not in loaded.uses:
            why = "it reads both sides of a word" if loaded.kind == "encoder" else "it has no output head"
            uses += f" (not Next word: {why})"
    start = None if kept == "static" else loaded.tokenizer.start_token
    facts = (
        ("Name", literal(loaded.id)),
        ("Kind", f"{kept}, {shape}"),
        *(
            [("Computes on", f"{loaded.device.replace('cpu', 'the CPU')}, in {loaded.dtype}")]
            if kept != "static"
            else []
        ),
        *([("Reads before each sentence", literal(start))] if start else []),
        ("Source", literal(about.source)),
        ("Revision", literal(loaded.revision)),
        ("Licence", literal(about.licence) or "not stated"),
        ("Used for", uses),
        *([("Kept copy", literal(about.note))] if about.note else []),
    )
    return Card(loaded.memory, counted, about.disk, facts)


def size_of(name: str) -> str:
    """How large a bundled model is, for the list of what is on offer."""
    return f"{CATALOGUE[name].size_mb} MB on disk"


def _from_folder(name: str) -> Plan:
    found = folders.look_into(name)
    memory = f"about {readable(found.memory)} in memory as float32" if found.memory else "more in memory, once unpacked"
    numbers = f", {found.parameters:,} parameters" if found.parameters else ""
    facts: tuple[str, ...] = (
        f"**{literal(str(found.weights[0] if found.gguf else found.path))}**",
        f"Family {literal(found.family)}{numbers}; {readable(found.disk)} on disk, {memory}.",
        f"Licence: {literal(found.licence) or 'not stated'}.",
    )
    if found.gguf:
        facts += ("A GGUF file is unpacked once into your cache folder, which takes a while.",)
    return Plan(name, facts, "Open it")


def _from_hub(name: str) -> Plan:
    found = cache.look_up(name)
    files = ", ".join(literal(file) for file, _, _ in found.files)
    memory = f", about {readable(4 * found.parameters)} in memory as float32" if found.parameters else ""
    facts = (
        f"**{literal(found.name.id)}** at {literal(found.name.revision[:12])}",
        f"{readable(found.size)} to fetch{memory}.",
        f"Licence: {literal(found.licence) or 'not stated'}.",
        f"Files: {files}. Pickled weights and code are left where they are.",
    )
    return Plan(str(found.name), facts, f"Fetch {readable(found.size)} and open it")


def _vectors(name: str) -> Plan:
    asked, limit = split_limit(name)
    offered = DOWNLOADS.get(asked)
    if offered is not None:
        words = offered.words if limit is None else min(limit, offered.words)
        facts = (
            f"**{literal(asked)}**: {literal(offered.description)}",
            f"{readable(offered.size)} to fetch, unless it is here already; then {_room(words, offered.features)}.",
            f"Licence: {literal(offered.licence) or 'not stated by gensim-data'}.",
        )
        whole = asked if words == offered.words else f"{asked}@{words}"
        return Plan(whole, facts, f"Fetch {readable(offered.size)} and open it")
    return _vector_file(asked, limit)


def _vector_file(asked: str, limit: int | None) -> Plan:
    from ctxcore.models import vector_files  # here: it opens gensim

    found = vector_files.look_into(asked)
    words = found.words if limit is None else min(limit, found.words)
    facts: tuple[str, ...] = (
        f"**{literal(str(found.path))}**",
        f"{found.form.capitalize() if found.form.startswith('w') else found.form}, {'' if found.counted else 'about '}"
        f"{found.words:,} words; {readable(found.disk)} on disk.",
        f"Read: {_room(words, found.features)}.",
    )
    if found.peak(limit) > found.memory(limit):
        facts += (f"While it is read it needs {readable(found.peak(limit))} for a moment.",)
    all_of_it = limit is None or (found.counted and limit >= found.words)
    return Plan(asked if all_of_it else f"{asked}@{limit}", facts, "Open it")


def _room(words: int, features: int) -> str:
    return f"{words:,} words \u00d7 {features} features \u00d7 4 bytes = {readable(4 * words * features)} in memory"
