"""Contextual vectors in the formats of other tools: Embedding Projector, Parquet, NumPy."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ctxcore.errors import BadInputError
from ctxcore.export.files import inert
from ctxcore.types import Occurrences


def projector_tsv(
    occurrences: Occurrences, senses: Sequence[str | None], layer: int, groups: Sequence[str | None] = ()
) -> tuple[bytes, bytes]:
    """One layer for the TensorFlow Embedding Projector (projector.tensorflow.org, "Load").

    Args:
        occurrences: The mentions.
        senses: The label of each, or None.
        layer: Which layer, from 0.
        groups: The group of each, or None; where one has a group there is a column of that name.

    Returns:
        ``vectors.tsv``, one row of numbers a mention, and ``metadata.tsv``, a row of column names and one row a mention. Tabs
        and line ends inside a text become blanks, since this format has no way to quote them; a cell that a spreadsheet would
        run is made :func:`~ctxcore.export.inert`.

    Raises:
        BadInputError: There is no such layer.
    """
    layers = occurrences.vectors.shape[1]
    if not 0 <= layer < layers:
        raise BadInputError(f"The vectors have layers 0 to {layers - 1}.", f"layer {layer}", "Choose one of them.")
    # Nine digits give back every float32 exactly.
    vectors = "".join("\t".join(f"{x:.9g}" for x in row) + "\n" for row in occurrences.vectors[:, layer])
    columns = {"word": occurrences.words, "sense": senses, "number": [str(i + 1) for i in occurrences.sentence_index]}
    if any(groups):
        columns["group"] = groups
    columns["sentence"] = _sentences(occurrences)
    lines = ["\t".join(columns)]
    lines += ["\t".join(_plain(cell or "") for cell in row) for row in zip(*columns.values(), strict=True)]
    return vectors.encode(), ("\n".join(lines) + "\n").encode()


def vectors_parquet(
    occurrences: Occurrences,
    senses: Sequence[str | None],
    about: Mapping[str, Any],
    groups: Sequence[str | None] = (),
) -> bytes:
    """One row a mention and layer, its vector in a list column; the manifest is the file's metadata ``manifest``.

    Args:
        occurrences: The mentions.
        senses: The label of each, or None.
        about: The manifest.
        groups: The group of each, or None; where one has a group there is a column of that name.
    """
    mentions, layers, features = occurrences.vectors.shape
    each = np.repeat(np.arange(mentions), layers).tolist()
    starts, ends = (np.array(part)[each] for part in zip(*occurrences.spans, strict=True))
    occurring = np.array(occurrences.sentence_index, np.int32)
    flat = pa.array(np.ascontiguousarray(occurrences.vectors, np.float32).reshape(-1))
    grouped = {"group": pa.array([groups[i] for i in each], pa.string())} if any(groups) else {}
    table = pa.table({
        "sentence": pa.DictionaryArray.from_arrays(occurring[each], list(occurrences.sentences)),
        "sentence_index": occurring[each],
        "word": [occurrences.words[i] for i in each],
        "start": starts.astype(np.int32),
        "end": ends.astype(np.int32),
        "sense": pa.array([senses[i] for i in each], pa.string()), **grouped,
        "layer": np.tile(np.arange(layers, dtype=np.int32), mentions),
        "vector": pa.ListArray.from_arrays(np.arange(0, len(flat) + 1, features, dtype=np.int32), flat),
    })  # fmt: skip
    target = io.BytesIO()
    # Without the schema of Arrow the sentences, which are held once each, are read back as text and not as categories.
    with pq.ParquetWriter(target, table.schema, store_schema=False) as writer:
        writer.write_table(table)
        writer.add_key_value_metadata({"manifest": json.dumps(about, ensure_ascii=False)})
    return target.getvalue()


def vectors_npz(
    occurrences: Occurrences,
    senses: Sequence[str | None],
    about: Mapping[str, Any],
    groups: Sequence[str | None] = (),
) -> bytes:
    """Arrays by name, none of them pickled: ``numpy.load(file)`` reads it as it is.

    ``vectors`` ``[mention, layer, feature]``, ``sentence_index``, ``start``, ``end``, ``words`` and ``senses`` ``[mention]``
    (empty where there is no label), ``groups`` likewise where a mention has one, ``sentences``, and ``manifest``, a JSON text.
    """
    starts, ends = zip(*occurrences.spans, strict=True)
    grouped = {"groups": np.array([group or "" for group in groups], np.str_)} if any(groups) else {}
    target = io.BytesIO()
    np.savez(
        target, allow_pickle=False,
        vectors=np.asarray(occurrences.vectors, np.float32),
        sentence_index=np.array(occurrences.sentence_index, np.int32),
        start=np.array(starts, np.int32), end=np.array(ends, np.int32),
        words=np.array(occurrences.words, np.str_), senses=np.array([s or "" for s in senses], np.str_),
        sentences=np.array(occurrences.sentences, np.str_), **grouped, manifest=np.array(json.dumps(about, ensure_ascii=False)),
    )  # fmt: skip
    return target.getvalue()


def _sentences(occurrences: Occurrences) -> list[str]:
    """The sentence of each mention."""
    return [occurrences.sentences[i] for i in occurrences.sentence_index]


def _plain(text: str) -> str:
    return str(inert(" ".join(text.split())))
