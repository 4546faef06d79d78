"""Static vectors against people's judgement: WordSim-353, SimLex-999 and the Google analogies, as gensim scores them."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from gensim.models import KeyedVectors

from ctxcore.errors import BadInputError, MissingWeightsError
from ctxcore.measures.geometry import unit
from ctxcore.progress import Progress, silent
from ctxcore.types import AnalogyScore, PairScore, SectionScore

if TYPE_CHECKING:
    from ctxcore.models.static import StaticSpace

PAIRS = {"WordSim-353": ("wordsim353.tsv", 353), "SimLex-999": ("simlex999.txt", 999)}
"""Each list of pairs: its file in gensim's test data, and how many pairs it has."""
_QUESTIONS = "questions-words.txt"
VOCABULARY = 300_000
"""gensim's own default: rarer words neither count nor answer."""
_BATCH = 64
"""Questions at once: a batch of similarities to 300,000 words takes 77 MB."""


def pair_score(space: StaticSpace, name: str) -> PairScore:
    """Rank correlation of cosines with people's ratings (WordSim-353: Finkelstein et al. 2002; SimLex-999: Hill et al. 2015).

    As gensim's ``evaluate_word_pairs`` counts: the whole vocabulary, upper and lower case alike, pairs with an unknown word
    left out.

    Raises:
        BadInputError: No such list, or fewer than two pairs are known.
    """
    if name not in PAIRS:
        raise BadInputError(f"The lists are {' and '.join(PAIRS)}.", repr(name), "Choose one of them.")
    file, pairs = PAIRS[name]
    try:
        pearson, spearman, unknown = _View(space).evaluate_word_pairs(str(_path(file)), restrict_vocab=len(space))
    except ValueError as error:  # gensim's and scipy's way to say that there is too little to correlate
        raise _too_few(space, name) from error
    left_out = round(unknown * pairs / 100)
    return PairScore(name, float(spearman[0]), float(pearson[0]), pairs, left_out)


def analogy_score(space: StaticSpace, vocabulary: int = VOCABULARY, progress: Progress = silent) -> AnalogyScore:
    """The 19,544 Google analogies (Mikolov et al. 2013): is the word nearest to b - a + c the expected one?

    gensim's ``evaluate_word_analogies`` reads, folds case, leaves out questions with an unknown word, and counts; the
    nearest words are found many at a time, which takes a twentieth of the time.

    Args:
        space: The word vectors, sorted by frequency.
        vocabulary: So many of the most frequent words are known and may be the answer.
        progress: Called with the share done; an error that it raises ends the work.

    Raises:
        BadInputError: No question has four known words.
    """
    path = str(_path(_QUESTIONS))
    view = _Answering(space, vocabulary)
    # Once with no answers: gensim then tells which questions it would ask, section by section.
    _, sections = view.evaluate_word_analogies(path, restrict_vocab=vocabulary)
    if not view.asked:
        raise _too_few(space, "the Google analogies")
    sizes = [(s["section"], len(s["incorrect"])) for s in sections[:-1]]
    view.answer(sizes, progress)
    _, sections = view.evaluate_word_analogies(path, restrict_vocab=vocabulary)
    whole = _questions_by_section()
    found = [SectionScore(s["section"], len(s["correct"]), n, whole[s["section"]] - n)
             for s, (_, n) in zip(sections, sizes, strict=False)]  # fmt: skip
    return AnalogyScore(tuple(found), min(vocabulary, len(space)))


class _View(KeyedVectors):
    """The same vectors under other hands: gensim exchanges the vocabulary while it evaluates, and others read meanwhile."""

    def __init__(self, space: StaticSpace) -> None:
        whole = space.keyed_vectors
        super().__init__(whole.vector_size)
        self.index_to_key, self.key_to_index = whole.index_to_key, whole.key_to_index
        self.vectors, self.norms = whole.vectors, whole.norms
        self.fill_norms()


class _Answering(_View):
    """Notes the analogies that it is asked, and answers them from a list where it has one.

    Attributes:
        asked: Rows of a, b and c of each question.
    """

    def __init__(self, space: StaticSpace, vocabulary: int) -> None:
        super().__init__(space)
        self.asked: list[tuple[int, int, int]] = []
        self._answers: Iterator[int] | None = None
        self._vocabulary = vocabulary

    def most_similar(self, positive: Any = None, negative: Any = None, **asked: Any) -> list[tuple[str, float]]:
        """The nearest word alone, or none while questions are noted."""
        if self._answers is not None:
            return [(self.index_to_key[next(self._answers)], 1.0)]
        (b, c), (a,) = positive, negative
        self.asked.append((self.key_to_index[a], self.key_to_index[b], self.key_to_index[c]))
        return []

    def answer(self, sizes: list[tuple[str, int]], progress: Progress) -> None:
        """Find the nearest word to each b - a + c that is none of the three."""
        directions = unit(self.vectors[: self._vocabulary]).astype(np.float32)  # [word, feature]
        names = [name for name, count in sizes for _ in range(count)]
        answers: list[int] = []
        for start in range(0, len(self.asked), _BATCH):
            progress(start / len(self.asked), f"Analogies: {names[start]}, {start:,} of {len(self.asked):,} questions")
            rows = np.array(self.asked[start : start + _BATCH])  # [question, 3]
            a, b, c = (directions[rows[:, i]] for i in range(3))
            nearness = (b - a + c) @ directions.T  # [question, word]; the targets' lengths change no order
            np.put_along_axis(nearness, rows, -np.inf, axis=1)
            answers += nearness.argmax(1).tolist()
        self._answers = iter(answers)


def _questions_by_section() -> dict[str, int]:
    """How many questions each section has."""
    counts: dict[str, int] = {}
    section = ""
    for line in _path(_QUESTIONS).read_text(encoding="utf-8").splitlines():
        if line.startswith(": "):
            section = line[2:].strip()
            counts[section] = 0
        elif len(line.split()) == 4:
            counts[section] += 1
    return counts


def _path(file: str) -> Path:
    place = Path(str(files("gensim"))) / "test" / "test_data" / file
    if not place.is_file():
        raise MissingWeightsError(
            f"{file} ships inside gensim\u2019s test data.", "a gensim without it", "Install gensim from its wheel."
        )
    return place


def _too_few(space: StaticSpace, name: str) -> BadInputError:
    return BadInputError(
        f"A score needs words of {name} that the space knows.",
        f"{len(space):,} words with too few of them",
        "Train on a longer text, or choose another space.",
    )
