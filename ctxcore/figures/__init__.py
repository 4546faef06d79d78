"""Results in, ``go.Figure`` out. A builder shows nothing and loads nothing; its colours come from one theme."""

from ctxcore.figures.bars import neighbours_figure, substitutes_figure
from ctxcore.figures.fan import fan_figure
from ctxcore.figures.layers import self_similarity_figure, senses_figure
from ctxcore.figures.matrix import similarity_figure
from ctxcore.figures.points import pinned_figure, projection_figure

__all__ = [
    "fan_figure",
    "neighbours_figure",
    "pinned_figure",
    "projection_figure",
    "self_similarity_figure",
    "senses_figure",
    "similarity_figure",
    "substitutes_figure",
]
