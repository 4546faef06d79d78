"""From a sentence to the tokens a model reads, with the characters each token stands for."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import chain, islice
from typing import Any

import numpy as np
import regex

from ctxcore.errors import BadInputError, ModelError, TooLongError
from ctxcore.models.token_arrays import TokenArrays, without_blanks
from ctxcore.text.labels import visible
from ctxcore.text.white_space import check_length, clean, cleaned, original
from ctxcore.types import Token

_NO_LIMIT = 1_000_000_000  # tokenizers without a limit report a number with thirty digits


_GOES_ON = regex.compile(r"[\p{L}\p{N}\p{M}_\ufffd]|['\u2019]\p{L}")


class SentenceTokenizer:
    """A model's tokenizer with the conventions that its vectors depend on.

    An encoder reads the sentence between its own special tokens. A decoder reads its document boundary and a leading space
    first: without them the first word becomes an attention sink and its vector means nothing.

    A sentence is read as :mod:`ctxcore.text.white_space` says; the spans of its tokens are those of the sentence as it was given.

    Attributes:
        limit: The greatest number of tokens the model reads, special tokens included.
        rows: Token vectors of the model: a token numbered past them cannot be read.
        size: Entries of the vocabulary; a model may have more logits than its tokenizer has tokens.
        pad_id: What a batch is filled with.
        unknown_id: What stands for characters that the tokenizer does not know, if it has one.
        mask_token: What stands for a hidden word, if it has one.
    """

    def __init__(self, tokenizer: Any, config: Any, causal: bool, start_token: str | None = None) -> None:
        if not getattr(tokenizer, "is_fast", False):
            raise ModelError(
                "Tokens must be traced back to the characters they stand for.",
                f"{type(tokenizer).__name__}, which keeps no character offsets",
                "Choose a model that ships a tokenizer.json.",
            )
        self._tokenizer = tokenizer
        self._special = causal is False
        self._start: tuple[int, str] | None = None
        self._lead = ""
        if causal:
            self._start = _start_of(tokenizer, start_token)
            self._lead = " " if _wants_space(tokenizer) else ""
        self.limit = _limit(tokenizer, config)
        self.rows = _NO_LIMIT
        self.size = max(int(getattr(config, "vocab_size", 0) or 0), len(tokenizer))
        self.pad_id = next((i for i in (tokenizer.pad_token_id, tokenizer.eos_token_id) if i is not None), 0)
        self.unknown_id: int | None = tokenizer.unk_token_id
        self.mask_token: str | None = tokenizer.mask_token

    def __call__(self, sentences: Sequence[str], numbers: Sequence[int] | None = None) -> list[tuple[Token, ...]]:
        """Tokens of each sentence, special tokens included; TooLongError where the model would have to cut one.

        ``numbers`` says which place each sentence has in the reader's own list, for the error. One of more characters than
        are read at all is a TooManyCharactersError (:func:`ctxcore.text.white_space.check_length`).
        """
        check_length(sentences, numbers)
        tokens = self.unchecked(sentences)
        for index, (sentence, found) in enumerate(zip(sentences, tokens, strict=True)):
            if len(found) > self.limit:
                room = self.limit - sum(t.special for t in found)
                end = [t for t in found if not t.special][room - 1].end
                raise TooLongError(
                    numbers[index] if numbers else index,
                    len(found),
                    self.limit,
                    " ".join(clean(sentence[:end]).split()[-4:]),
                )
        return tokens

    def arrays(self, sentences: Sequence[str], numbers: Sequence[int] | None = None) -> TokenArrays:
        """The same tokens as arrays, with the same errors; for many sentences, and where nobody asks what they are called."""
        check_length(sentences, numbers)
        read = [cleaned(s) for s in sentences]
        texts = [text for text, _ in read]
        self._plainly()
        found = self._tokenizer.backend_tokenizer.encode_batch(
            [self._lead + text if text else text for text in texts], add_special_tokens=self._special
        )
        own = np.fromiter(map(len, found), np.int64, len(found))
        count, bounds = int(own.sum()), _bounds(own)
        ids = np.fromiter(chain.from_iterable(e.ids for e in found), np.int64, count)
        spans = np.fromiter(chain.from_iterable(chain.from_iterable(e.offsets for e in found)), np.int64, 2 * count)
        added = np.fromiter(chain.from_iterable(e.special_tokens_mask for e in found), bool, count)
        starts, ends = spans[::2], spans[1::2]
        special = added & (starts == ends)  # one that the reader typed out has a span
        starts, ends = (np.where(special, 0, np.maximum(0, side - len(self._lead))) for side in (starts, ends))
        starts = without_blanks(texts, bounds, starts, ends)
        for place, (_, original_of) in enumerate(read):
            if not isinstance(original_of, range):
                here, of = slice(bounds[place], bounds[place + 1]), np.asarray(original_of)
                full = (starts[here] < ends[here]) & ~special[here]
                moved = of[starts[here]]
                ends[here] = np.where(full, of[np.maximum(ends[here] - 1, 0)] + 1, moved)
                starts[here] = moved
                ends[here][special[here]] = starts[here][special[here]] = 0
        if self._start is not None:
            ids, special = (np.insert(a, bounds[:-1], first) for a, first in ((ids, self._start[0]), (special, True)))
            starts, ends = (np.insert(a, bounds[:-1], 0) for a in (starts, ends))
            own, bounds = own + 1, _bounds(own + 1)
        if (own > self.limit).any() or (ids >= self.rows).any():
            self(sentences, numbers)  # raises, with what it is
        return TokenArrays(ids, starts, ends, special, bounds)

    def named(self, ids: np.ndarray, counts: np.ndarray) -> list[tuple[str, ...]]:
        """Runs of tokens by name, so many in each."""
        names = iter(self._tokenizer.convert_ids_to_tokens(ids.tolist()))
        return [tuple(islice(names, int(count))) for count in counts]

    def _plainly(self) -> None:
        """Nothing is cut and nothing filled up, whatever the tokenizer's file says."""
        backend = self._tokenizer.backend_tokenizer
        if backend.truncation is not None:
            backend.no_truncation()
        if backend.padding is not None:
            backend.no_padding()

    def raw(self, text: str) -> list[Token]:
        """Tokens of a text as it stands: no special token, no leading blank."""
        batch = self._tokenizer([text], add_special_tokens=False, return_offsets_mapping=True, verbose=False)
        ids, spans = batch["input_ids"][0], batch["offset_mapping"][0]
        texts = self._names(ids)
        return [Token(t, i, start, end, False) for t, i, (start, end) in zip(texts, ids, spans, strict=True)]

    def text_of(self, number: int) -> str:
        """A token as the text it stands for, its leading blank included."""
        text = str(self._tokenizer.decode([number], skip_special_tokens=False, clean_up_tokenization_spaces=False))
        # SentencePiece takes the blank of what it decodes first for the start of a text.
        name = str(self._tokenizer.convert_ids_to_tokens(number))
        blanks = len(name) - len(name.lstrip("\u2581"))
        return " " * blanks + text.lstrip(" ") if blanks else text

    def name_of(self, token: Token) -> str:
        """What a token is called where its sentence is not at hand: its text without blanks, a special token's own name.

        Empty for one that stands for a part of a character only.
        """
        text = token.text if token.special else self.text_of(token.id)
        return "" if "\ufffd" in text else visible(text.strip() or " ")

    @cached_property
    def goes_on(self) -> np.ndarray:
        """Which tokens would carry on a word that stands before them ``[vocabulary]``: the others end it.

        A token that begins with a letter, digit or accent, with an apostrophe before a letter, or with a part of a letter.
        """
        found = np.zeros(self.size, dtype=bool)
        special = set(self._tokenizer.all_special_ids)
        for number in range(len(self._tokenizer)):
            found[number] = number not in special and bool(_GOES_ON.match(self.text_of(number)))
        return found

    @property
    def start_token(self) -> str | None:
        """What a decoder reads before every sentence; None for an encoder, and where its tokenizer names nothing."""
        return None if self._start is None else self._start[1]

    @property
    def end_ids(self) -> frozenset[int]:
        """Tokens that end a text."""
        start = () if self._start is None else (self._start[0],)
        return frozenset(i for i in (self._tokenizer.eos_token_id, *start) if i is not None)

    def unchecked(self, sentences: Sequence[str]) -> list[tuple[Token, ...]]:
        """Tokens of each sentence, however many; TooManyCharactersError past the greatest length."""
        if not sentences:
            return []
        check_length(sentences)
        read = [cleaned(s) for s in sentences]
        batch = self._tokenizer(
            [self._lead + text if text else text for text, _ in read],  # nothing stays nothing
            add_special_tokens=self._special,
            return_offsets_mapping=True,
            return_special_tokens_mask=True,
            return_attention_mask=False,
            truncation=False,
            verbose=False,
        )
        rows = zip(read, batch["input_ids"], batch["offset_mapping"], batch["special_tokens_mask"], strict=True)
        return [self._row(*row) for row in rows]

    def _row(
        self, read: tuple[str, Sequence[int]], ids: list[int], offsets: list[tuple[int, int]], special: list[int]
    ) -> tuple[Token, ...]:
        sentence, starts = read
        texts = self._names(ids)
        found = [] if self._start is None else [Token(self._start[1], self._start[0], 0, 0, True)]
        for text, number, (start, end), added in zip(texts, ids, offsets, special, strict=True):
            # A special token that the reader typed out ("[MASK]") has a span: it belongs to the sentence.
            if added and start == end:
                found.append(Token(text, number, 0, 0, True))
                continue
            start, end = max(0, start - len(self._lead)), max(0, end - len(self._lead))
            while start < end and sentence[start].isspace():
                start += 1
            found.append(Token(text, number, *original(starts, start, end), False))
        return tuple(found)

    def _names(self, ids: list[int]) -> list[str]:
        """Tokens by name; BadInputError for one that the model has no vector for."""
        names: list[str] = self._tokenizer.convert_ids_to_tokens(ids)
        if ids and max(ids) >= self.rows:
            raise BadInputError(
                "Each token of a text needs a vector.",
                f"{names[ids.index(max(ids))]!r}, which this model has none for",
                "Leave it out: it is a special token of this tokenizer.",
            )
        return names


def _bounds(lengths: np.ndarray) -> np.ndarray:
    """Where each row begins, and the end of the last."""
    return np.concatenate([[0], np.cumsum(lengths)])


def _start_of(tokenizer: Any, asked: str | None) -> tuple[int, str] | None:
    """The document boundary of a decoder: as the catalogue says, else its own beginning or end of text."""
    text = asked or tokenizer.bos_token or tokenizer.eos_token
    return None if text is None else (tokenizer.convert_tokens_to_ids(text), text)


def _wants_space(tokenizer: Any) -> bool:
    """Does the first word of a text get another token than the same word further on?"""
    bare, spaced = (tokenizer(text, add_special_tokens=False)["input_ids"] for text in ("the", " the"))
    return bool(bare != spaced and len(spaced) == 1)


def _limit(tokenizer: Any, config: Any) -> int:
    """As configuration and tokenizer state it; what the network really takes is found when it is loaded."""
    positions = getattr(config, "max_position_embeddings", None) or _NO_LIMIT
    return int(min(positions, tokenizer.model_max_length or _NO_LIMIT, _NO_LIMIT))
