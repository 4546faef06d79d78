"""The usages of a word with their vectors in the formats of other tools: Embedding Atlas (Parquet) and the Embedding Projector (TSV)."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ctxcore.export.files import inert
from ctxcore.types import UsageMap, UsageVectors

MOST_BYTES = 64 << 20
"""Of the vectors in a Parquet file."""
MOST_ROWS = 10_000
"""Of a TSV file: the Projector shows no more."""


def taken(count: int, most: int) -> np.ndarray:
    """Which usages go into a file: all, or so many at random, the same each time."""
    rows = np.arange(count)
    return rows if count <= most else np.sort(np.random.default_rng(0).choice(rows, most, replace=False))


def usages_parquet(
    read: UsageVectors, drawn: UsageMap, about: Mapping[str, Any], senses: Sequence[str] | None = None
) -> bytes:
    """One row a usage: ``x``, ``y``, ``text``, ``sense`` where there are some, its place, the reader's own columns, ``vector`` (float32).

    Embedding Atlas opens it with ``embedding-atlas usages.parquet --text text --x x --y y``. Of very many usages a sample is written.

    Args:
        read: Their vectors.
        drawn: Where they lie; of the same usages.
        about: The manifest, which is kept in the file's metadata.
        senses: The sense of each.
    """
    features = read.vectors.shape[1]
    rows = taken(len(read.rows), max(1, MOST_BYTES // (4 * features)))
    table = read.found.rows.take(read.rows[rows])
    columns: dict[str, Any] = {
        "x": drawn.coordinates[rows, 0],
        "y": drawn.coordinates[rows, 1],
        "text": table["sentence"],
    }
    if senses is not None:
        columns["sense"] = [senses[i] for i in rows]
    for name in table.column_names:
        if name != "sentence":
            columns[name if name not in columns and name != "vector" else f"{name}_"] = table[name]
    flat = pa.array(np.ascontiguousarray(read.vectors[rows], np.float32).reshape(-1))
    columns["vector"] = pa.FixedSizeListArray.from_arrays(flat, features)
    target = io.BytesIO()
    made = pa.table(columns)
    with pq.ParquetWriter(target, made.schema) as writer:
        writer.write_table(made)
        writer.add_key_value_metadata({"manifest": json.dumps(about, ensure_ascii=False)})
    return target.getvalue()


def usages_tsv(read: UsageVectors, senses: Sequence[str] | None = None) -> tuple[bytes, bytes]:
    """``vectors.tsv`` and ``metadata.tsv`` for projector.tensorflow.org, "Load"; of very many usages a sample.

    Tabs and line ends inside a text become blanks, and a cell that a spreadsheet would run is made
    :func:`~ctxcore.export.inert`.
    """
    rows = taken(len(read.rows), MOST_ROWS)
    numbers = "".join("\t".join(f"{x:.5g}" for x in row) + "\n" for row in read.vectors[rows].astype(np.float32))
    table = read.found.rows.take(read.rows[rows]).to_pydict()
    columns: dict[str, Sequence[Any]] = {"form": table["form"]}
    if senses is not None:
        columns["sense"] = [senses[i] for i in rows]
    columns |= {name: table[name] for name in read.found.columns}
    columns |= {"row": table["row"], "sentence": table["sentence"]}
    lines = ["\t".join(columns), *("\t".join(map(_plain, row)) for row in zip(*columns.values(), strict=True))]
    return numbers.encode(), ("\n".join(lines) + "\n").encode()


def _plain(value: Any) -> str:
    text = "" if value is None else " ".join(str(value).split())
    return str(inert(text))
