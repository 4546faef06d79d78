"""A proxy in front of several servers, as the guide's does it: a cookie names a reader's server; where that is gone, another."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

_COOKIE = re.compile(rb"\r\ncookie:[^\r]*\bserver=(\d+)", re.IGNORECASE)
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@contextmanager
def proxy(ports: Sequence[int]) -> Iterator[str]:
    """The address of a proxy of the servers that listen on these ports of this machine; new readers come to the first."""
    port: list[int] = []
    listens, ends = threading.Event(), threading.Event()

    async def serve() -> None:
        server = await asyncio.start_server(lambda *reader: _pass(reader, ports), "127.0.0.1", 0)
        port.append(server.sockets[0].getsockname()[1])
        listens.set()
        await asyncio.to_thread(ends.wait)
        server.close()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))  # which ends the connections that are still open
    thread.start()
    listens.wait()
    try:
        yield f"http://127.0.0.1:{port[0]}"
    finally:
        ends.set()
        thread.join()


async def _pass(reader: Streams, ports: Sequence[int]) -> None:
    """One request a connection, or a websocket for as long as it lasts."""
    server: Streams | None = None
    try:
        head = await reader[0].readuntil(b"\r\n\r\n")
        named = _COOKIE.search(head)
        mine = int(named[1]) if named else 0
        for number in sorted(range(len(ports)), key=lambda n: n != mine):
            with suppress(OSError):
                server = await asyncio.open_connection("127.0.0.1", ports[number])
                break
        if server is None:
            return
        upgrade = b"\r\nupgrade:" in head.lower()
        if not upgrade:
            head = re.sub(rb"\r\nconnection:[^\r]*", b"", head, flags=re.IGNORECASE)[:-2] + b"Connection: close\r\n\r\n"
        server[1].write(head)
        answer = await server[0].readuntil(b"\r\n\r\n")
        if not upgrade and (named is None or number != mine):
            answer = answer[:-2] + f"Set-Cookie: server={number}; Path=/\r\n\r\n".encode()
        reader[1].write(answer)
        await asyncio.gather(_copy(reader[0], server[1]), _copy(server[0], reader[1]))
    except (OSError, asyncio.IncompleteReadError):
        pass
    finally:
        for _, end in (reader, *([server] if server else [])):
            end.close()


async def _copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await source.read(1 << 16):
            sink.write(data)
            await sink.drain()
    sink.close()
