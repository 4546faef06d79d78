"""No file that a reader gives is lost, or breaks the page."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from streamlit.elements.widgets import file_uploader
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue


@cache
def keep_their_addresses() -> None:
    """Keep what tells the browser where to send a file, when the page begins to be drawn anew in that moment.

    Streamlit 1.67 then drops all that is not sent yet, but for a list of kinds on which this one is missing: the browser waits
    for it forever, and the field stays empty without a word.
    """
    clear = ForwardMsgQueue.clear

    def keeping(queue: ForwardMsgQueue, retain_lifecycle_msgs: bool = False, *rest: Any, **named: Any) -> None:
        waiting = queue._queue if retain_lifecycle_msgs else []
        addresses = [message for message in waiting if message.WhichOneof("type") == "file_urls_response"]
        clear(queue, retain_lifecycle_msgs, *rest, **named)
        present = {id(message) for message in queue._queue}
        queue._queue.extend(message for message in addresses if id(message) not in present)

    ForwardMsgQueue.clear = keeping  # type: ignore[assignment, method-assign]


def read_by_what_they_hold() -> None:
    """Take files of any name: a browser offers those of the right endings alone, and what comes otherwise is read, or refused in words.

    Streamlit refuses another ending by an exception before our page begins, in whose place its error stands then.
    """
    file_uploader.enforce_filename_restriction = _allow  # type: ignore[attr-defined]


def _allow(filename: str, allowed_types: Sequence[str]) -> None:
    """Any."""
