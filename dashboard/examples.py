"""Telling examples that more than one page offers."""

from __future__ import annotations

from dashboard import state

LEFT_ONLY = state.labelled(
    "ran",
    {
        "It ran quickly across the wet grass.": "moved along",
        "It ran without a single error message.": "executed",
        "It ran the town\u2019s only bakery.": "managed",
    },
    model="smollm2-135m",
)
"""What decides stands behind the word: a decoder has not read it yet."""
