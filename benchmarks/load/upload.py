"""A file is sent to the server as a page sends it."""

from __future__ import annotations

import urllib.request
import uuid

_PATIENCE = 60.0
_ESCAPED = str.maketrans({'"': "%22", "\r": "%0D", "\n": "%0A"})
"""In the name of a file, as browsers do it."""


def put(address: str, path: str, name: str, data: bytes) -> None:
    """Send it, with the token that the server hands out against pages of others.

    Raises:
        OSError: The server does not take it.
    """
    with urllib.request.urlopen(f"{address}/_stcore/health", timeout=_PATIENCE) as answer:
        cookie = (answer.headers.get("Set-Cookie") or "").partition(";")[0]
    border, safe = uuid.uuid4().hex, name.translate(_ESCAPED)
    head = f'--{border}\r\nContent-Disposition: form-data; name="file"; filename="{safe}"\r\nContent-Type: text/plain\r\n\r\n'
    token = {"Cookie": cookie, "X-Xsrftoken": cookie.partition("=")[2]}
    request = urllib.request.Request(
        f"{address}{path}", head.encode() + data + f"\r\n--{border}--\r\n".encode(), method="PUT",
        headers={"Content-Type": f"multipart/form-data; boundary={border}", **token},
    )  # fmt: skip
    urllib.request.urlopen(request, timeout=_PATIENCE).close()
