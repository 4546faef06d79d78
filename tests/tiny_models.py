"""Tiny transformers with random, seeded weights, one of each family, and a fast tokenizer built on the spot."""

from __future__ import annotations

from typing import Any

import torch
import transformers
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import AutoConfig, AutoModel, PreTrainedTokenizerFast

WORDS = "the dog ran quickly program successfully cat a river bank mayor company road home slowly . ,".split()
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
VOCABULARY = {word: number for number, word in enumerate([*SPECIAL, *WORDS])}

# Wide initial weights: with the usual ones every row of attention is flat, and a wrong path would hardly differ.
_SIZE = {
    "vocab_size": len(VOCABULARY),
    "hidden_size": 32,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "intermediate_size": 48,
    "max_position_embeddings": 40,
    "initializer_range": 0.3,
    "pad_token_id": 0,
    "bos_token_id": 2,
    "eos_token_id": 3,
}
_GROUPED = {"num_key_value_heads": 2, "head_dim": 8}
_GPT2 = {"n_embd": 32, "n_layer": 3, "n_head": 4, "n_positions": 40}
_DISTIL = {"dim": 32, "n_layers": 3, "n_heads": 4, "hidden_dim": 48}

ENCODERS: dict[str, dict[str, Any]] = {
    "albert": {"embedding_size": 16},
    "bert": {},
    "distilbert": _DISTIL,
    "electra": {"embedding_size": 16},
    "roberta": {},
}
DECODERS: dict[str, dict[str, Any]] = {
    "gemma": _GROUPED,
    "gemma2": {**_GROUPED, "attn_logit_softcapping": 2.0, "query_pre_attn_scalar": 8, "sliding_window": 4},
    "gpt2": _GPT2,
    "gpt_neox": {},
    "llama": _GROUPED,
    "mistral": {**_GROUPED, "sliding_window": None},
    "qwen2": _GROUPED,
}
REFUSED: dict[str, dict[str, Any]] = {"deberta": {}, "deberta-v2": {}, "mpnet": {}}
FAMILIES = {**ENCODERS, **DECODERS}


def network(family: str, **changes: Any) -> Any:
    """A network of a family in evaluation mode; the same weights each time."""
    common = {k: v for k, v in _SIZE.items() if k not in _renamed(family)}
    config = AutoConfig.for_model(family, **{**common, **(FAMILIES | REFUSED)[family], **changes})
    with torch.random.fork_rng():
        torch.manual_seed(7)
        return AutoModel.from_config(config).eval()


def tokenizer() -> PreTrainedTokenizerFast:
    """One token a word, between [CLS] and [SEP]."""
    made = Tokenizer(models.WordLevel(VOCABULARY, unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[(t, VOCABULARY[t]) for t in ("[CLS]", "[SEP]")]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=made,
        unk_token="[UNK]",
        pad_token="[PAD]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
        bos_token="[CLS]",
        eos_token="[SEP]",
    )


def save(folder: Any, family: str = "bert") -> Any:
    """Network and tokenizer in a folder, as a reader would have them; the network is returned."""
    made = network(family)
    made.save_pretrained(folder)
    tokenizer().save_pretrained(folder)
    return made


def ids(length: int = 9, rows: int = 1) -> torch.Tensor:
    """Random tokens ``[row, token]`` that are not special."""
    generator = torch.Generator().manual_seed(length)
    return torch.randint(len(SPECIAL), len(VOCABULARY), (rows, length), generator=generator)


def _renamed(family: str) -> set[str]:
    """Options that a family calls by another name."""
    ours = {"hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size", "max_position_embeddings"}
    return {"gpt2": ours, "distilbert": ours - {"max_position_embeddings"}}.get(family, set())


transformers.logging.disable_progress_bar()
