"""Tables of a word in a whole text: how often, and each usage with its place."""

from __future__ import annotations

import pandas as pd

from ctxcore.types import FoundUsages, SensedUsages, UsageChange, UsageMap


def usage_counts_table(found: FoundUsages, by: str = "") -> pd.DataFrame:
    """One row a value of a column, or a form of the word where there is none: usages, sentences with the word, all sentences."""
    if by not in found.columns:
        return pd.DataFrame([{"form": one.name, "usages": one.usages} for one in found.forms])
    return pd.DataFrame([
        {by: one.name, "usages": one.usages, "sentences_with_it": one.holding, "sentences": one.sentences, "share": one.share}
        for one in found.columns[by]
    ])  # fmt: skip


def usage_map_table(found: UsageMap) -> pd.DataFrame:
    """One row a usage: where it stands in the plane, its group, and its line with the reader's own columns."""
    rows = found.found.rows.take(found.rows).to_pandas()
    place = pd.DataFrame({"x": found.coordinates[:, 0], "y": found.coordinates[:, 1]})
    if found.names and found.by not in rows:
        place[found.by] = [found.names[group] for group in found.groups]
    return pd.concat([place, rows], axis=1)


def usage_senses_table(found: SensedUsages) -> pd.DataFrame:
    """One row a sense: its usages, the words that tell it, and the line nearest to its centre."""
    sentences = found.found.rows["sentence"]
    return pd.DataFrame([
        {
            "sense": number + 1,
            "usages": size,
            "share": size / len(found.rows),
            "telling_words": ", ".join(word for word, _ in found.senses.words[number]),
            "nearest_line": sentences[int(found.rows[found.senses.examples[number][0]])].as_py(),
            "silhouette": found.senses.quality,
        }
        for number, size in enumerate(found.senses.sizes)
    ])  # fmt: skip


def usage_change_table(found: UsageChange) -> pd.DataFrame:
    """One row a word, the one that is asked about first: usages of each group and the three measures; p of its own alone."""
    names = ("apd", "prt", "jsd")
    rows = [
        {"word": one.word, "control": one is not found.own, "usages_first": one.sizes[0], "usages_second": one.sizes[1]}
        | dict(zip(names, one.values, strict=True))
        for one in (found.own, *found.controls)
    ]
    table = pd.DataFrame(rows)
    for name, p in zip(names, found.p, strict=True):
        table[f"{name}_p"] = [p, *[float("nan")] * len(found.controls)]
    return table
