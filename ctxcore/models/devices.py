"""Where a network computes and in which number format: what a reader may ask for, checked before anything is loaded.

``auto`` is a GPU where torch sees one and the CPU elsewhere, in float32: half precision is never taken without the reader's word.
torch is opened by what needs it, so that a server can check its settings without.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ctxcore.errors import BadInputError, DeviceMemoryError

if TYPE_CHECKING:
    import torch

AUTO = "auto"
FORMATS = ("float32", "bfloat16", "float16")
"""Numbers of 4, 2 and 2 bytes. bfloat16 has the range of float32 and 3 digits, float16 ends at 65,504 and has 4."""
TOLERANCE = 1e-4
"""Greatest difference in float32 from what a network computes by itself, when it is tried."""
_ELSEWHERE = 5e-3
"""And as a share of the length from what another device computes; GPUs may be told to multiply with ten bits."""
_DEVICE = re.compile(r"auto|cpu|mps|cuda(:\d{1,3})?")
_FULL = ("out of memory", "not enough memory", "can't allocate memory", "alloc_failed")
"""How torch's backends say that there is no room; not each has an error type for it."""


@dataclass(frozen=True)
class Place:
    """A device and a number format that this computer has.

    Attributes:
        device: ``cpu``, ``cuda``, ``cuda:1``, ``mps``.
        format: One of :data:`FORMATS`.
    """

    device: str = "cpu"
    format: str = "float32"

    @property
    def dtype(self) -> torch.dtype:
        """The format as torch names it."""
        import torch

        found: torch.dtype = getattr(torch, self.format)
        return found


def named_device(name: object) -> str:
    """The name of a device, as text or as torch's own; BadInputError for what is none, wherever it would be."""
    if not _DEVICE.fullmatch(given := str(name)):
        raise BadInputError(
            "A device is auto, cpu, cuda, cuda:<number> or mps.", repr(name)[:60], 'Leave it at "auto", or name one.'
        )
    return given


def named_format(name: object) -> str:
    """The name of a number format, as text or as torch's own dtype; BadInputError for any other."""
    given = str(name).removeprefix("torch.")
    if given not in (AUTO, *FORMATS):
        raise BadInputError(
            f"A number format is auto, {', '.join(FORMATS[:-1])} or {FORMATS[-1]}.",
            repr(name)[:60],
            'Leave it at "auto", which is float32, or name one.',
        )
    return given


def place(device: object = AUTO, dtype: object = AUTO) -> Place:
    """What is asked for, where this computer has it.

    Raises:
        BadInputError: It is no device or format, or a device that torch does not see here.
    """
    asked, format = named_device(device), named_format(dtype)
    there = _there()
    if asked != AUTO and asked not in there:
        import torch

        raise BadInputError(
            "A model is put on a device that torch sees on this computer.",
            f"{asked!r}, where torch {torch.__version__} sees {', '.join(there)}",
            'Choose one of these or "auto"; for a GPU, install the build of torch that belongs to it.',
        )
    return Place(there[0] if asked == AUTO else asked, "float32" if format == AUTO else format)


def put(network: Any, there: Place) -> None:
    """Move a network in place, its parameters into the format.

    Its buffers keep theirs: rotary frequencies in half precision turn a token far from the start to another position.

    Raises:
        DeviceMemoryError: There is no room for it.
    """
    try:
        for parameter in network.parameters():
            parameter.data = parameter.data.to(there.dtype)
        network.to(there.device)
    except RuntimeError as error:
        if not is_full(error):
            raise
        release(there.device)
        raise DeviceMemoryError(f"a network that does not fit on {there.device} in {there.format}") from None


def sent(part: torch.Tensor, device: torch.device) -> torch.Tensor:
    """A tensor of the CPU on a device. A GPU takes it when its turn comes; we do not wait for what it does before."""
    return part.to(device, non_blocking=device.type == "cuda")


def rounding(dtype: torch.dtype) -> float:
    """By which share of its length a vector may differ when the same is computed in another order in this format.

    Seen in twelve families: up to 6 times the format's precision after the last layer, and 3 % in bfloat16.
    """
    import torch

    return 16 * torch.finfo(dtype).eps


def alike(ours: torch.Tensor, own: torch.Tensor) -> bool:
    """Are these vectors ``[.., feature]`` those, but for rounding in the format of ``own``? A wrong path differs by far more."""
    import torch

    a, b = ours.float(), own.float()
    if a.shape != b.shape:
        return False
    if own.dtype in (torch.float32, torch.float64):
        return torch.allclose(a, b, atol=TOLERANCE, rtol=1e-3)
    return bool(((a - b).norm(dim=-1) <= rounding(own.dtype) * b.norm(dim=-1)).all())


def near(ours: torch.Tensor, own: torch.Tensor) -> bool:
    """Are most vectors ``[vector, feature]`` those that another device computed in another format, and all of them finite?

    Most, since a decoder's first token, on which attention rests, has numbers so large that half precision keeps little of the
    others: in the bundled decoder its vector is 17 % off in bfloat16, and those of all other tokens 2 to 4 %.
    """
    import torch

    a, b = ours.float(), own.float()
    share = ((a - b).norm(dim=-1) / b.norm(dim=-1)).median()
    return bool(torch.isfinite(a).all()) and float(share) <= max(_ELSEWHERE, rounding(ours.dtype))


def is_full(error: BaseException) -> bool:
    """Does an error say that the device has no memory left?"""
    import torch

    said = str(error).lower()
    return isinstance(error, DeviceMemoryError | torch.OutOfMemoryError) or (
        isinstance(error, RuntimeError) and any(part in said for part in _FULL)
    )


def release(device: str) -> None:
    """Give back what torch keeps for later, so that smaller pieces find room."""
    import torch

    if device.startswith("cuda"):
        torch.cuda.empty_cache()
    elif device.startswith("mps"):
        torch.mps.empty_cache()


def free(device: str) -> int | None:
    """Bytes that are free on a GPU, those that torch keeps for later among them; None where nothing tells."""
    import torch

    if not device.startswith("cuda"):
        return None
    kept = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    return int(torch.cuda.mem_get_info(device)[0] + kept)


def _there() -> list[str]:
    """Devices that torch sees, the one that ``auto`` takes first."""
    import torch

    gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    cuda = ["cuda", *(f"cuda:{number}" for number in range(gpus))] if gpus else []
    return [*cuda, *(["mps"] if torch.backends.mps.is_available() else []), "cpu"]
