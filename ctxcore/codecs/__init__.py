"""How a field of the workspace is written in a file and in a link, and read again.

Each field of :class:`ctxcore.workspace.Workspace`, and of the controls of each page that it holds, carries one :class:`Codec`.
File, link and their checks are loops over the fields: a field that is added is in both. What is wrong with a value is said by a
``ValueError``; whoever reads adds which value it was.
"""

from __future__ import annotations

from ctxcore.codecs.fields import (
    Codec,
    Leaf,
    as_json,
    leaves,
    read_all,
    stored,
    write_all,
)
from ctxcore.codecs.kinds import (
    exactly,
    flag,
    head,
    heads,
    line,
    maybe,
    name_of,
    number,
    one_of,
    repeated,
    two_numbers,
    whole,
    words,
)
from ctxcore.codecs.plain import (
    count,
    is_number,
    lines,
    names,
    read_line,
    read_name,
)

__all__ = [
    "Codec",
    "Leaf",
    "as_json",
    "count",
    "exactly",
    "flag",
    "head",
    "heads",
    "is_number",
    "leaves",
    "line",
    "lines",
    "maybe",
    "name_of",
    "names",
    "number",
    "one_of",
    "read_all",
    "read_line",
    "read_name",
    "repeated",
    "stored",
    "two_numbers",
    "whole",
    "words",
    "write_all",
]
