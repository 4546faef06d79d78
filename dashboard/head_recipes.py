"""The Python behind the figures of attention heads, as ``recipes`` holds that of the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.recipes import script


@dataclass(frozen=True)
class View:
    """What an attention figure shows.

    Attributes:
        model: Name of the contextual model.
        sentence: The sentence.
        by: Rows and columns are a ``word`` or a ``token``.
        special: Are special tokens shown?
    """

    model: str
    sentence: str
    by: str
    special: bool


def maps(view: View, *, opened: tuple[int, int], note: str, height: int) -> str:
    """All heads as small maps."""
    return script(
        *_read(view),
        "maps = np.stack([attention.reduced(attention.merge(w, units)) for w in found.weights])",
        "figure = figures.maps_figure(",
        f"    maps, found.layers, found.heads, opened={opened!r}, units=len(units), note={note!r}, height={height},",
        ")",
        uses=("attention",),
        numpy=True,
    )


def head(view: View, *, layer: int, head: int, row: int | None, note: str, height: int, ribbons: bool) -> str:
    """One head as a map or as ribbons."""
    kind = "ribbons_figure" if ribbons else "head_figure"
    return script(
        *_read(view),
        f"weights = attention.merge(found.weights[{layer - 1}, {head}], units)",
        f"figure = figures.{kind}(weights, units.labels, row={row!r}, note={note!r}, height={height})",
        uses=("attention",),
    )


def difference(
    view: View, other: str, places: tuple[int, int], *, layer: int, head: int, note: str, height: int
) -> str:
    """Two sentences laid on each other at a word."""
    return script(
        f"model = ctxcore.load_model({view.model!r})",
        f"sentences = [{view.sentence!r}, {other!r}]",
        "found = [model.attention(s) for s in sentences]",
        f"units = [attention.units(f.tokens, f.words, f.sentence, by={view.by!r}, special={view.special!r}) for f in found]",
        f"maps = [attention.merge(f.weights[{layer - 1}, {head}], u) for f, u in zip(found, units)]",
        f"at = {places!r}  # which row is the word, in each sentence",
        "difference, offsets = attention.aligned_difference(*maps, *at)",
        'labels = [f"{units[0].labels[at[0] + o]} / {units[1].labels[at[1] + o]}" for o in offsets]',
        f"figure = figures.difference_figure(difference, offsets, labels, note={note!r}, height={height})",
        uses=("attention",),
    )


def scores(view: View, *, pattern: str, what: str, opened: tuple[int, int], note: str) -> str:
    """One pattern's share in every head."""
    values = "scores.entropy" if pattern == "entropy" else f"scores.shares[{pattern!r}]"
    most = "" if pattern == "entropy" else ", most=1.0"
    return script(
        f"model = ctxcore.load_model({view.model!r})",
        f"scores = attention.head_scores(model.attention({view.sentence!r}))",
        "figure = figures.grid_figure(",
        f"    {values}, scores.layers, scores.heads, what={what!r}{most}, opened={opened!r}, note={note!r},",
        ")",
        uses=("attention",),
    )


def rollout(view: View, *, layer: int, residual: float, row: int | None, note: str, height: int) -> str:
    """Attention multiplied through the layers."""
    return script(
        *_read(view),
        f"flow = attention.rollout(found.weights, {residual!r})[{layer - 1}]",
        "weights = attention.merge(flow, units)",
        f'figure = figures.head_figure(weights, units.labels, row={row!r}, note={note!r}, height={height}, answers="it comes from")',
        uses=("attention",),
    )


def influence(
    view: View, at: int, others: Sequence[int], neutral: str | None, *, layer: int, order: Sequence[int], note: str
) -> str:
    """Which words moved the target."""
    return script(
        f"sentence = {view.sentence!r}",
        "words = ctxcore.words_of(sentence)",
        f"others = [words[i] for i in {list(others)!r}]",
        f"model = ctxcore.load_model({view.model!r})",
        f"found = ctxcore.influence(model, sentence, words[{at}], {neutral!r}, others)",
        f"figure = figures.influence_figure(found, {layer}, order={list(order)!r}, note={note!r})",
    )


def head_shifts(view: View, at: int, sets: Sequence[Sequence[tuple[int, int]]], *, layer: int, note: str) -> str:
    """Chosen heads off, beside random ones."""
    return script(
        f"sentence = {view.sentence!r}",
        f"model = ctxcore.load_model({view.model!r})",
        "sets = [  # the chosen heads first, then the control",
        *(f"    {list(heads)!r}," for heads in sets),
        "]",
        f"found = ctxcore.head_shifts(model, sentence, ctxcore.words_of(sentence)[{at}], sets)",
        f"figure = figures.control_figure(found, {layer}, note={note!r})",
    )


def every_head(
    view: View, at: int, *, layer: int, what: str, next_word: bool, opened: tuple[int, int], note: str
) -> str:
    """Every head off alone."""
    values = "found.next_word" if next_word else f"found.shift[:, {layer}]"
    return script(
        f"sentence = {view.sentence!r}",
        f"model = ctxcore.load_model({view.model!r})",
        "layers, heads = range(1, model.layers + 1), range(model.heads)",
        "sets = [[(layer, head)] for layer in layers for head in heads]",
        f"found = ctxcore.head_shifts(model, sentence, ctxcore.words_of(sentence)[{at}], sets)",
        f"values = {values}.reshape(model.layers, model.heads)",
        f"figure = figures.grid_figure(values, layers, heads, what={what!r}, opened={opened!r}, note={note!r})",
    )


def _read(view: View) -> tuple[str, ...]:
    """The lines that read the attention and say what rows and columns stand for."""
    return (
        f"model = ctxcore.load_model({view.model!r})",
        f"found = model.attention({view.sentence!r})",
        f"units = attention.units(found.tokens, found.words, found.sentence, by={view.by!r}, special={view.special!r})",
    )
