"""Controls that pages share, a file a kind; pages use them as ``widgets.name``."""

from __future__ import annotations

from dashboard.widgets.exports import exchange_bar, export_button, hover_answers, plot
from dashboard.widgets.fields import editor, sentence_field, substitutes_field
from dashboard.widgets.page import errors_shown_in, fold_out, render_page, save_button, try_this, verdict
from dashboard.widgets.pickers import (
    decoder_of,
    head_picker,
    layer_picker,
    model_picker,
    n_picker,
    say_decoder,
    second_decoder,
    second_model,
    second_picker,
    training_text,
    word_picker,
)
from dashboard.widgets.waiting import drawing, progress_line, soon_there, wait_for

__all__ = [
    "decoder_of",
    "drawing",
    "editor",
    "exchange_bar",
    "export_button",
    "fold_out",
    "errors_shown_in",
    "head_picker",
    "hover_answers",
    "layer_picker",
    "model_picker",
    "n_picker",
    "plot",
    "render_page",
    "save_button",
    "say_decoder",
    "second_decoder",
    "second_model",
    "second_picker",
    "sentence_field",
    "soon_there",
    "substitutes_field",
    "training_text",
    "try_this",
    "verdict",
    "wait_for",
    "progress_line",
    "word_picker",
]
