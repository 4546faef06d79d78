"""The Python behind the figures of the next word and of unseen contexts, as ``recipes`` holds that of the others."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.recipes import script


def ladder(
    model: str, training: str, prompts: Sequence[str], candidates: Sequence[str], n: int, window: int, note: str
) -> str:
    """The ladder."""
    return script(
        f"model = ctxcore.load_model({model!r})",
        f"table = lookup.LookupTable(lookup.split({training}), {n})",
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
        "shown = max((numbers for numbers, _ in curves), key=len)",
        "# A shorter prompt stays as it is once all of it is shown.",
        'rows = [np.pad(c, ((0, len(shown) - len(c)), (0, 0)), mode="edge") for _, c in curves]',
        f"figure = figures.window_figure(shown, np.array(rows), prompts, candidates, note={note!r})",
        numpy=True,
    )


def lens(model: str, prompts: Sequence[str], candidates: Sequence[str], note: str) -> str:
    """What each layer would say."""
    return script(
        f"model = ctxcore.load_model({model!r})",
        f"found = [model.lens(prompt, {list(candidates)!r}) for prompt in {list(prompts)!r}]",
        f"figure = figures.lens_figure(found, note={note!r})",
    )


def continuation(model: str, prompt: str, most: int, temperature: float, seed: int, note: str) -> str:
    """A continuation."""
    return script(
        f"model = ctxcore.load_model({model!r})",
        f"tokens = list(model.generate({prompt!r}, {most}, {temperature!r}, {seed}))",
        f"figure = figures.continuation_figure(tokens, note={note!r})",
    )


def word_by_word(model: str, training: str, sentence: str, n: int, most: int, note: str) -> str:
    """One sentence asked word by word."""
    return script(
        *_tables(model, training, n, most),
        f"found = ctxcore.held_out(model, table, smoothed, [{sentence!r}])",
        f"figure = figures.word_by_word_figure(found, note={note!r})",
        uses=("lookup",),
    )


def coverage(training: str, sizes: Sequence[int], ns: Sequence[int], share: float, with_word: bool, note: str) -> str:
    """What tables of growing size have never seen."""
    return script(
        f"words = lookup.split({training})",
        f"train, test = lookup.hold_out(words, {share})",
        "kept, asked = [words[i] for i in train], [words[i] for i in test]",
        f"found = lookup.coverage(kept, asked, {list(sizes)}, {list(ns)})",
        f"figure = figures.coverage_figure(found, with_word={with_word}, note={note!r})",
        uses=("lookup",),
    )


def held_out(model: str, training: str, n: int, share: float, asked: int, most: int, note: str) -> str:
    """Held-out sentences."""
    return script(
        f"model = ctxcore.load_model({model!r})",
        f"sentences = [s for s in {training} if ctxcore.words_of(s)]",
        "words = lookup.split(sentences)",
        f"train, test = lookup.hold_out(words, {share})",
        "kept = [words[i] for i in train]",
        f"table, smoothed = lookup.LookupTable(kept, {n}), lookup.SmoothedModel(kept[:{most}], {n})",
        f"asked = [sentences[i] for i in test][:{asked}]",
        "long = model.too_long(asked)",
        "found = ctxcore.held_out(model, table, smoothed, [s for i, s in enumerate(asked) if i not in long])",
        f"figure = figures.held_out_figure(found, note={note!r})",
        uses=("lookup",),
    )


def _tables(model: str, training: str, n: int, most: int) -> tuple[str, ...]:
    """The lines that load the model and train both tables, the smoothed one on the first sentences alone."""
    return (
        f"model = ctxcore.load_model({model!r})",
        f"words = lookup.split({training})",
        f"table, smoothed = lookup.LookupTable(words, {n}), lookup.SmoothedModel(words[:{most}], {n})",
    )
