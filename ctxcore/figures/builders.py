"""All builders: results in, a :class:`ctxcore.figures.drawing.Drawing` out. A builder shows nothing and loads nothing."""

from ctxcore.figures.ablation import control_figure, influence_figure
from ctxcore.figures.bars import neighbours_figure, substitutes_figure
from ctxcore.figures.contributions import contributions_figure
from ctxcore.figures.controls import controls_figure
from ctxcore.figures.fan import fan_figure
from ctxcore.figures.fitted import fitted
from ctxcore.figures.hand import hand_figure
from ctxcore.figures.heads import difference_figure, grid_figure, head_figure, maps_figure, ribbons_figure
from ctxcore.figures.information import held_out_information_figure, prompt_information_figure
from ctxcore.figures.layers import (
    bank_figure,
    entropy_figure,
    self_similarity_figure,
    sense_controls_figure,
    senses_figure,
)
from ctxcore.figures.lookup import coverage_figure, held_out_figure, word_by_word_figure
from ctxcore.figures.matrix import similarity_figure
from ctxcore.figures.moving import moved_vector_figure, moved_words_figure, patching_figure
from ctxcore.figures.points import pinned_figure, projection_figure
from ctxcore.figures.prediction import continuation_figure, ladder_figure, lens_figure, level_names, window_figure
from ctxcore.figures.relations import analogy_figure, plane_figure, sections_figure, word_map_figure
from ctxcore.figures.rows import inputs_figure, qkv_figure, weighted_figure
from ctxcore.figures.score_maps import scores_figure
from ctxcore.figures.theme import titled

__all__ = [
    "analogy_figure",
    "bank_figure",
    "continuation_figure",
    "contributions_figure",
    "control_figure",
    "controls_figure",
    "coverage_figure",
    "difference_figure",
    "entropy_figure",
    "fan_figure",
    "fitted",
    "grid_figure",
    "hand_figure",
    "head_figure",
    "held_out_figure",
    "held_out_information_figure",
    "influence_figure",
    "inputs_figure",
    "ladder_figure",
    "lens_figure",
    "maps_figure",
    "moved_vector_figure",
    "moved_words_figure",
    "neighbours_figure",
    "patching_figure",
    "pinned_figure",
    "plane_figure",
    "projection_figure",
    "prompt_information_figure",
    "qkv_figure",
    "ribbons_figure",
    "level_names",
    "scores_figure",
    "sections_figure",
    "self_similarity_figure",
    "sense_controls_figure",
    "senses_figure",
    "similarity_figure",
    "substitutes_figure",
    "titled",
    "weighted_figure",
    "window_figure",
    "word_by_word_figure",
    "word_map_figure",
]
