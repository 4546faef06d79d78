"""A quantised GGUF file as a network: looked into, unpacked once, kept in the user's cache folder for later starts."""

from __future__ import annotations

import hashlib
import math
import re
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import torch
from gguf.constants import GGMLQuantizationType
from transformers import AutoConfig, AutoModelForCausalLM, GgufConfig, PreTrainedTokenizerFast
from transformers.integrations.gguf import convert_gguf_tokenizer, get_gguf_tokenizer
from transformers.modeling_gguf_pytorch_utils import TENSOR_PROCESSORS, TensorProcessor, get_gguf_hf_weights_map

from ctxcore.errors import MissingWeightsError, ModelError
from ctxcore.models import folders, gguf_header
from ctxcore.models.cache_dir import readable
from ctxcore.models.gguf_header import Header
from ctxcore.models.kept import Unkept, at_hand, keep
from ctxcore.models.reasons import reading
from ctxcore.models.versions import unchanged
from ctxcore.progress import Progress

_BESIDES = 20_000_000
"""Bytes of tokenizer and configuration, which come on top of the weights."""
_LONGEST_NAME = 60
_TRANSPOSED = ("gpt2",)
"""Families whose linear layers transformers keeps the other way round."""
_FACTORS = "rope_freqs.weight"
_EPSILONS = ("rms_norm_eps", "layer_norm_epsilon", "layer_norm_eps", "norm_eps", "norm_epsilon")
_EPSILON_SETTINGS = ("attention.layer_norm_rms_epsilon", "attention.layer_norm_epsilon")
_EXPERTS = re.compile(r"(.*\.ffn_(?:gate|down|up)_exps)\.weight")


@dataclass(frozen=True)
class Unpacked:
    """A network in float32 with every number from the file, and its tokenizer."""

    network: Any
    tokenizer: Any


def converted(name: str, file: Path, progress: Progress) -> Path:
    """The folder with the converted model, made on the first call.

    Raises:
        ModelError: As :func:`opened`; also where no copy can be kept.
    """
    found = opened(name, file, progress)
    if isinstance(found, Unkept):
        raise ModelError(
            "An unpacked model is kept as a folder.",
            found.why,
            "Make room there, or set CTXCORE_CACHE to another folder.",
        )
    return found


def opened(name: str, file: Path, progress: Progress) -> Path | Unkept[Unpacked]:
    """The folder with the converted model, made on the first call; the model itself where no copy can be kept.

    Raises:
        ModelError: The file is cut, says what cannot be, cannot be read, or was changed while it was read.
        MissingWeightsError: Network and file do not have the same tensors.
    """
    plain = name.encode()[:_LONGEST_NAME].decode(errors="ignore")  # a whole name of 255 bytes would become too long
    version = folders.fingerprint(file)
    with _reading(file):
        key = f"{plain}-{_digest(file)}"
    if there := at_hand(key):  # of these very bytes, which were looked into when they were unpacked
        return there
    header = gguf_header.look_into(file)

    def make() -> Unpacked:
        with unchanged(file, version):
            return _unpack(header, progress)

    return keep(key, 4 * header.parameters + _BESIDES, make, _write, progress)


def _unpack(header: Header, progress: Progress) -> Unpacked:
    """Tokenizer and network of a file.

    Of network and file, each has every tensor of the other, in the same shape; a tied output head stands in the file once.
    """
    file = header.file
    _fits_memory(header)
    # Code that lies beside the file is never run; left unsaid, transformers would ask the console.
    plainly = {"gguf_file": file.name, "trust_remote_code": False}
    progress(0.02, "First start: reading the decoder's tokenizer")
    with _reading(file):
        config = AutoConfig.from_pretrained(file.parent, **plainly)
    _compare(_with_factors(header, config), config)
    with _reading(file):
        tokenizer = _tokenizer(file)
    progress(0.3, "First start: unpacking the decoder's weights (about 10 s, once)")
    with _reading(file):
        network, found = AutoModelForCausalLM.from_pretrained(
            file.parent,
            **plainly,
            config=config,
            dtype=torch.float32,
            quantization_config=GgufConfig(dequantize=True),  # left unsaid, where kernels are installed it stays packed
            output_loading_info=True,
        )
    for key, what in (("missing_keys", "does not have"), ("unexpected_keys", "has, and its network does not use,")):
        if found[key]:
            raise _incomplete(file, what, sorted(found[key]))
    progress(0.8, "First start: keeping the unpacked weights for next time")
    return Unpacked(network, tokenizer)


def _fits_memory(header: Header) -> None:
    """A system that has no memory left ends the whole process: it is asked before."""
    needs, free = 4 * header.parameters, psutil.virtual_memory().available
    if needs > free:
        raise ModelError(
            "An unpacked model must fit into memory, with 4 bytes for each of its numbers.",
            f"{header.file}, which needs {readable(needs)}; {readable(free)} are free",
            "Close other programs, or choose a smaller model.",
        )


def _tokenizer(file: Path) -> Any:
    """The tokenizer that the file holds; transformers would prefer any tokenizer.json that happens to lie beside it."""
    family, words, settings = get_gguf_tokenizer(str(file))
    made, more = convert_gguf_tokenizer(family, words)
    return PreTrainedTokenizerFast(tokenizer_object=made, **settings, **more)


def _with_factors(header: Header, config: Any) -> Header:
    """LLaMA 3 files hold factors that the rotary frequencies are divided by, which transformers leaves out: put them in."""
    factors = header.tensors.get(_FACTORS)
    if factors is None or header.architecture != "llama" or factors.kind != GGMLQuantizationType.F32:
        return header
    numbers = np.frombuffer(header.bytes_of(factors), "<f4").tolist()
    config.rope_parameters = {
        **config.rope_parameters,
        "rope_type": "longrope",  # factors that are listed, the same ones for short and long texts
        "short_factor": numbers,
        "long_factor": numbers,
        "attention_factor": 1.0,
        "original_max_position_embeddings": config.max_position_embeddings,
    }
    return replace(header, tensors={name: t for name, t in header.tensors.items() if name != _FACTORS})


def _compare(header: Header, config: Any) -> None:
    """Compare a file with its network, of which nothing but the shapes is made."""
    with _reading(header.file), torch.device("meta"):
        network = AutoModelForCausalLM.from_config(config)
        processor = TENSOR_PROCESSORS.get(header.architecture, TensorProcessor)(config=config.to_dict())
        names = get_gguf_hf_weights_map(network, processor)
        _compare_settings(header, network)
        _compare_tensors(header, network, names)


def _compare_tensors(header: Header, network: Any, names: dict[str, str]) -> None:
    """Each has every tensor of the other, in the same shape. ``names`` says where a tensor of the file goes."""
    wanted = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    used = {name: names.get(name) or _expert(name, names) for name in header.tensors}
    if unused := [name for name, into in used.items() if into is None]:
        raise _incomplete(header.file, "has, and its network does not use,", unused)
    theirs = {into: name for name, into in names.items()}
    if missing := sorted(wanted.keys() - set(network.all_tied_weights_keys) - set(used.values())):
        raise _incomplete(header.file, "does not have", [theirs.get(name, name) for name in missing])
    for name, into in used.items():
        shape = header.tensors[name].shape
        if into in wanted and not _EXPERTS.fullmatch(name) and not _fits(shape, wanted[into], header.architecture):
            what = f"the tensor {name!r} has the shape {list(shape)}, its network one of {list(wanted[into])}"
            raise gguf_header.refused(header.file, what)


def _compare_settings(header: Header, network: Any) -> None:
    """What a file states of the computation is what its network does; transformers takes some of it from no file."""
    if header.setting("attention.head_count") is None or not any(header.setting(name) for name in _EPSILON_SETTINGS):
        what = f"it does not state {header.architecture}.attention.head_count, or what norms add to their variance"
        raise gguf_header.refused(header.file, f"{what} (layer_norm_rms_epsilon)")
    for name, ours in _does(network).items():
        states, known = header.setting(name), [value for value in ours if value is not None]
        if states is not None and known and not any(_equal(states, value) for value in known):
            what = f"it states {header.architecture}.{name} = {states!r}, which transformers does not read from it"
            raise gguf_header.refused(header.file, what)
    window, longest = header.setting("attention.sliding_window"), header.setting("context_length")
    if window is not None and window < longest and not _equal(window, getattr(network.config, "sliding_window", None)):
        what = f"it states a sliding window of {window!r}, which transformers does not read from it"
        raise gguf_header.refused(header.file, what)


def _does(network: Any) -> dict[str, list[Any]]:
    """What a network does, by the settings that a file has for it; nothing or None where it has no such part."""
    config = network.config
    rope = getattr(config, "rope_parameters", None) or {}
    epsilons = [getattr(config, name, None) for name in _EPSILONS]
    return {
        "rope.freq_base": [rope.get("full_attention", rope).get("rope_theta")],
        "rope.dimension_count": [2 * len(b) for name, b in network.named_buffers() if name.endswith("inv_freq")],
        "rope.scaling.type": ["none"],
        "rope.scaling.factor": [1],
        "attention.head_count": [getattr(config, "num_attention_heads", None)],
        "attention.head_count_kv": [getattr(config, "num_key_value_heads", None)],
        "attention.key_length": [getattr(config, "head_dim", None)],
        "attn_logit_softcapping": [getattr(config, "attn_logit_softcapping", None)],
        "final_logit_softcapping": [getattr(config, "final_logit_softcapping", None)],
        **dict.fromkeys(_EPSILON_SETTINGS, epsilons),
    }


def _equal(states: Any, value: Any) -> bool:
    """Numbers in a file have the precision of float32."""
    if value is None or isinstance(states, str) or isinstance(value, str):
        return bool(states == value)
    return math.isclose(states, value, rel_tol=1e-6)


def _expert(name: str, names: dict[str, str]) -> str | None:
    """Where a tensor of stacked experts goes, which are listed without their ending."""
    found = _EXPERTS.fullmatch(name)
    return names.get(found[1]) if found else None


def _fits(shape: tuple[int, ...], wanted: tuple[int, ...], architecture: str) -> bool:
    """The same shape, axes of length 1 left out."""
    theirs, ours = ([n for n in axes if n != 1] for axes in (shape, wanted))
    return theirs == ours or (architecture in _TRANSPOSED and theirs == ours[::-1])


def _incomplete(file: Path, what: str, names: list[str]) -> MissingWeightsError:
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3:,} more" if len(names) > 3 else "")
    return MissingWeightsError(
        "A GGUF file must have every tensor of its network, and no other; transformers fills gaps at random.",
        f"{file}, which {what} {shown}",
        "Choose a complete file of a family that transformers reads.",
    )


def _reading(file: Path) -> AbstractContextManager[None]:
    """What transformers and gguf raise over a file becomes one error that names the file."""
    return reading(file, "it cannot be read as a model", gguf_header.REMEDY, gguf_header.RULE)


def _write(unpacked: Unpacked, folder: Path) -> None:
    """Into a folder, as transformers writes a model that was never packed."""
    unpacked.tokenizer.save_pretrained(folder)
    network = unpacked.network
    # A quantised model refuses to be saved, so the same weights go into a plain model of the same shape.
    config = type(network.config).from_dict(
        {k: v for k, v in network.config.to_dict().items() if k not in ("quantization_config", "_name_or_path")}
    )
    with torch.device("meta"):
        plain = AutoModelForCausalLM.from_config(config)
    plain.load_state_dict(network.state_dict(), assign=True)
    plain.tie_weights()
    plain.save_pretrained(folder)


def _digest(file: Path) -> str:
    """First 12 hexadecimal digits of the file's SHA-256."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()[:12]
