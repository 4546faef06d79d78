"""Results in, plotly's own ``Figure`` out, checked by it. Pages, files and reports take the drawings of :mod:`ctxcore.figures.builders`."""

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec

from ctxcore.figures import builders
from ctxcore.figures.builders import level_names
from ctxcore.figures.drawing import Drawing

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

P = ParamSpec("P")


def _checked(build: Callable[P, Drawing]) -> Callable[P, "Figure"]:
    @wraps(build)
    def make(*args: P.args, **options: P.kwargs) -> "Figure":
        return build(*args, **options).figure()

    return make


analogy_figure = _checked(builders.analogy_figure)
bank_figure = _checked(builders.bank_figure)
continuation_figure = _checked(builders.continuation_figure)
contributions_figure = _checked(builders.contributions_figure)
control_figure = _checked(builders.control_figure)
controls_figure = _checked(builders.controls_figure)
coverage_figure = _checked(builders.coverage_figure)
difference_figure = _checked(builders.difference_figure)
entropy_figure = _checked(builders.entropy_figure)
fan_figure = _checked(builders.fan_figure)
grid_figure = _checked(builders.grid_figure)
hand_figure = _checked(builders.hand_figure)
head_figure = _checked(builders.head_figure)
held_out_figure = _checked(builders.held_out_figure)
held_out_information_figure = _checked(builders.held_out_information_figure)
influence_figure = _checked(builders.influence_figure)
inputs_figure = _checked(builders.inputs_figure)
ladder_figure = _checked(builders.ladder_figure)
lens_figure = _checked(builders.lens_figure)
maps_figure = _checked(builders.maps_figure)
moved_vector_figure = _checked(builders.moved_vector_figure)
moved_words_figure = _checked(builders.moved_words_figure)
neighbours_figure = _checked(builders.neighbours_figure)
patching_figure = _checked(builders.patching_figure)
pinned_figure = _checked(builders.pinned_figure)
plane_figure = _checked(builders.plane_figure)
projection_figure = _checked(builders.projection_figure)
prompt_information_figure = _checked(builders.prompt_information_figure)
qkv_figure = _checked(builders.qkv_figure)
ribbons_figure = _checked(builders.ribbons_figure)
scores_figure = _checked(builders.scores_figure)
sections_figure = _checked(builders.sections_figure)
self_similarity_figure = _checked(builders.self_similarity_figure)
sense_controls_figure = _checked(builders.sense_controls_figure)
senses_figure = _checked(builders.senses_figure)
similarity_figure = _checked(builders.similarity_figure)
substitutes_figure = _checked(builders.substitutes_figure)
weighted_figure = _checked(builders.weighted_figure)
window_figure = _checked(builders.window_figure)
word_by_word_figure = _checked(builders.word_by_word_figure)
word_map_figure = _checked(builders.word_map_figure)

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
    "weighted_figure",
    "window_figure",
    "word_by_word_figure",
    "word_map_figure",
]
