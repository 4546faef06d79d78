"""Training texts that readers gave: the latest, of all sessions together. A question names one by its digest."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence

import streamlit as st

from ctxcore.charts.texts import text_is_missing
from ctxcore.data.corpora import TrainingText, digest_of, training_sentences
from ctxcore.reading import read_text

_MOST_BYTES = 96 << 20
"""Of all texts: four of the largest."""


class GivenTexts:
    """Bytes of texts by their digest; those that were given longest ago make room for others."""

    def __init__(self, most_bytes: int = _MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._bytes: OrderedDict[str, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, name: str, data: bytes) -> TrainingText:
        """Take one in; it is the latest now."""
        text = TrainingText("file", name=name, digest=digest_of(data))
        with self._lock:
            self._bytes[text.digest] = data
            self._bytes.move_to_end(text.digest)
            while len(self._bytes) > 1 and sum(map(len, self._bytes.values())) > self._most_bytes:
                self._bytes.popitem(last=False)
        return text

    def has(self, text: TrainingText) -> bool:
        """Is it still there?"""
        with self._lock:
            return text.digest in self._bytes

    def sentences(self, text: TrainingText) -> Sequence[str]:
        """The sentences of any training text.

        Raises:
            CtxError: It is not there, or no longer, or cannot be read.
        """
        if text.kind != "file":
            return training_sentences(text)
        with self._lock:
            data = self._bytes.get(text.digest)
        if data is None:
            raise text_is_missing(text)
        return read_text(data, text.name)


@st.cache_resource(show_spinner=False)
def given() -> GivenTexts:
    """Those of this server."""
    return GivenTexts()
