"""Pure functions of results. They load nothing and draw nothing."""

from ctxcore.measures import attention, geometry, lookup, prediction, projection, senses

__all__ = ["attention", "geometry", "lookup", "prediction", "projection", "senses"]
