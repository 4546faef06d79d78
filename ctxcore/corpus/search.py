"""Where words stand in a corpus: one row a usage. What :func:`ctxcore.find` finds, at the rate at which a machine reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from ctxcore.corpus.read import Corpus
from ctxcore.errors import BadInputError
from ctxcore.progress import Progress, silent
from ctxcore.text import clean, find
from ctxcore.text.candidates import candidates

Forms = tuple[str, ...]
"""A word and its inflections; the first gives the name."""
FOUND = (("word", pa.string()), ("form", pa.string()), ("start", pa.int32()), ("end", pa.int32()))


def words_asked(words: str | Iterable[str | Sequence[str]]) -> tuple[Forms, ...]:
    """Words, each with its inflections: ``["bank", ("run", "ran", "runs")]``. One text is one word.

    Raises:
        BadInputError: There is none, one cannot be looked for, or two have one name.
    """
    given = [words] if isinstance(words, str) else list(words)
    found = tuple((one,) if isinstance(one, str) else tuple(dict.fromkeys(one)) for one in given)
    if not found or not all(found):
        raise BadInputError(
            "At least one word is needed.", "none", "Name the word to look at, such as \u201cran\u201d."
        )
    if len({forms[0] for forms in found}) < len(found):
        names = ", ".join(forms[0] for forms in found)
        raise BadInputError("Each word is asked for once.", names, "Write its forms together, the name first.")
    pattern_of(found)  # raises where a word cannot be looked for
    return found


def search(corpus: Corpus, words: Sequence[Forms], progress: Progress = silent) -> Iterator[pa.RecordBatch]:
    """All usages in reading order: the clean sentence, where it stands, ``word`` (its name), ``form`` (as written), ``start``, ``end``.

    Args:
        corpus: What is searched.
        words: Each with its inflections; the names differ.
        progress: Called with the share that is read.
    """
    pattern = pattern_of(words)
    for batch in corpus.batches(progress):
        found = usages_in(candidates_of(batch, pattern), words)
        if len(found):
            yield found


def pattern_of(words: Sequence[Forms]) -> str:
    """What tells the sentences that may hold one of the words: :func:`ctxcore.text.candidates.candidates`."""
    return candidates(form for forms in words for form in forms)


def candidates_of(batch: pa.RecordBatch, pattern: str) -> pa.RecordBatch:
    """The sentences of a batch that a pattern tells."""
    return batch.filter(pc.match_substring_regex(batch["sentence"], pattern))


def usages_in(batch: pa.RecordBatch, words: Sequence[Forms]) -> pa.RecordBatch:
    """The usages in a batch of sentences, one row each."""
    sentences = [clean(sentence) for sentence in batch["sentence"].to_pylist()]
    rows: list[tuple[int, int, int, str]] = []
    for forms in words if sentences else ():
        found: dict[tuple[int, int, int], str] = {}
        for form in forms:
            for mention in find(form, sentences):
                found.setdefault((mention.sentence_index, mention.start, mention.end), forms[0])
        rows += [(*place, name) for place, name in found.items()]
    rows.sort()
    index = pa.array([row[0] for row in rows], pa.int64())
    columns = batch.take(index)
    texts = pa.array([sentences[row[0]] for row in rows], pa.string())
    written = [sentences[i][start:end] for i, start, end, _ in rows]
    values = [[row[3] for row in rows], written, [row[1] for row in rows], [row[2] for row in rows]]
    more = [pa.array(value, kind) for value, (_, kind) in zip(values, FOUND, strict=True)]
    return pa.RecordBatch.from_arrays([texts, *columns.columns[1:], *more], schema=found_schema(columns.schema))


def found_schema(schema: pa.Schema) -> pa.Schema:
    """Columns of usages, given those of sentences."""
    return pa.schema([*schema, *(pa.field(name, kind) for name, kind in FOUND)])
