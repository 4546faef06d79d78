"""What changes of a prompt that nobody means anything by do to the next word: the control of every difference of two prompts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ctxcore.engine import Engine, Query
from ctxcore.measures.attention import jensen_shannon
from ctxcore.progress import Progress

_ARTICLES = {"The": "A", "A": "The", "An": "The"}


def harmless(prompt: str) -> tuple[str, ...]:
    """The same prompt with its first letter in the other case, with another article, and with "Then" before it.

    >>> harmless("The dog ran")
    ('the dog ran', 'A dog ran', 'Then the dog ran')
    """
    first, blank, rest = prompt.partition(" ")
    changed = [prompt[:1].swapcase() + prompt[1:], _ARTICLES.get(first, first) + blank + rest]
    changed.append(f"Then {prompt[:1].lower()}{prompt[1:]}")
    return tuple(dict.fromkeys(one for one in changed if one != prompt))


@dataclass(frozen=True)
class HarmlessChanges(Query[tuple[tuple[str, float], ...]]):
    """How far each harmless change of any of the prompts moves the next word: the changed prompt and Jensen-Shannon bits."""

    model: str
    prompts: tuple[str, ...]
    slow: ClassVar[bool] = True

    def run(self, engine: Engine, progress: Progress) -> tuple[tuple[str, float], ...]:
        pairs = [(prompt, changed) for prompt in self.prompts for changed in harmless(prompt)]
        texts = list(dict.fromkeys([text for pair in pairs for text in pair]))
        expected = engine.model(self.model).next_words(texts, [], 0)
        shares = {text: found.shares for text, found in zip(texts, expected, strict=True)}
        return tuple((changed, float(jensen_shannon(shares[prompt], shares[changed]))) for prompt, changed in pairs)
