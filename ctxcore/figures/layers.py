"""Measures that change from layer to layer, as lines."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ctxcore.figures import theme
from ctxcore.figures.drawing import Drawing, Trace, trace
from ctxcore.measures.tallies import interval
from ctxcore.types import BankAccuracy, HeadScores, SelfSimilarity, SenseControls, SenseReading, Tally


def self_similarity_figure(measured: SelfSimilarity, word: str, *, height: int = 380, title: str = "") -> Drawing:
    """A word's self-similarity by layer, as it is and less the random pairs, beside two baselines and the static vector's 1."""
    layers = np.arange(len(measured.word))
    name = theme.literal(theme.short(word, 20))
    figure = theme.blank()
    for values, label, color, dash in (
        (np.ones(len(layers)), "static vector", theme.STATIC, "solid"),
        (measured.word, f"\u201c{name}\u201d in these sentences", theme.SENSES[0], "solid"),
        (measured.less_random, f"\u201c{name}\u201d, less random pairs", theme.SENSES[2], "solid"),
        (measured.same_words, "other words across sentences", theme.SENSES[1], "dash"),
        (measured.random_words, "random pairs of words", theme.NEUTRAL, "dot"),
    ):
        figure.add(_line(layers, values, label, color, dash))
    note = (
        "Mean raw cosine over pairs of occurrences in different sentences (Ethayarajh 2019). Baselines: "
        f"{measured.recurring} words that recur in other sentences and {measured.pairs} random pairs, in a fixed sample of our "
        "sense bank. Less random pairs: the raw cosine minus theirs (not the centred cosine of the similarity matrix)."
    )
    theme.lay_out(figure, title=title, note=note, height=height)
    figure.update_xaxes(title_text="layer", dtick=1 if len(layers) <= 13 else 5, zeroline=False)
    figure.update_yaxes(
        title_text="cosine", range=[min(-0.05, float(measured.less_random.min()) - 0.05), 1.05], zeroline=False
    )
    return figure


_READERS = (
    ("its own vector", theme.CONTEXTUAL, "solid"),
    ("the same, attention off", theme.SENSES[2], "solid"),
    ("the other words\u2019 mean, without it", theme.SENSES[1], "dash"),
    ("their mean static vector", theme.STATIC, "dash"),
)
"""Names, colours and dashes of the readers of :class:`ctxcore.SenseControls`."""
_CHANCE = "one static vector: chance"


def senses_figure(reading: SenseReading, *, height: int = 360, title: str = "", note: str = "") -> Drawing:
    """Share of mentions whose sense the nearest centroid names right, by layer, beside what a static vector can do."""
    figure = theme.blank()
    chance = np.full(len(reading.accuracy), reading.chance)
    figure.add(_line(np.arange(len(chance)), chance, _CHANCE, theme.STATIC, "solid"))
    _add_readers(figure, reading.accuracy[None], [reading.tally()] if reading.counted else [])
    return _laid_out(figure, len(chance), title, note, height)


def sense_controls_figure(found: SenseControls, *, height: int = 430, title: str = "", note: str = "") -> Drawing:
    """The same of a word's own vectors beside its controls: attention off, the sentence's other words, their static vectors."""
    accuracy, figure = found.accuracy, theme.blank()
    chance = np.full(accuracy.shape[1], found.own.chance)
    figure.add(_line(np.arange(len(chance)), chance, _CHANCE, theme.STATIC, "solid"))
    _add_readers(figure, accuracy, found.tallies)
    return _laid_out(figure, len(chance), title, note, height)


def bank_figure(found: BankAccuracy, *, height: int = 400, title: str = "", note: str = "") -> Drawing:
    """The same over the whole bank, with each word's own line."""
    accuracy, figure = found.accuracy, theme.blank()
    layers = np.arange(accuracy.shape[2])
    # One trace for all words, cut between them: a browser draws it at once.
    figure.add(
        trace(
            "scatter", x=np.tile([*layers, np.nan], len(found.words)).astype(np.float32),
            y=np.pad(accuracy[0], ((0, 0), (0, 1)), constant_values=np.nan).reshape(-1).astype(np.float32),
            name="each word, its own vector", mode="lines", line={"color": theme.NEUTRAL, "width": 1}, opacity=0.35,
            customdata=np.repeat(found.words, len(layers) + 1),
            hovertemplate="%{customdata}, layer %{x}: %{y:.3f}<extra></extra>",
        )
    )  # fmt: skip
    figure.add(_line(layers, np.full(len(layers), found.static), _CHANCE, theme.STATIC, "solid"))
    _add_readers(figure, found.by_layer, found.tallies)
    return _laid_out(figure, len(layers), title, note, height)


def _add_readers(figure: Drawing, accuracy: np.ndarray, tallies: Sequence[Tally]) -> None:
    """A line a reader ``[reader, layer]``, and at the last layer the interval of its count as a bar."""
    layers = np.arange(accuracy.shape[1])
    for i in reversed(range(len(accuracy))):  # the word's own on top
        name, color, dash = _READERS[i]
        line = _line(layers, accuracy[i], name, color, dash)
        if tallies:
            low, high = interval(tallies[i])
            up, down = np.zeros(len(layers), np.float32), np.zeros(len(layers), np.float32)
            up[-1], down[-1] = max(0, high - accuracy[i, -1]), max(0, accuracy[i, -1] - low)
            line["error_y"] = {"array": up, "arrayminus": down, "symmetric": False, "thickness": 1.4, "width": 5}
        figure.add(line)


def _laid_out(figure: Drawing, layers: int, title: str, note: str, height: int) -> Drawing:
    theme.lay_out(figure, title=title, note=theme.literal(note), height=height)
    figure.update_layout(legend_traceorder="reversed")  # what is on top is named first
    figure.update_xaxes(title_text="layer (0 is the word embedding)", dtick=1 if layers <= 13 else 5, zeroline=False)
    figure.update_yaxes(title_text="accuracy", range=[0, 1.05], tickformat=".0%", zeroline=False)
    return figure


def entropy_figure(
    scores: HeadScores, *, opened: tuple[int, int] | None = None, height: int = 300, note: str = ""
) -> Drawing:
    """Entropy of each head in bits, layer by layer: a point a head, and the median of each layer as a line; one head is ringed."""
    layer = np.repeat(np.asarray(scores.layers), len(scores.heads))
    numbers = np.tile(np.asarray(scores.heads), len(scores.layers))
    entropy = np.asarray(scores.entropy, np.float32)
    figure = theme.blank()
    figure.add(
        trace(
            "scatter", x=layer, y=entropy.reshape(-1), name="a head", mode="markers",
            marker={"size": 8, "color": theme.CONTEXTUAL, "opacity": 0.55}, customdata=numbers, cliponaxis=False,
            hovertemplate="layer %{x}, head %{customdata}: %{y:.2f} bits<extra></extra>",
        )
    )  # fmt: skip
    figure.add(_line(np.asarray(scores.layers), np.median(entropy, axis=1), "median", theme.NEUTRAL, "solid"))
    if opened is not None and opened[0] in scores.layers and opened[1] in scores.heads:
        row, column = scores.layers.index(opened[0]), scores.heads.index(opened[1])
        figure.add(
            trace(
                "scatter", x=[opened[0]], y=[float(entropy[row, column])], name="opened head", mode="markers",
                marker={"size": 15, "symbol": "circle-open", "color": theme.ACCENT, "line": {"width": 2.5}}, hoverinfo="skip",
            )
        )  # fmt: skip
    theme.lay_out(figure, note=theme.literal(note), height=height)
    figure.update_xaxes(title_text="layer", dtick=1 if len(scores.layers) <= 13 else 5, zeroline=False)
    figure.update_yaxes(title_text="entropy (bits)", rangemode="tozero", zeroline=False)
    return figure


def _line(x: np.ndarray, y: np.ndarray, name: str, color: str, dash: str) -> Trace:
    return trace(
        "scatter", x=x, y=np.asarray(y, np.float32), name=name, mode="lines+markers", line={"color": color, "dash": dash, "width": 2.2},
        marker={"size": 6, "color": color}, hovertemplate="layer %{x}: %{y:.3f}<extra>" + name + "</extra>",
    )  # fmt: skip
