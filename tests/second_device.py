"""A second device on a computer that has one: tensors that claim to be on a GPU, compute on the CPU, and mix with no others.

Within :func:`second_device` torch's calls go through a mode that makes what is asked for ``cuda`` such a tensor and puts what these
compute into such tensors again. An operation that is given one of them and a tensor of the CPU fails, as it does on a GPU; let
through is what a GPU lets through: a number in place of a tensor, an index from the CPU, and a copy from one to the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import torch
from torch.utils import backend_registration
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map


class _Backend(backend_registration._DummyBackendModule):  # nobody who looks for a device takes it
    def is_available(self) -> bool:
        return False

    def device_count(self) -> int:
        return 0


backend_registration._setup_privateuseone_for_python_backend("second", _Backend())
DEVICE = torch.device("second", 0)
_COPIES = ("aten::_to_copy", "aten::copy_", "aten::_copy_from")
_INDEXED = ("aten::index.Tensor", "aten::index_put", "aten::index_put_", "aten::_index_put_impl_")


class There(torch.Tensor):
    """A tensor that says it is on a GPU and holds its numbers on the CPU."""

    here: torch.Tensor

    @staticmethod
    def __new__(cls, here: torch.Tensor) -> There:
        made: There = torch.Tensor._make_wrapper_subclass(
            cls,
            here.size(),
            strides=here.stride(),
            storage_offset=here.storage_offset(),
            dtype=here.dtype,
            device=DEVICE,
        )
        made.here = here
        return made

    def __repr__(self, **_: Any) -> str:
        return f"There({self.here!r})"

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _run(func, args, kwargs or {})


class _Mode(TorchDispatchMode):
    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _run(func, args, kwargs or {})


def _run(func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    name = func._schema.name
    given = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, torch.Tensor)]
    there = any(isinstance(leaf, There) for leaf in given)
    asked = next((leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, torch.device)), None)
    if there and name not in _COPIES:
        checked = given[:1] if name in _INDEXED or f"{name}.{func._overloadname}" in _INDEXED else given
        for leaf in checked:
            if not isinstance(leaf, There) and leaf.dim() > 0:
                raise RuntimeError(f"Expected all tensors to be on the same device, but found two: {name}")
    if asked is not None:
        there = torch.device(asked).type == DEVICE.type
        kwargs = {**kwargs, "device": torch.device("cpu")}
    if name == "aten::_fused_sdp_choice":
        return 0  # the one that is made of other operations
    args, kwargs = tree_map(lambda leaf: leaf.here if isinstance(leaf, There) else leaf, (args, kwargs))
    found = func(*args, **kwargs)
    if name == "aten::copy_":
        return given[0]
    if not there:
        return found
    if name.endswith("_") and isinstance(found, torch.Tensor):
        return given[0]
    return tree_map(lambda leaf: There(leaf) if isinstance(leaf, torch.Tensor) else leaf, found)


def _here(leaf: Any) -> Any:
    if isinstance(leaf, torch.device):
        return torch.device("cpu")
    return leaf.here if isinstance(leaf, There) else leaf


@contextmanager
def second_device() -> Iterator[None]:
    """Within it, a network can be put on ``second:0``."""
    before = torch._C._only_lift_cpu_tensors()
    torch._C._set_only_lift_cpu_tensors(True)  # torch.tensor(.., device=..) asks the mode too
    try:
        # These tensors have no form for inference mode.
        with patch.object(torch, "inference_mode", torch.no_grad), torch.no_grad(), _Mode():
            yield
    finally:
        torch._C._set_only_lift_cpu_tensors(before)
