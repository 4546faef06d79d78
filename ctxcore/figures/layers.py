"""Measures that change from layer to layer, as lines."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from ctxcore.figures import theme
from ctxcore.types import BankAccuracy, HeadScores, SelfSimilarity, SenseReading


def self_similarity_figure(measured: SelfSimilarity, word: str, *, height: int = 380, title: str = "") -> go.Figure:
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
        figure.add_trace(_line(layers, values, label, color, dash))
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


def senses_figure(reading: SenseReading, *, height: int = 360, title: str = "", note: str = "") -> go.Figure:
    """Share of mentions whose sense the nearest centroid names right, by layer, beside what a static vector can do."""
    layers = np.arange(len(reading.accuracy))
    figure = theme.blank()
    figure.add_trace(
        _line(layers, np.full(len(layers), reading.chance), "static vector: one answer for all", theme.STATIC, "solid")
    )
    figure.add_trace(_line(layers, reading.accuracy, "nearest centroid", theme.CONTEXTUAL, "solid"))
    theme.lay_out(figure, title=title, note=theme.literal(note), height=height)
    figure.update_xaxes(
        title_text="layer (0 is the word embedding)", dtick=1 if len(layers) <= 13 else 5, zeroline=False
    )
    figure.update_yaxes(title_text="accuracy", range=[0, 1.05], tickformat=".0%", zeroline=False)
    return figure


def bank_figure(found: BankAccuracy, *, height: int = 380, title: str = "") -> go.Figure:
    """Senses named right over the whole bank by layer, beside the static answer, the static twin, and each word's own line."""
    layers = np.arange(found.accuracy.shape[1])
    mean = found.by_layer
    figure = theme.blank()
    # One trace for all words, cut between them: a browser draws it at once.
    figure.add_trace(
        go.Scatter(
            x=np.tile([*layers, np.nan], len(found.words)).astype(np.float32),
            y=np.pad(found.accuracy, ((0, 0), (0, 1)), constant_values=np.nan).reshape(-1).astype(np.float32),
            name="each word", mode="lines", line={"color": theme.NEUTRAL, "width": 1}, opacity=0.45,
            customdata=np.repeat(found.words, len(layers) + 1),
            hovertemplate="%{customdata}, layer %{x}: %{y:.3f}<extra></extra>",
        )
    )  # fmt: skip
    for values, label, color, dash in (
        (np.full(len(layers), found.static), "static vector: one answer, as good as chance", theme.STATIC, "solid"),
        (np.full(len(layers), mean[0]), "input embedding (layer 0)", theme.NEUTRAL, "dot"),
        (mean, "nearest centroid, all words", theme.CONTEXTUAL, "solid"),
    ):
        figure.add_trace(_line(layers, values, label, color, dash))
    note = (
        f"{len(found.words)} ambiguous words of our sense bank, {sum(found.senses)} senses. Trained on {found.told} sentences of each "
        f"sense, tested on {sum(found.counted)} others. Macro-averaged over the senses of a word, then over the words."
    )
    theme.lay_out(figure, title=title, note=note, height=height)
    figure.update_xaxes(
        title_text="layer (0 is the word embedding)", dtick=1 if len(layers) <= 13 else 5, zeroline=False
    )
    figure.update_yaxes(title_text="accuracy", range=[0, 1.05], tickformat=".0%", zeroline=False)
    return figure


def entropy_figure(
    scores: HeadScores, *, opened: tuple[int, int] | None = None, height: int = 300, note: str = ""
) -> go.Figure:
    """Entropy of each head in bits, layer by layer: a point a head, and the median of each layer as a line; one head is ringed."""
    layer = np.repeat(np.asarray(scores.layers), len(scores.heads))
    numbers = np.tile(np.asarray(scores.heads), len(scores.layers))
    entropy = np.asarray(scores.entropy, np.float32)
    figure = theme.blank()
    figure.add_trace(
        go.Scatter(
            x=layer, y=entropy.reshape(-1), name="a head", mode="markers",
            marker={"size": 8, "color": theme.CONTEXTUAL, "opacity": 0.55}, customdata=numbers, cliponaxis=False,
            hovertemplate="layer %{x}, head %{customdata}: %{y:.2f} bits<extra></extra>",
        )
    )  # fmt: skip
    figure.add_trace(
        _line(np.asarray(scores.layers), np.median(entropy, axis=1), "median of the layer", theme.NEUTRAL, "solid")
    )
    if opened is not None and opened[0] in scores.layers and opened[1] in scores.heads:
        row, column = scores.layers.index(opened[0]), scores.heads.index(opened[1])
        figure.add_trace(
            go.Scatter(
                x=[opened[0]], y=[float(entropy[row, column])], name=f"layer {opened[0]}, head {opened[1]}", mode="markers",
                marker={"size": 15, "symbol": "circle-open", "color": theme.ACCENT, "line": {"width": 2.5}}, hoverinfo="skip",
            )
        )  # fmt: skip
    theme.lay_out(figure, note=theme.literal(note), height=height)
    figure.update_xaxes(title_text="layer", dtick=1 if len(scores.layers) <= 13 else 5, zeroline=False)
    figure.update_yaxes(title_text="entropy (bits)", rangemode="tozero", zeroline=False)
    return figure


def _line(x: np.ndarray, y: np.ndarray, name: str, color: str, dash: str) -> go.Scatter:
    return go.Scatter(
        x=x, y=np.asarray(y, np.float32), name=name, mode="lines+markers", line={"color": color, "dash": dash, "width": 2.2},
        marker={"size": 6, "color": color}, hovertemplate="layer %{x}: %{y:.3f}<extra>" + name + "</extra>",
    )  # fmt: skip
