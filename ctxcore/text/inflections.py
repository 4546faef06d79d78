"""Forms that an English word may take: to be looked for beside it. What is not a form of it stands in no text, and costs nothing."""

from __future__ import annotations

from itertools import chain

_IRREGULAR = """
be am is are was were been being|have has had having|do does did done doing|go goes went gone going|say says said saying
run runs ran running|see sees saw seen seeing|take takes took taken taking|come comes came coming|get gets got gotten getting
give gives gave given giving|know knows knew known knowing|think thinks thought thinking|find finds found finding
tell tells told telling|become becomes became becoming|leave leaves left leaving|feel feels felt feeling|put puts putting
bring brings brought bringing|begin begins began begun beginning|keep keeps kept keeping|hold holds held holding
write writes wrote written writing|stand stands stood standing|hear hears heard hearing|let lets letting|mean means meant meaning
set sets setting|meet meets met meeting|pay pays paid paying|sit sits sat sitting|speak speaks spoke spoken speaking
lie lies lay lain lying|lead leads led leading|read reads reading|grow grows grew grown growing|lose loses lost losing
fall falls fell fallen falling|send sends sent sending|build builds built building|draw draws drew drawn drawing
break breaks broke broken breaking|spend spends spent spending|cut cuts cutting|rise rises rose risen rising
drive drives drove driven driving|buy buys bought buying|wear wears wore worn wearing|choose chooses chose chosen choosing
strike strikes struck stricken striking|spring springs sprang sprung springing|shoot shoots shot shooting|win wins won winning
bear bears bore borne born bearing|bind binds bound binding|catch catches caught catching|fight fights fought fighting
fly flies flew flown flying|hang hangs hung hanged hanging|hit hits hitting|shut shuts shutting|sing sings sang sung singing
swim swims swam swum swimming|teach teaches taught teaching|throw throws threw thrown throwing|wind winds wound winding
man men|woman women|child children|foot feet|tooth teeth|mouse mice|goose geese|person people|life lives|leaf leaves
""".strip().replace("\n", "|")
_FORMS = [tuple(line.split()) for line in _IRREGULAR.split("|")]
_VOWELS = frozenset("aeiou")


def inflections(word: str) -> tuple[str, ...]:
    """The word, then the forms that it may take in English: endings by the rules of spelling, and the commonest irregular words.

    >>> inflections("bank")
    ('bank', 'banks', 'banked', 'banking')
    >>> inflections("ran")
    ('ran', 'run', 'runs', 'running')
    """
    small = word.lower()
    irregular = [forms for forms in _FORMS if small in forms]
    if irregular:
        return tuple(dict.fromkeys([word, *chain.from_iterable(irregular)]))
    if not small.isalpha() or not small.isascii() or len(small) < 2:
        return (word,)
    return tuple(dict.fromkeys([word, *(form for form in _regular(small) if form != small)]))


def _regular(word: str) -> list[str]:
    if word.endswith("y") and word[-2] not in _VOWELS:
        return [f"{word[:-1]}ies", f"{word[:-1]}ied", f"{word}ing"]
    if word.endswith("e"):
        return [f"{word}s", f"{word}d", f"{word[:-1]}ing"]
    if word.endswith(("s", "x", "z", "ch", "sh")):
        return [f"{word}es", f"{word}ed", f"{word}ing"]
    plain = [f"{word}s", f"{word}ed", f"{word}ing"]
    if len(word) > 2 and word[-1] not in _VOWELS | set("wxy") and word[-2] in _VOWELS and word[-3] not in _VOWELS:
        plain += [f"{word}{word[-1]}ed", f"{word}{word[-1]}ing"]
    return plain
