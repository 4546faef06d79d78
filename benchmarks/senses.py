"""Are the senses of a word found, and is a word with one sense left whole? On the sense bank, and on words of the news.

Words with one sense, by a rule: words of the news by the number of different sentences that they stand in, from the most on, of which
WordNet 3.0 knows one sense alone, a noun's or an adjective's; no function words, no inflected forms of other words. The first twenty give
what a word with more senses must exceed (``ctxcore.corpus.one_sense``); the next twenty had no part in anything. All forty stand here in
windows as long as the bank's sentences, too: a rule that tells nothing but the length of sentences fails there.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np
import threadpoolctl
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, silhouette_score

import ctxcore
from ctxcore.corpus.context_slope import ContextSlope
from ctxcore.corpus.one_sense import ONE_SENSE, apart_for, places_in, slope_for, usages_in
from ctxcore.corpus.senses import senses_of
from ctxcore.measures.geometry import unit
from ctxcore.text import words_of

UNSEEN = tuple(
    "airport york monday kabul victory november waugh britain disease financial zealand afp asio perth senator jewish july attorney "
    "brisbane hobart".split()
)
"""The next twenty of the rule of ``ONE_SENSE``."""
MOST_SPLIT = 0.1
WINDOW = (7, 13)
"""Words of a window, drawn at random, the word anywhere in it; those of the bank have 10 in the mean."""
Usages = tuple[np.ndarray, list[str], np.ndarray]
Rule = Callable[[Usages, float, ContextSlope], np.ndarray]


def kmeans(points: np.ndarray, count: int) -> np.ndarray:
    """Clusters of k-means, the best of twenty starts."""
    return np.asarray(KMeans(count, n_init=20, random_state=0).fit_predict(points))


def centred(vectors: np.ndarray) -> np.ndarray:
    """Directions from the mean."""
    return unit(vectors - vectors.mean(0))


def by_silhouette(points: np.ndarray, needed: float) -> np.ndarray:
    """k-means with the number of the greatest silhouette, or one cluster where that is not over a limit."""
    tried = [kmeans(points, count) for count in range(2, min(8, len(points) // 3) + 1)]
    scores = [silhouette_score(points, labels) for labels in tried]
    return tried[int(np.argmax(scores))] if max(scores) > needed else np.zeros(len(points), int)


def by_null(points: np.ndarray) -> np.ndarray:
    """The same, over what 19 of 20 Gaussian clouds with the same covariance reach with two clusters."""
    away = points - points.mean(0)
    _, sizes, axes = np.linalg.svd(away, full_matrices=False)
    chance = np.random.default_rng(0)
    clouds = [
        chance.standard_normal((len(points), len(sizes))) * sizes / np.sqrt(len(points)) @ axes for _ in range(20)
    ]
    return by_silhouette(points, sorted(silhouette_score(cloud, kmeans(cloud, 2)) for cloud in clouds)[-2])


RULES: dict[str, Rule] = {
    "ours: slope and modularity": lambda given, apart, slope: senses_of(*given, slope=slope).labels,
    "distance and modularity": lambda given, apart, _: senses_of(*given, apart=apart).labels,
    "modularity": lambda given, apart, _: senses_of(*given, apart=-1).labels,
    "distance, then k-means by silhouette": lambda given, apart, _: (
        by_silhouette(unit(given[0]), -1)
        if senses_of(*given, most=1).evidence.spread > apart
        else np.zeros(len(given[1]))
    ),
    "k-means by silhouette": lambda given, apart, _: by_silhouette(unit(given[0]), -1),
    "silhouette over 0.25": lambda given, apart, _: by_silhouette(unit(given[0]), 0.25),
    "silhouette over a Gaussian cloud's": lambda given, apart, _: by_null(unit(given[0])),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="minilm-l6", help="a contextual model (minilm-l6)")
    parser.add_argument("--layer", type=int, help="from 0 (the last)")
    asked = parser.parse_args()
    threadpoolctl.threadpool_limits(1)  # hundreds of small clusterings: threads would only wait for each other
    model = ctxcore.load_model(asked.model)
    layer = model.layers if asked.layer is None else asked.layer
    apart, slope = apart_for(asked.model, layer), slope_for(asked.model, model)
    print(
        f"{asked.model}, layer {layer}: more than one sense from a slope of {slope.needed:.4f} on; distance {apart:.4f}\n"
    )
    bank = {
        name: (usages_in(model, layer, name, list(word.sentences)), word.senses)
        for name, word in ctxcore.sense_bank().items()
    }
    news = list(dict.fromkeys(ctxcore.news_sentences()))
    one = [
        {word: usages_in(model, layer, word, windows(word, news) if short else news) for word in words}
        for short in (False, True)
        for words in (ONE_SENSE, UNSEEN)
    ]
    reached, split = table(bank, one[0] | one[1], slope)
    print(f"\n{'rule':40}{'ARI':>7}{'half':>7}{'half':>7}{'kept':>7}   split of the first 20, the next; in windows")
    for name, rule in RULES.items():
        found = [rule(given, apart, slope) for given, _ in bank.values()]
        scores = [adjusted_rand_score(labels, mine) for mine, (_, labels) in zip(found, bank.values(), strict=True)]
        kept = sum(len(set(mine.tolist())) > 1 for mine in found)
        of = [sum(len(set(rule(given, apart, slope).tolist())) > 1 for given in words.values()) for words in one]
        halves = "".join(f"{np.mean(part):7.2f}" for part in (scores, scores[::2], scores[1::2]))
        print(f"{name:40}{halves}{kept:4}/{len(bank)}   {of[0]}, {of[1]}; {of[2]}, {of[3]}")
    for name, change in (("k-means, right k, vectors as they are", unit), ("k-means, right k, from the mean", centred)):
        scores = [adjusted_rand_score(of, kmeans(change(given[0]), len(set(of)))) for given, of in bank.values()]
        print(f"{name:40}" + "".join(f"{np.mean(part):7.2f}" for part in (scores, scores[::2], scores[1::2])))
    print(f"\nfound {reached:.2f}; at most {MOST_SPLIT:.0%} of words with one sense are to be split, {split:.0%} are")
    if split > MOST_SPLIT:
        raise SystemExit("words with one sense are split")


def windows(word: str, news: list[str]) -> list[str]:
    """The sentences with a word, each cut to a few words around it."""
    chance = np.random.default_rng(0)
    cut = []
    for text, (start, _) in zip(*places_in(word, news), strict=True):
        words = words_of(text)
        here = next(place for place, one in enumerate(words) if one.end > start)
        size = int(chance.integers(*WINDOW, endpoint=True))
        first = max(0, min(here - int(chance.integers(size)), len(words) - size))
        cut.append(text[words[first].start : words[min(first + size, len(words)) - 1].end] + ".")
    return cut


def table(
    bank: dict[str, tuple[Usages, tuple[str, ...]]], one: dict[str, Usages], slope: ContextSlope
) -> tuple[float, float]:
    """Word by word; the mean agreement, and the share of words with one sense that are split."""
    print(
        f"{'word':12}{'usages':>8}{'slope':>8}{'senses':>8}{'found':>8}{'ARI':>8}{'ungated':>9}{'k-means, right k':>18}"
    )
    reached = []
    for name, (given, labels) in bank.items():
        found, free = senses_of(*given, slope=slope), senses_of(*given, apart=-1)
        count = len(set(labels))
        reached.append(adjusted_rand_score(labels, found.labels))
        known = adjusted_rand_score(labels, kmeans(unit(given[0]), count))
        rest = f"{reached[-1]:8.2f}{adjusted_rand_score(labels, free.labels):9.2f}{known:18.2f}"
        print(f"{name:12}{len(labels):8}{found.evidence.slope:8.3f}{count:8}{found.count:8}{rest}")
    split = 0
    for name, given in one.items():
        found = senses_of(*given, slope=slope)
        split += found.count > 1
        print(f"{name:12}{len(given[1]):8}{found.evidence.slope:8.3f}{1:8}{found.count:8}")
    return float(np.mean(reached)), split / len(one)


if __name__ == "__main__":
    main()
