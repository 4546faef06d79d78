"""Pure functions of results. They load nothing and draw nothing."""

from ctxcore.measures import geometry, projection, senses

__all__ = ["geometry", "projection", "senses"]
