"""The Python behind the figures of the next word, as ``recipes`` holds that of the others."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.recipes import script


def ladder(model: str, prompts: Sequence[str], candidates: Sequence[str], n: int, window: int, note: str) -> str:
    """The ladder."""
    return script(
        f"model = ctxcore.load_model({model!r})",
        f"table = lookup.LookupTable(lookup.split(ctxcore.lesson_sentences()), {n})",
        f"found = ctxcore.ladder(model, {list(prompts)!r}, {list(candidates)!r}, table, {window})",
        f"figure = figures.ladder_figure(found, note={note!r})",
        uses=("lookup",),
    )


def window(model: str, prompts: Sequence[str], candidates: Sequence[str], note: str) -> str:
    """The growing window."""
    return script(
        f"model = ctxcore.load_model({model!r})",
        f"prompts, candidates = {list(prompts)!r}, {list(candidates)!r}",
        "curves = [ctxcore.window_curve(model, prompt, candidates) for prompt in prompts]",
        "reaches = max((reaches for reaches, _ in curves), key=len)",
        "# A prompt that a narrower window holds whole stays as it is.",
        'rows = [np.pad(c, ((0, len(reaches) - len(c)), (0, 0)), mode="edge") for _, c in curves]',
        f"figure = figures.window_figure(reaches, np.array(rows), prompts, candidates, note={note!r})",
        numpy=True,
    )


def lens(model: str, prompts: Sequence[str], candidates: Sequence[str], note: str) -> str:
    """What each layer would say."""
    return script(
        f"model = ctxcore.load_model({model!r})",
        f"found = [model.lens(prompt, {list(candidates)!r}) for prompt in {list(prompts)!r}]",
        f"figure = figures.lens_figure(found, note={note!r})",
    )
