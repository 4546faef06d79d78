"""The Python behind the figures of word relations, as ``recipes`` holds that of the others."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.cache import Training
from dashboard.recipes import script

Space = str | Training
"""Name of an embedded space, or what one was trained on."""


def near(space: Space, word: str, k: int, frequent: int | None, inflections: bool, height: int) -> str:
    """The neighbours of a word."""
    return script(
        *_load(space),
        f"found = ctxcore.near(space, {word!r}, {k}, frequent={frequent!r}, inflections={inflections!r})",
        f"figure = figures.neighbours_figure(found, {word!r}, height={height})",
    )


def analogy(space: Space, words: Sequence[str], k: int, *, excluded: bool) -> str:
    """One list of an analogy."""
    return script(
        *_load(space),
        f"found = ctxcore.word_analogy(space, *{list(words)!r}, k={k})",
        f"figure = figures.analogy_figure(found, excluded={excluded!r})",
    )


def matrix(space: Space, words: Sequence[str], note: str, height: int) -> str:
    """Cosines of all pairs."""
    return script(
        *_load(space),
        f"words = ctxcore.word_list(space, {list(words)!r})",
        "vectors = np.stack([space.vector(w) for w in words])",
        "order = clustering.cluster_order(vectors)",
        "matrix = geometry.cosine_matrix(vectors[order])",
        "figure = figures.similarity_figure(",
        f"    matrix, [words[i] for i in order], static=True, height={height}, note={note!r}",
        ")",
        uses=("clustering", "geometry"),
        numpy=True,
    )


def plane(space: Space, words: Sequence[str], axes: Sequence[str]) -> str:
    """The plane of one's own axes."""
    return script(
        *_load(space),
        f"plane = ctxcore.word_plane(space, {list(words)!r}, {axes[0]!r}, {axes[1]!r})",
        "figure = figures.plane_figure(plane)",
    )


def word_map(space: Space, words: Sequence[str], neighbours: int) -> str:
    """The joint map."""
    return script(
        *_load(space),
        f"found = ctxcore.word_map(space, {list(words)!r}, neighbours={neighbours})",
        "figure = figures.word_map_figure(found)",
    )


def sections(space: Space) -> str:
    """Analogies by section."""
    return script(
        *_load(space),
        "found = ctxcore.analogy_score(space)  # about half a minute",
        "figure = figures.sections_figure(found)",
    )


def _load(space: Space) -> tuple[str, ...]:
    """The lines that load a space, or train it."""
    if isinstance(space, str):
        return (f"space = ctxcore.load_static({space!r})",)
    if not space.digest:
        read: tuple[str, ...] = ("sentences = ctxcore.news_sentences()",)
    else:
        read = (
            f"name = {space.corpus!r}  # the text that was uploaded",
            'with open(name, "rb") as file:',
            "    sentences = ctxcore.reading.read_text(file.read(), name)",
        )
    return (
        *read,
        "space = ctxcore.train_static(",
        f"    sentences, seed={space.seed}, size={space.size}, window={space.window}, epochs={space.epochs},",
        f"    min_count={space.min_count},",
        ")",
    )
