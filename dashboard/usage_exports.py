"""The usages with their vectors, for other tools."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st

import ctxcore
from ctxcore.charts.usage_questions import PlaneOfUsages, VectorsOfUsages
from ctxcore.export import usages
from ctxcore.types import SensedUsages
from dashboard import downloads, failed, state, store


def row(vectors: VectorsOfUsages, sensed: SensedUsages | None) -> None:
    """Buttons that take them away; the files are made when one is pressed."""
    labels: Sequence[str] | None = None
    if sensed is not None:
        names = sensed.names
        labels = [names[label] for label in sensed.senses.labels.tolist()]
    offers: list[tuple[str, Callable[[], bytes], str, str]] = [
        (
            "Parquet", partial(_parquet, vectors, labels), "usages.parquet",
            "One row a usage: x, y, text, sense, columns, vector. "
            "For Embedding Atlas: embedding-atlas usages.parquet --text text --x x --y y",
        ),
        (
            "Vectors TSV", lambda: usages.usages_tsv(store.get(vectors), labels)[0], "vectors.tsv",
            f"For projector.tensorflow.org, \u201cLoad\u201d: the vectors, of {usages.MOST_ROWS:,} usages at most.",
        ),
        (
            "Metadata TSV", lambda: usages.usages_tsv(store.get(vectors), labels)[1], "metadata.tsv",
            "For projector.tensorflow.org, \u201cLoad\u201d: the lines of the same usages.",
        ),
    ]  # fmt: skip
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center", key="exchange"):
        st.caption("The usages with their vectors, for other tools:", width="content")
        for label, make, name, hint in offers:
            mime = "text/tab-separated-values" if name.endswith("tsv") else "application/octet-stream"
            st.download_button(
                label, downloads.held(failed.told("exchange", make), mime, name), file_name=name, mime=mime,
                key=f"exchange_{name}", on_click="ignore", type="tertiary", help=hint,
            )  # fmt: skip
    failed.say("exchange")


def _parquet(vectors: VectorsOfUsages, labels: Sequence[str] | None) -> bytes:
    about = ctxcore.export.manifest(**state.as_dict(), title=f"Usages of {vectors.of.words[0]}")
    return usages.usages_parquet(store.get(vectors), store.get(PlaneOfUsages(vectors)), about, labels)
