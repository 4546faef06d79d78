"""Which mentions are drawn alike: those of one sense, as far as there are colours to tell senses apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ctxcore.figures import theme
from ctxcore.text import snippet
from ctxcore.types import Occurrences

_NAME = 40
"""Characters of a sense that a legend shows."""
_LAST = 1001
"""The place in a legend after all that name none: plotly counts those as 1000."""


@dataclass(frozen=True)
class SenseGroup:
    """Mentions that are drawn alike.

    Attributes:
        name: What the legend says of them, literal.
        members: Which mentions they are.
        color: Their colour.
        symbol: Their symbol, of the plane.
        rest: Are they of several senses, for which no colour was left? Each then says its own under the pointer.
    """

    name: str
    members: list[int]
    color: str
    symbol: str
    rest: bool = False


def sense_groups(senses: Sequence[str | None]) -> list[SenseGroup]:
    """The mentions of each sense, in order of appearance, each with a colour and a symbol that no other has.

    There are ten of them. Where there are more senses, those with most mentions have one each (of equal ones, those that
    appear first), and all others are one grey group: a colour that came back would say that two senses are one. It comes
    first, so that it is drawn below the others.
    """
    counts = Counter(senses)  # in order of appearance
    kept = {sense for sense, _ in counts.most_common(len(theme.SENSES))}
    shown = [sense for sense in counts if sense in kept]
    groups = [
        SenseGroup(sense_name(sense, senses), [i for i, s in enumerate(senses) if s == sense], color, symbol)
        for sense, color, symbol in zip(shown, theme.SENSES, theme.SYMBOLS, strict=False)
    ]
    rest = [i for i, sense in enumerate(senses) if sense not in kept]
    if rest:
        others = len(counts) - len(shown)
        name = f"{others:,} other sense{'s' if others > 1 else ''}"
        groups.insert(0, SenseGroup(name, rest, theme.NEUTRAL, "circle", rest=True))
    return groups


def rest_said(groups: Sequence[SenseGroup]) -> str:
    """What the note says of senses for which no colour was left; nothing where each has one."""
    rest = next((group for group in groups if group.rest), None)
    if rest is None:
        return ""
    mentions = f"{len(rest.members):,} occurrence{'s' if len(rest.members) > 1 else ''}"
    return (
        f" The {len(theme.SENSES)} senses with most occurrences have a colour each; all others ({rest.name}, {mentions}) are grey: "
        "point at one to read its sense."
    )


def sense_name(sense: str | None, senses: Sequence[str | None]) -> str:
    """What the legend says of a sense."""
    if sense:
        return theme.literal(theme.short(sense, _NAME))
    return "not labelled" if any(senses) else "occurrences"


def said(group: SenseGroup, occurrences: Occurrences, senses: Sequence[str | None]) -> dict[str, Any]:
    """What legend and pointer say of a group, as a trace takes it: its name, the grey one last; and of each mention its
    sentence, that one's number, and its sense where the legend does not name it."""
    rows: list[list[str | int]] = []
    for i in group.members:
        sentence = occurrences.sentence_index[i]
        rows.append([theme.literal(snippet(occurrences.sentences[sentence], occurrences.spans[i], 80)), sentence + 1])
        if group.rest:
            rows[-1].append(sense_name(senses[i], senses))
    template = "%{customdata[0]}<br>sentence %{customdata[1]}<extra></extra>"
    if not group.rest:
        return {"name": group.name, "customdata": rows, "hovertemplate": template}
    return {
        "name": group.name,
        "legendrank": _LAST,
        "customdata": rows,
        "hovertemplate": "%{customdata[2]}<br>" + template,
    }
