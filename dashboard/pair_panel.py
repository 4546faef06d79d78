"""What answers "any two vectors differ": the compared pair over bands of pairs whose senses are known, in two models."""

from __future__ import annotations

import streamlit as st

from ctxcore import ShiftControls
from ctxcore.charts.controls import ControlsChart, pair_models, strongest, verdict_of
from ctxcore.charts.selection import Selection
from ctxcore.models.catalogue import title_of
from dashboard import cache, store, widgets
from dashboard.messages import literal
from dashboard.show import ask, show

_KEY = (
    "Line: your two, layer by layer. Bands: 90 % of the pairs of one sense (green) and of two (purple). Where both are in "
    "one frame, such as \u201cThe \u2026 ran \u2026\u201d, the pairs are that frame with other words; else of our sense bank. The "
    "layer that is judged is the one that tells one sense from two best in them; your pair has no part in that."
)


def show_pair(selection: Selection, second: Selection | None, place: st.delta_generator.DeltaGenerator) -> None:
    """The pair in the workspace's model and in the decoder; the one that tells senses better on top, once both are there.

    Args:
        selection: What is compared.
        second: The same in a second model that the reader chose.
        place: Where it is shown.
    """
    charts = _charts(selection, second)
    with place:
        if not charts:
            st.caption(
                "Choose two different sentences with the word in the same form: there is no such pair to compare."
            )
            return
        st.markdown("Any two vectors differ. Are these further apart than **one sense** makes them?", help=_KEY)
    answers = {c.of.model: store.get(c.of) for c in charts if store.engine().has(c.of)}
    # Until both are there the decoder's place is kept on top: with most words it tells senses better, and nothing jumps.
    best = strongest(answers) if len(answers) == len(charts) else charts[-1].of.model
    for chart in sorted(charts, key=lambda c: c.of.model != best):
        with widgets.errors_shown_in(place):
            _one(chart)


def _charts(selection: Selection, second: Selection | None) -> list[ControlsChart]:
    models = pair_models(selection.workspace, store.engine())
    found = [ControlsChart.of_selection(selection, model, small=True) for model in models]
    if second is not None and second.workspace.model not in models:
        theirs = ControlsChart.of_selection(second, small=True)
        found.append(None if theirs is None else theirs.beside())
    return [chart for chart in found if chart is not None]


def _one(chart: ControlsChart) -> None:
    """One model's figure with its verdict above; its progress while it is on its way."""
    if not widgets.wait_for(cache.model(chart.of.model)):
        st.caption(f"{literal(title_of(chart.of.model))} is on its way.")
        return
    answer: ShiftControls | None = ask(chart.of, suffix=chart.suffix)
    if answer is None:
        return
    st.markdown(f"**{literal(title_of(chart.of.model))}**: {verdict_of(answer)}")
    show(chart)
