"""From a name to a ContextualModel that has been checked: every layer's attention captured, equal to the model's own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from transformers.utils import logging as transformers_logging

from ctxcore.errors import ModelError
from ctxcore.models import catalogue, devices, folders, gguf, hub, self_check, sharing, tokenizer_files, weights
from ctxcore.models.contextual import ContextualModel
from ctxcore.models.kept_use import uses
from ctxcore.models.names import as_text, exists
from ctxcore.models.names import place as path_of
from ctxcore.models.self_check import adopt, trying
from ctxcore.models.tokenising import SentenceTokenizer
from ctxcore.models.versions import unchanged
from ctxcore.progress import Progress, silent
from ctxcore.types import Origin


@dataclass(frozen=True)
class _Source:
    """Where weights and tokenizer are read from, and what pins them. An unpacked file is kept as a folder, or is ``unpacked`` in memory."""

    path: str
    revision: str
    origin: Origin
    start_token: str | None = None
    kept: bool = False
    unpacked: gguf.Unpacked | None = None


def load_model(
    name: str | Path = "minilm-l6",
    progress: Progress = silent,
    threads: int | None = None,
    *,
    device: str | torch.device = devices.AUTO,
    dtype: str | torch.dtype = devices.AUTO,
) -> ContextualModel:
    """Load a contextual model.

    Args:
        name: A catalogue name (``minilm-l6``, ``smollm2-135m``); ``hub:<id>@<revision>``, which is fetched, with
            ``#<file>.gguf`` behind it for one packed file; a folder with safetensors; or a GGUF file.
        progress: Called with the share done and what is going on.
        threads: How many threads torch computes a forward pass with from now on, in this process as a whole; passes of several
            threads then take turns (:mod:`ctxcore.models.sharing`). None leaves both as they are, which is all cores: right for a
            script that has the machine to itself. One is fastest for all where several readers share it: on two busy cores a
            pass of 8 ms took up to 747 ms with two threads, and 11 to 25 ms with one.
        device: ``cpu``, ``cuda`` (``cuda:1`` for the second), ``mps``; ``auto`` is a GPU where torch sees one, else the CPU.
        dtype: ``float32``, ``bfloat16`` or ``float16``; ``auto`` is float32, on a GPU too. Whatever it is, results are float32
            numpy; in half precision they are near those of float32 (cosine of vectors at least 0.999) and not the same.

    Returns:
        The model, in evaluation mode, on that device and in that format, which both are attributes of it.

    Raises:
        MissingWeightsError: The package or folder with the weights is not there, or weights of the network are absent.
        UnsupportedModelError: Attention cannot be captured truthfully in this family.
        OfflineError: It must be fetched and the network is not reached.
        ModelError: Any other reason, with what to do.
        BadInputError: The name is neither text nor a path; a device or format that is none, or is not here.
        DeviceMemoryError: The device has no room for it.
    """
    name, place = as_text(name), devices.place(device, dtype)
    if threads is not None:
        torch.set_num_threads(threads)
        sharing.take_turns((os.cpu_count() or 1) // threads - 1)  # one core is for all else that they do
    with _quiet():
        source = _source(name, progress)
        progress(0.85, "Reading the weights")
        network, tokenizer, missing = _opened(source)
    progress(0.95, "Checking that attention is captured truthfully")
    model = checked(
        network,
        tokenizer,
        id=name,
        revision=source.revision,
        start_token=source.start_token,
        missing=missing,
        origin=source.origin,
        place=place,
    )
    if source.kept:
        uses.end_with(model, Path(source.path))
    return model


def checked(
    network: Any,
    tokenizer: Any,
    *,
    id: str,
    revision: str = "",
    start_token: str | None = None,
    missing: tuple[str, ...] = (),
    origin: Origin | None = None,
    place: devices.Place | None = None,
) -> ContextualModel:
    """A ContextualModel over a network and tokenizer in memory, once both have been tried (:mod:`ctxcore.models.self_check`).

    The network's attention is switched to ctxcore's function, once and for all. It is tried on the CPU as it is given: past its
    last position a GPU does not raise an error but fails for the rest of the process. Then it is put in its place, and what it
    computes there is held against what it computed on the CPU. Without a ``place`` it goes back to where it was.

    Raises:
        UnsupportedModelError: The family bypasses transformers' attention interface, computes something else than a
            softmax over the keys, or fails at what it would be used for.
        ModelError: The tokenizer does not belong to the network, or knows nothing.
    """
    place = place or devices.Place(str(network.device), str(network.dtype).removeprefix("torch."))
    network.to("cpu")
    causal = adopt(network)
    with trying(network.config.model_type):
        reader = SentenceTokenizer(tokenizer, network.config, causal, start_token)
        self_check.must_belong(tokenizer, network)
        self_check.must_know(tokenizer)
        reader.rows = network.get_input_embeddings().weight.shape[0]
        reader.limit = self_check.longest(network, reader.limit)
        self_check.must_have_room(reader)
        self_check.settle(network, place)
        return ContextualModel(
            network,
            reader,
            id=id,
            revision=revision,
            kind="decoder" if causal else "encoder",
            missing=missing,
            origin=origin,
        )


def _source(name: str, progress: Progress) -> _Source:
    if name.startswith("hub:"):
        path = hub.fetched(name, progress)
        asked = hub.parse(name)
        commit = (path.parent if asked.gguf else path).name.removesuffix(f"--{asked.gguf}").rpartition("--")[2]
        return _local(path, progress, commit, f"Hugging Face: {asked.id}")
    if name in catalogue.CATALOGUE:
        return _embedded(name, progress)
    if exists(name) or name.startswith(("~", ".", "/")):
        path = path_of(name)
        return _local(path, progress, "local file" if path.is_file() else "local folder", str(path))
    catalogue.entry(name)  # raises, with the names that exist
    raise AssertionError


def _embedded(name: str, progress: Progress) -> _Source:
    found = catalogue.entry(name)
    if found.kind == "static":
        raise ModelError("A contextual model is asked for.", f"{name}, static vectors", "Use load_static for it.")
    path = catalogue.weights_path(name)
    files = [path] if path.is_file() else [file for file in path.iterdir() if file.is_file()]
    origin = Origin(found.source, found.licence, sum(file.stat().st_size for file in files))
    source = _Source(str(path), catalogue.revision(name), origin, found.start_token)
    return _unpacked(source, name, path, progress) if path.is_file() else source


def _local(path: Path, progress: Progress, revision: str, source: str) -> _Source:
    """A folder or GGUF file that has been looked into before anything of it is opened."""
    found = folders.look_into(path)
    read = _Source(str(path), revision, Origin(source, found.licence, found.disk))
    return _unpacked(read, found.weights[0].stem, found.weights[0], progress) if found.gguf else read


def _unpacked(source: _Source, name: str, file: Path, progress: Progress) -> _Source:
    """A GGUF file is read from the folder that it was unpacked into, or as it was unpacked where there is no room for one."""
    found = gguf.opened(name, file, progress)
    if isinstance(found, Path):
        return replace(source, path=str(found), kept=True)
    return replace(source, unpacked=found.value, origin=replace(source.origin, note=found.note))


def _opened(source: _Source) -> tuple[Any, Any, tuple[str, ...]]:
    """Network, tokenizer, and the names of weights that the checkpoint lacks."""
    if source.unpacked is not None:
        return source.unpacked.network, source.unpacked.tokenizer, ()
    path = Path(source.path)
    with unchanged(path):
        network, missing = weights.read(path)
        return network, tokenizer_files.read(path), missing


@contextmanager
def _quiet() -> Iterator[None]:
    """Keeps transformers' load report and progress bars off a console where nobody reads them."""
    level = transformers_logging.get_verbosity()
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    try:
        yield
    finally:
        transformers_logging.set_verbosity(level)
        transformers_logging.enable_progress_bar()
