"""What is asked of a decoder beside its vectors: the next word, a continuation, how likely a sentence is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from numbers import Real

import numpy as np

from ctxcore import text
from ctxcore.errors import BadInputError, MissingWeightsError, NotADecoderError
from ctxcore.models import decoding
from ctxcore.models.arguments import Attends, one_text, several, texts
from ctxcore.models.interventions import Attend, whole
from ctxcore.models.passes import Transformer
from ctxcore.progress import Progress, silent
from ctxcore.types import GeneratedToken, Lens, Prediction, SentenceScore

_OUTPUT_HEADS = ("lm_head", "embed_out")
"""How checkpoints name the part that turns vectors into words."""

_LISTED = "The number of words to list is 0 or more."
_FULL = Attend.full()


class Predictor(Transformer):
    """A transformer as far as it predicts a next word. An encoder refuses all of it.

    Attributes:
        missing: Names of weights that the checkpoint lacks.
    """

    missing: tuple[str, ...]

    def next_logits(self, sentence: str, attend: Attends = _FULL, progress: Progress = silent) -> np.ndarray:
        """Logits of the token that follows a sentence, once for each way to attend ``[attend, vocabulary]``.

        Raises:
            NotADecoderError: An encoder does not predict a next token.
            MissingWeightsError: The checkpoint has no output head; transformers fills it at random.
        """
        self.must_predict()
        attends = self.ways(attend, len(attend) if several(attend) else 1)
        if not attends:
            raise BadInputError("At least one way to attend is needed.", "none", "Give Attend.full().")
        return decoding.next_logits(self, sentence, attends, progress)

    def next_words(
        self, prefixes: Iterable[str], candidates: Iterable[str] = (), k: int = 10, attend: Attends = _FULL
    ) -> list[Prediction]:
        """What comes next after each prefix.

        A candidate is read after one blank (none before punctuation); blanks at the end of a prefix are not read. Of several tokens, its
        probability is the product of each given the ones before, computed in one batch behind the prefix's keys and values.
        Whether the word ends there is not counted.

        Args:
            prefixes: Texts to go on from.
            candidates: Words whose probability is asked.
            k: How many of the likeliest tokens to list.
            attend: Who may attend to whom; one for all, or one a prefix (a prefix may stand in the list twice).

        Raises:
            NotADecoderError: An encoder does not predict a next token.
            MissingWeightsError: The checkpoint has no output head.
            TooLongError: A prefix with a candidate is longer than the model reads.
        """
        self.must_predict()
        prompts, words = texts(prefixes, "prompt"), text.listed(candidates, "candidate")
        return decoding.next_words(self, prompts, words, whole(k, _LISTED), self.ways(attend, len(prompts)))

    def generate(
        self,
        prefix: str,
        most: int = 20,
        temperature: float = 0.0,
        seed: int = 0,
        attend: Attend = _FULL,
        k: int = 5,
    ) -> Iterator[GeneratedToken]:
        """A continuation, one token at a time, until the model ends the text. Stop asking and it stops.

        Args:
            prefix: The text to go on from.
            most: The greatest number of tokens.
            temperature: 0 takes the likeliest token each time; above, one is drawn from softmax(logits / temperature).
            seed: Of the draws.
            attend: Who may attend to whom.
            k: How many of the likeliest tokens to list beside each.

        Raises:
            BadInputError: A temperature below 0.
            TooLongError: Prefix and continuation would be longer than the model reads.
        """
        self.must_predict()
        if not isinstance(temperature, Real) or not 0 <= temperature < float("inf"):
            raise BadInputError("A temperature is 0 or more.", repr(temperature), "0 takes the likeliest token.")
        most, k = whole(most, "The number of tokens to go on for is 0 or more."), whole(k, _LISTED)
        seed = whole(seed, "A seed is 0 or more.")
        return decoding.generate(
            self, one_text(prefix, "prompt"), most, float(temperature), seed, self.ways(attend, 1)[0], k
        )

    def log_probability(self, sentence: str, attend: Attend = _FULL) -> SentenceScore:
        """How likely a sentence is, token by token, from the start token on. Errors as :meth:`next_words`."""
        self.must_predict()
        return decoding.log_probability(self, one_text(sentence), self.ways(attend, 1)[0])

    def lens(self, prefix: str, candidates: Iterable[str] = (), k: int = 5, attend: Attend = _FULL) -> Lens:
        """What each layer would say comes next (the logit lens, nostalgebraist 2020). Errors as :meth:`next_words`.

        Raises:
            UnsupportedModelError: Final norm and output matrix do not give the model's own logits at its last layer.
        """
        self.must_predict()
        prompt, words = one_text(prefix, "prompt"), text.listed(candidates, "candidate")
        return decoding.lens(self, prompt, words, whole(k, _LISTED), self.ways(attend, 1)[0])

    def _predicts(self) -> bool:
        """Is it a decoder whose output head came from its checkpoint?"""
        absent = any(head in name for name in self.missing for head in _OUTPUT_HEADS)
        return self.kind == "decoder" and self.network.get_output_embeddings() is not None and not absent

    def must_predict(self) -> None:
        """NotADecoderError or MissingWeightsError where a next token cannot be read truthfully."""
        if self.kind != "decoder":
            raise NotADecoderError(self.id)
        if not self._predicts():
            raise MissingWeightsError(
                "The next word is read from an output head that must come from the checkpoint.",
                f"{self.id} without one",
                "Choose a complete checkpoint of a causal language model.",
            )
