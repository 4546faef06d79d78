"""Pure functions of results. They load nothing and draw nothing."""

from ctxcore.measures import attention, geometry, lookup, projection, senses

__all__ = ["attention", "geometry", "lookup", "projection", "senses"]
