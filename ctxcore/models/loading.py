"""From a name to a ContextualModel that has been checked: every layer's attention captured, equal to the model's own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from transformers import AutoTokenizer
from transformers.utils import logging as transformers_logging

from ctxcore.errors import ModelError, UnsupportedModelError
from ctxcore.models import catalogue, folders, gguf, hub, weights
from ctxcore.models.attend import IMPLEMENTATION, Capture, capturing
from ctxcore.models.contextual import ContextualModel
from ctxcore.models.places import Progress, silent
from ctxcore.models.reasons import reading
from ctxcore.models.tokenising import SentenceTokenizer
from ctxcore.types import Origin

_TOLERANCE = 1e-4
"""Greatest difference from the model's own attention at load; a wrong path differs by far more than rounding."""


@dataclass(frozen=True)
class _Source:
    """Where weights and tokenizer are read from, and what pins them; ``unpacked`` is what could not be kept as files."""

    path: str
    revision: str
    origin: Origin
    start_token: str | None = None
    unpacked: gguf.Unpacked | None = None


def load_model(name: str = "minilm-l6", progress: Progress = silent) -> ContextualModel:
    """Load a contextual model.

    Args:
        name: A catalogue name (``minilm-l6``, ``smollm2-135m``); ``hub:<id>@<revision>``, which is fetched, with
            ``#<file>.gguf`` behind it for one packed file; a folder with safetensors; or a GGUF file.
        progress: Called with the share done and what is going on.

    Returns:
        The model, in evaluation mode, float32, on the CPU.

    Raises:
        MissingWeightsError: The package or folder with the weights is not there, or weights of the network are absent.
        UnsupportedModelError: Attention cannot be captured truthfully in this family.
        OfflineError: It must be fetched and the network is not reached.
        ModelError: Any other reason, with what to do.
    """
    with _quiet():
        source = _source(name, progress)
        progress(0.85, "Reading the weights")
        network, tokenizer, missing = _opened(source)
    progress(0.95, "Checking that attention is captured truthfully")
    return checked(
        network,
        tokenizer,
        id=name,
        revision=source.revision,
        start_token=source.start_token,
        missing=missing,
        origin=source.origin,
    )


def checked(
    network: Any,
    tokenizer: Any,
    *,
    id: str,
    revision: str = "",
    start_token: str | None = None,
    missing: tuple[str, ...] = (),
    origin: Origin | None = None,
) -> ContextualModel:
    """A ContextualModel over a network and tokenizer in memory, once its attention has been checked.

    The network's attention is switched to ctxcore's function, once and for all.

    Raises:
        UnsupportedModelError: The family bypasses transformers' attention interface, or computes something else than a
            softmax over the keys.
    """
    causal = adopt(network)
    _belongs(tokenizer, network)
    reader = SentenceTokenizer(tokenizer, network.config, causal, start_token)
    return ContextualModel(
        network,
        reader,
        id=id,
        revision=revision,
        kind="decoder" if causal else "encoder",
        missing=missing,
        origin=origin,
    )


def adopt(network: Any) -> bool:
    """Switch a network to ctxcore's attention and check it against the network's own; True where it is causal."""
    network.eval()
    family = network.config.model_type
    if not network.base_model._can_set_attn_implementation():
        raise _unsupported(family, "does not use the shared attention interface")
    size = min(7, network.config.vocab_size)
    ids = torch.arange(size)[None] % network.config.vocab_size
    network.set_attn_implementation("eager")
    own = _run(network, ids, output_attentions=True)
    network.set_attn_implementation(IMPLEMENTATION)
    with capturing(Capture()) as capture:
        ours = _run(network, ids)
    plain = _run(network, ids)
    blocks = network.config.num_hidden_layers
    if sorted(capture.weights) != list(range(blocks)) or not own.attentions or len(own.attentions) != blocks:
        raise _unsupported(family, f"gave the attention of {len(capture.weights)} of {blocks} layers")
    if not all(bool(torch.isfinite(h).all()) for h in own.hidden_states):
        raise _unsupported(family, "gives numbers that are not finite")
    pairs = [(ours.hidden_states[-1], own.hidden_states[-1]), (plain.hidden_states[-1], own.hidden_states[-1])]
    pairs += list(zip(capture.weights.values(), own.attentions, strict=True))
    if not all(a.shape == b.shape and torch.allclose(a, b, atol=_TOLERANCE, rtol=1e-3) for a, b in pairs):
        raise _unsupported(family, "computes something else than the attention that was captured")
    return all(bool((w.triu(1) == 0).all()) for w in capture.weights.values())


def _run(network: Any, ids: torch.Tensor, output_attentions: bool = False) -> Any:
    with torch.inference_mode():
        return network.base_model(
            input_ids=ids, output_hidden_states=True, output_attentions=output_attentions, return_dict=True
        )


def _belongs(tokenizer: Any, network: Any) -> None:
    """A tokenizer of another model would name rows that the embedding does not have."""
    rows = network.get_input_embeddings().weight.shape[0]
    if tokenizer.vocab_size > rows:
        raise ModelError(
            "Tokenizer and weights must belong together.",
            f"a tokenizer of {tokenizer.vocab_size:,} tokens for {rows:,} token vectors",
            "Put the tokenizer that belongs to these weights into the folder.",
        )


def _source(name: str, progress: Progress) -> _Source:
    if name.startswith("hub:"):
        path = hub.fetched(name, progress)
        asked = hub.parse(name)
        commit = (path.parent if asked.gguf else path).name.removesuffix(f"--{asked.gguf}").rpartition("--")[2]
        return _local(path, progress, commit, f"Hugging Face: {asked.id}")
    if name in catalogue.CATALOGUE:
        return _embedded(name, progress)
    if folders.exists(name) or name.startswith(("~", ".", "/")):
        path = folders.place(name)
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
    with reading(file, "it cannot be unpacked"):
        found = gguf.opened(name, file, progress)
    if isinstance(found, Path):
        return replace(source, path=str(found))
    return replace(source, unpacked=found.value, origin=replace(source.origin, note=found.note))


def _opened(source: _Source) -> tuple[Any, Any, tuple[str, ...]]:
    """Network, tokenizer, and the names of weights that the checkpoint lacks."""
    if source.unpacked is not None:
        return source.unpacked.network, source.unpacked.tokenizer, ()
    network, missing = weights.read(Path(source.path))
    with reading(source.path, "its tokenizer cannot be read", "Fetch tokenizer.json and tokenizer_config.json anew."):
        tokenizer = AutoTokenizer.from_pretrained(source.path, trust_remote_code=False)
    return network, tokenizer, missing


def _unsupported(family: str, why: str) -> UnsupportedModelError:
    return UnsupportedModelError(
        "Every layer's attention must be captured and equal the model's own.",
        f"a model of the family \u201c{family}\u201d, which {why}",
        "Choose another family: BERT, RoBERTa, DistilBERT, ELECTRA, GPT-2, LLaMA, Qwen, Mistral, Gemma and GPT-NeoX work.",
    )


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
