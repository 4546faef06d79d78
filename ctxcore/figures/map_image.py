"""Many small maps as one image: a byte a cell."""

from __future__ import annotations

import base64
import io

import numpy as np

from ctxcore.figures import theme

_STEPS = 96
"""Shades of the small maps: more would not be told apart at their size, and each costs bytes."""


def map_image(grid: np.ndarray, gap: int) -> str:
    """The maps ``[row, column, y, x]`` in one palette image, a byte a cell before compression, as a data URI."""
    from PIL import Image  # here: a page that shows none does not wait for it

    rows, columns, size = grid.shape[:3]
    canvas = np.full((rows, size + gap, columns, size + gap), _STEPS, np.uint8)
    shares = np.clip(np.nan_to_num(grid), 0, 1)
    canvas[:, :size, :, :size] = np.rint((_STEPS - 1) * np.sqrt(shares)).astype(np.uint8).transpose(0, 2, 1, 3)
    picture = Image.fromarray(canvas.reshape(rows * (size + gap), columns * (size + gap)))
    picture.putpalette(_palette())
    target = io.BytesIO()
    picture.save(target, "PNG", transparency=_STEPS, compress_level=3)  # a tenth of the time for a tenth more bytes
    return "data:image/png;base64," + base64.b64encode(target.getvalue()).decode()


def _palette() -> list[int]:
    """Red, green and blue of the steps from no attention to all of it; the entry after them is never seen."""
    stops = np.array([[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in theme.SEQUENTIAL], float)
    at = np.linspace(0, len(stops) - 1, _STEPS)
    colors = np.stack([np.interp(at, np.arange(len(stops)), stops[:, part]) for part in range(3)], axis=1)
    return [*np.rint(colors).astype(int).reshape(-1).tolist(), 0, 0, 0]
