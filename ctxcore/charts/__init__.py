"""Every figure as one value: what is asked, and how it is looked at. A file a family."""

from __future__ import annotations

from ctxcore.charts.chart import Chart, describe, script

__all__ = ["Chart", "describe", "script"]
