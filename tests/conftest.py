"""What the core tests share: the embedded models, the same weights in plain transformers, and tiny random networks."""

from __future__ import annotations

import os

# Two threads on busy cores wait for each other, up to forty times longer than one takes alone.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("CTXCORE_PROCESS_MB", "100000")  # one process for all tests holds what no server does
os.environ.setdefault("HF_HUB_OFFLINE", "1")  # transformers reads it when imported: no test reaches for a network

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

from ctxcore import engine

if TYPE_CHECKING:
    from ctxcore import ContextualModel, StaticSpace
    from tests.bare_models import BareModel

settings.register_profile("ctxcore", deadline=None, derandomize=True, database=None)
settings.load_profile("ctxcore")


@pytest.fixture(scope="session")
def encoder() -> ContextualModel:
    return engine.default_engine().model("minilm-l6")  # the ones that scripts of charts open: one copy a process


@pytest.fixture(scope="session")
def decoder() -> ContextualModel:
    return engine.default_engine().model("smollm2-135m")


@pytest.fixture(scope="session")
def static() -> StaticSpace:
    return engine.default_engine().static("glove-6b-50d")


@pytest.fixture(scope="session")
def decoder_folder() -> Path:
    """Where the decoder's weights are unpacked to."""
    from ctxcore.models import catalogue, gguf

    return gguf.converted("smollm2-135m", catalogue.weights_path("smollm2-135m"), lambda share, what: None)


@pytest.fixture(scope="session")
def bare_encoder() -> BareModel:
    from ctxcore.models import catalogue
    from tests.bare_models import BareModel

    return BareModel(catalogue.weights_path("minilm-l6"))


@pytest.fixture(scope="session")
def bare_decoder(decoder_folder: Path) -> BareModel:
    from tests.bare_models import BareModel

    return BareModel(decoder_folder, start="<|endoftext|> ")


@pytest.fixture(scope="session")
def tiny() -> Callable[..., ContextualModel]:
    """A factory: a tiny random network of a family with its word tokenizer, as a checked ContextualModel."""
    from ctxcore.models.loading import checked
    from tests import tiny_models

    def make(family: str = "bert", **changes: Any) -> ContextualModel:
        return checked(tiny_models.network(family, **changes), tiny_models.tokenizer(), id=f"tiny-{family}")

    return make


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes are never a test's name: packed ones hold the second at which they were written, and two workers that
    collect a second apart would know different tests."""
    return argname if isinstance(val, bytes) else None
