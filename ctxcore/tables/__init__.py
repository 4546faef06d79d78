"""The data behind the figures, as tables with one fact a row."""

from __future__ import annotations

from ctxcore.tables.attention import (
    grid_table,
    hand_table,
    head_scores_table,
    head_shifts_table,
    influence_table,
    inputs_table,
    map_table,
    maps_table,
    qkv_table,
    scores_table,
    weighted_table,
)
from ctxcore.tables.prediction import (
    continuation_table,
    coverage_table,
    held_out_table,
    ladder_table,
    lens_table,
    window_table,
)
from ctxcore.tables.relations import (
    analogy_table,
    plane_table,
    sections_table,
    word_map_table,
)
from ctxcore.tables.words import (
    bank_table,
    controls_table,
    fan_table,
    neighbours_table,
    pinned_table,
    projection_table,
    reading_table,
    self_similarity_table,
    senses_table,
    similarity_table,
    substitutes_table,
)

__all__ = [
    "analogy_table",
    "bank_table",
    "continuation_table",
    "controls_table",
    "coverage_table",
    "fan_table",
    "grid_table",
    "hand_table",
    "head_scores_table",
    "head_shifts_table",
    "held_out_table",
    "influence_table",
    "inputs_table",
    "ladder_table",
    "lens_table",
    "map_table",
    "maps_table",
    "neighbours_table",
    "pinned_table",
    "plane_table",
    "projection_table",
    "qkv_table",
    "reading_table",
    "scores_table",
    "sections_table",
    "self_similarity_table",
    "senses_table",
    "similarity_table",
    "substitutes_table",
    "weighted_table",
    "window_table",
    "word_map_table",
]
