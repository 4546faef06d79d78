"""Everything about one workspace: claims, figures, data and what they rest on, as one HTML document or one zip file."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import numpy as np

from ctxcore import claims, export
from ctxcore.claims import Claim
from ctxcore.data import corpora
from ctxcore.data.bank import sense_bank
from ctxcore.errors import BadInputError, CtxError, StoppedError, UnknownWordError
from ctxcore.export import provenance, report_next, report_page, report_parts
from ctxcore.export.report_next import Next, Training
from ctxcore.export.report_parts import Words
from ctxcore.export.report_types import Report, Section
from ctxcore.measures import geometry, lookup
from ctxcore.models.catalogue import DECODER
from ctxcore.models.contextual import ContextualModel
from ctxcore.models.loading import load_model
from ctxcore.models.static import StaticSpace, load_static
from ctxcore.progress import Progress, silent
from ctxcore.types import Background
from ctxcore.workspace import Workspace

__all__ = ["Report", "Section", "Training", "make_report", "report_html", "report_zip"]

_SEED = 0
_T = TypeVar("_T")


def make_report(
    workspace: Workspace,
    *,
    progress: Progress = silent,
    open_model: Callable[[str], ContextualModel] | None = None,
    open_static: Callable[[str], StaticSpace] | None = None,
    baselines: Callable[[str], Background] | None = None,
    training: Training | None = None,
) -> Report:
    """Measure and draw all that a workspace asks for. Equal workspaces and models give equal reports.

    Args:
        workspace: What the reader works on.
        progress: Called with the share done; an error that it raises ends the work.
        open_model: Gives a contextual model by name; else it is loaded.
        open_static: Gives a static space by name; else it is loaded.
        baselines: Gives a contextual model's baselines by its name; else they are measured.
        training: What lookup tables are trained on; else what the workspace names.

    Raises:
        CtxError: The workspace's models cannot be opened. What fails later is said in its section.
    """
    progress(0.01, "Opening the static vectors")
    static = (open_static or load_static)(workspace.static)
    progress(0.08, "Opening the model")
    model = (open_model or load_model)(workspace.model)
    progress(0.25, "Reading the sentences")
    known = partial(baselines, workspace.model) if baselines else None

    def reading(share: float, what: str) -> None:
        progress(0.25 + 0.05 * share, what)

    words = _attempt(lambda: report_parts.read_words(workspace, model, static, known, reading))
    sections = _sections(report_parts.PARTS, words, lambda share, what: progress(0.3 + 0.3 * share, what))
    progress(0.6, "Opening the decoder")
    decoder = model if "next words" in model.uses else _attempt(lambda: (open_model or load_model)(DECODER))
    progress(0.65, "Climbing the ladder")
    part = _next(workspace, decoder, training)
    sections += _sections(report_next.PARTS, part, lambda share, what: progress(0.7 + 0.15 * share, what))
    progress(0.85, "Checking the claims")
    made, unmeasured = _claims(words, part)
    progress(0.9, "Adding up the weights")
    used = [m for m in dict.fromkeys((static, model, decoder)) if not isinstance(m, CtxError)]
    about = _manifest(workspace, used, part, progress)
    progress(1.0, "Done")
    return Report(workspace, tuple(made), tuple(unmeasured), tuple(sections), about)


def report_html(report: Report) -> bytes:
    """One document that opens without a network: plotly, all figures and the shown data are inside."""
    return report_page.document(report)


def report_zip(report: Report, images: bool = True, progress: Progress = silent) -> bytes:
    """The document, each figure as HTML and SVG, its data as CSV, the workspace and the manifest. Equal reports give equal bytes.

    Args:
        report: What :func:`make_report` gave.
        images: Draw SVG too, where there is a Chrome. Where it fails they are left out, and a text file beside the figures says why.
        progress: Called with the share done; an error that it raises ends the work.
    """
    return report_page.archive(report, images, progress)


def _attempt(work: Callable[[], _T]) -> _T | CtxError:
    """What some work gives, or why it could not: a part that fails takes nothing else with it."""
    try:
        return work()
    except StoppedError:  # the reader's wish, not a failure
        raise
    except CtxError as error:
        return error


def _sections(
    parts: tuple[tuple[str, str, Callable[[Any], Section]], ...], given: Any, progress: Progress
) -> list[Section]:
    found = []
    for number, (key, title, make) in enumerate(parts):
        progress(number / len(parts), title)
        made = given if isinstance(given, CtxError) else _attempt(lambda make=make: make(given))  # type: ignore[misc]
        found.append(Section(key, title, missing=why(made)) if isinstance(made, CtxError) else made)
    return found


def why(error: CtxError) -> str:
    """An error as a report says it."""
    return f"{error.rule} Received: {error.received}. {error.remedy}"


def _next(workspace: Workspace, decoder: ContextualModel | CtxError, training: Training | None) -> Next | CtxError:
    if isinstance(decoder, CtxError):
        return decoder
    return _attempt(lambda: report_next.read_next(workspace, decoder, training or _training(workspace)))


def _training(workspace: Workspace) -> Training:
    """What the workspace names as training text."""
    if workspace.corpus == "file":
        raise BadInputError(
            "A workspace does not carry the text that its table was trained on.",
            "a workspace whose text was a file",
            "Make the report in the dashboard, where the text is, or train the table on sentences.",
        )
    news, own = workspace.corpus == "news", workspace.training
    if news:
        sentences, title = corpora.news_sentences(), "the news corpus"
    else:
        sentences, title = (corpora.lesson_sentences(), "ours") if own is None else (own, "yours")
    words = lookup.split(sentences)
    count = len(words)
    said = f"{count:,} sentence{'s' if count != 1 else ''} of {title} ({sum(map(len, words)):,} words)"
    return Training(words, said)


def _claims(words: Words | CtxError, part: Next | CtxError) -> tuple[list[Claim], list[str]]:
    """All claims that can be measured, and why the others cannot."""
    made: list[Claim] = []
    trouble = [why(given) for given in (words, part) if isinstance(given, CtxError)]
    tries: list[Callable[[], list[Claim]]] = []
    if not isinstance(words, CtxError):
        tries += _word_claims(words)
    if not isinstance(part, CtxError):
        tries.append(lambda: report_next.claims_of(part))
    for one in tries:
        found = _attempt(one)
        if isinstance(found, CtxError):
            trouble.append(why(found))
        else:
            made += found
    return made, list(dict.fromkeys(trouble))


def _word_claims(words: Words) -> list[Callable[[], list[Claim]]]:
    """Claims about the target word, each on its own: one that fails leaves the others."""
    sentence = words.found.sentences[words.found.sentence_index[0]]

    def between() -> list[Claim]:
        if len(words.found) < 2:
            return []
        cosines = geometry.cosine(words.found.vectors[0], words.found.vectors[1])
        return [claims.one_vector_per_sentence(cosines), claims.only_the_sentence(cosines)]

    def shares() -> list[Claim]:
        sums = report_parts.whole_attention(words.model, sentence).weights.sum(-1, dtype="float64")
        return [claims.rows_are_shares(float(abs(sums - 1).max()))]

    def vector() -> list[Claim]:
        return [claims.weights_make_a_vector(words.model.trace(sentence, 1, 0).difference)]

    return [
        lambda: [_static_claim(words)],
        lambda: [_relations(words.static)],
        between,
        lambda: [_senses(words)],
        shares,
        vector,
    ]


def _static_claim(words: Words) -> Claim:
    try:
        vectors = [words.static.vector(w) for w in words.found.words]
    except UnknownWordError as error:
        return claims.no_static_vector(error.word)
    return claims.one_static_vector(geometry.greatest_distance(np.stack(vectors)), len(vectors))


def _relations(static: StaticSpace) -> Claim:
    kin, pets, mixed = (static.similarity(a, b) for a, b in claims.PAIRS)
    return claims.static_relations(kin, pets, mixed, static.analogy(("king", "woman"), ("man",), k=1)[0])


def _senses(words: Words) -> Claim:
    word = words.workspace.word.casefold()
    if word not in sense_bank():
        own = _attempt(lambda: report_parts.own_reading(words))
        asked = words.workspace.word
        return claims.not_in_the_bank(asked) if isinstance(own, CtxError) else claims.tells_labels_apart(asked, own)
    found = words.found
    alike = claims.all_alike(
        found.vectors[:, -1], [(found.sentences[i], s) for i, s in zip(found.sentence_index, found.spans, strict=True)]
    )
    reading = report_parts.bank_reading(words.model, word)
    return claims.tells_senses_apart(word, reading, len(found) if alike else 0, words.senses)


def _manifest(workspace: Workspace, used: list[Any], part: Next | CtxError, progress: Progress) -> dict[str, Any]:
    models = [provenance.model_facts(m, lambda share, what: progress(0.92, what)) for m in used]
    training = None if isinstance(part, CtxError) else part.training.said
    return export.manifest(
        models=models,
        sentences=list(workspace.sentences),
        parameters={
            "word": workspace.word, "prompts": list(workspace.prompts), "candidates": list(workspace.candidates),
            "tested": workspace.tested, "n": workspace.n, "training": training, "window": claims.WINDOW,
            "told_per_sense": claims.TOLD,
        },
        seed=_SEED,
    )  # fmt: skip
