"""Pure functions of results. They load nothing and draw nothing."""

from ctxcore.measures import (
    algebra,
    attention,
    clustering,
    geometry,
    information,
    lookup,
    prediction,
    projection,
    senses,
    tallies,
)

__all__ = [
    "algebra",
    "attention",
    "clustering",
    "geometry",
    "information",
    "lookup",
    "prediction",
    "projection",
    "senses",
    "tallies",
]
