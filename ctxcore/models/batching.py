"""Many texts batch by batch: what is repeated is read once, and a batch that the device has no room for is halved once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from ctxcore.errors import DeviceMemoryError
from ctxcore.models import devices
from ctxcore.models.interventions import Attend
from ctxcore.models.passes import Transformer, batches
from ctxcore.progress import Progress

Request = tuple[str, Attend]
"""A text and how it is attended to."""
Work = Callable[[list[int]], None]
"""What is done with a batch of requests, given by their index; done again on a part of it, it gives the same."""


def read_once(
    asked: Sequence[Request],
    lengths: Sequence[int],
    progress: Progress,
    most: int,
    before: int = 0,
    total: int | None = None,
) -> Iterator[list[int]]:
    """Batches of at most so many tokens, of the distinct requests by their index; progress is told when the next is asked for.

    A sentence that is repeated with the same way to attend is read once, so that its mentions are equal to the last bit. Where these
    requests are a part of ``total``, ``before`` of them have been read.
    """
    first: dict[Request, int] = {}
    for i, request in enumerate(asked):
        first.setdefault(request, i)
    done, total = before, total or len(first)
    for batch in batches(first.values(), lengths, most):
        yield batch
        done += len(batch)
        progress(done / total, f"{done} of {total} sentences read")


def each(
    model: Transformer,
    asked: Sequence[Request],
    lengths: Sequence[int],
    progress: Progress,
    work: Work,
    before: int = 0,
    total: int | None = None,
) -> None:
    """Does the work on each batch of the distinct requests, which may be a part of more (:func:`read_once`).

    Raises:
        DeviceMemoryError: The device has room for neither a batch nor half of it; the error says how many tokens it has room for.
    """
    for batch in read_once(asked, lengths, progress, model.at_once, before, total):
        if not _fits(batch, work):
            _in_halves(model, batch, lengths, work)


def _in_halves(model: Transformer, batch: list[int], lengths: Sequence[int], work: Work) -> None:
    tokens = len(batch) * lengths[batch[-1]]  # sorted by length
    middle = (len(batch) + 1) // 2
    devices.release(model.device)
    if len(batch) > 1 and all(_fits(part, work) for part in (batch[:middle], batch[middle:])):
        model.at_once = min(model.at_once, max(1, tokens // 2))  # for the calls to come
        return
    count = middle // 2
    while count and not _fits(batch[-count:], work):
        devices.release(model.device)
        count //= 2
    what = f"a batch of {tokens} tokens, nor half of it" if len(batch) > 1 else f"a text of {tokens} tokens"
    raise DeviceMemoryError(f"{model.device} in {model.dtype}, with no room for {what}", count * lengths[batch[-1]])


def _fits(batch: list[int], work: Work) -> bool:
    """Does the work, if the device has the room."""
    try:
        work(batch)
    except RuntimeError as error:
        if not devices.is_full(error):
            raise
        return False
    except DeviceMemoryError:
        return False
    return True
