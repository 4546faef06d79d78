"""Pure functions of results. They load nothing and draw nothing."""

from ctxcore.measures import attention, geometry, projection, senses

__all__ = ["attention", "geometry", "projection", "senses"]
