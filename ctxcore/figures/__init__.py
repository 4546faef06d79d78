"""Results in, plotly's own ``Figure`` out, checked by it.

The builders themselves, one room a family, give a :class:`ctxcore.figures.drawing.Drawing`: pages, files and reports take that.
"""

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec

from ctxcore.figures import (
    ablation,
    bars,
    contributions,
    controls,
    fan,
    hand,
    heads,
    information,
    layers,
    lookup,
    matrix,
    moving,
    points,
    prediction,
    relations,
    rows,
    score_maps,
    usage_change,
    usages,
)
from ctxcore.figures.drawing import Drawing
from ctxcore.figures.prediction import level_names

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

P = ParamSpec("P")


def _checked(build: Callable[P, Drawing]) -> Callable[P, "Figure"]:
    @wraps(build)
    def make(*args: P.args, **options: P.kwargs) -> "Figure":
        return build(*args, **options).figure()

    return make


analogy_figure = _checked(relations.analogy_figure)
bank_figure = _checked(layers.bank_figure)
continuation_figure = _checked(prediction.continuation_figure)
contributions_figure = _checked(contributions.contributions_figure)
control_figure = _checked(ablation.control_figure)
controls_figure = _checked(controls.controls_figure)
coverage_figure = _checked(lookup.coverage_figure)
difference_figure = _checked(heads.difference_figure)
entropy_figure = _checked(layers.entropy_figure)
fan_figure = _checked(fan.fan_figure)
grid_figure = _checked(heads.grid_figure)
hand_figure = _checked(hand.hand_figure)
head_figure = _checked(heads.head_figure)
held_out_figure = _checked(lookup.held_out_figure)
held_out_information_figure = _checked(information.held_out_information_figure)
influence_figure = _checked(ablation.influence_figure)
inputs_figure = _checked(rows.inputs_figure)
ladder_figure = _checked(prediction.ladder_figure)
lens_figure = _checked(prediction.lens_figure)
maps_figure = _checked(heads.maps_figure)
moved_vector_figure = _checked(moving.moved_vector_figure)
moved_words_figure = _checked(moving.moved_words_figure)
neighbours_figure = _checked(bars.neighbours_figure)
patching_figure = _checked(moving.patching_figure)
pinned_figure = _checked(points.pinned_figure)
plane_figure = _checked(relations.plane_figure)
projection_figure = _checked(points.projection_figure)
prompt_information_figure = _checked(information.prompt_information_figure)
qkv_figure = _checked(rows.qkv_figure)
ribbons_figure = _checked(heads.ribbons_figure)
scores_figure = _checked(score_maps.scores_figure)
sections_figure = _checked(relations.sections_figure)
self_similarity_figure = _checked(layers.self_similarity_figure)
sense_controls_figure = _checked(layers.sense_controls_figure)
senses_figure = _checked(layers.senses_figure)
similarity_figure = _checked(matrix.similarity_figure)
substitutes_figure = _checked(bars.substitutes_figure)
usage_change_figure = _checked(usage_change.usage_change_figure)
usage_counts_figure = _checked(usages.usage_counts_figure)
usage_map_figure = _checked(usages.usage_map_figure)
usage_senses_figure = _checked(usages.usage_senses_figure)
weighted_figure = _checked(rows.weighted_figure)
window_figure = _checked(prediction.window_figure)
word_by_word_figure = _checked(lookup.word_by_word_figure)
word_map_figure = _checked(relations.word_map_figure)

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
    "grid_figure",
    "hand_figure",
    "head_figure",
    "held_out_figure",
    "held_out_information_figure",
    "influence_figure",
    "inputs_figure",
    "ladder_figure",
    "lens_figure",
    "level_names",
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
    "scores_figure",
    "sections_figure",
    "self_similarity_figure",
    "sense_controls_figure",
    "senses_figure",
    "similarity_figure",
    "substitutes_figure",
    "usage_change_figure",
    "usage_counts_figure",
    "usage_map_figure",
    "usage_senses_figure",
    "weighted_figure",
    "window_figure",
    "word_by_word_figure",
    "word_map_figure",
]
