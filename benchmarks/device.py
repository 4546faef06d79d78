"""The device that there is: does every answer of a model agree with the CPU in float32, and how much of the bare pass is left?

    python -m benchmarks.device [--sentences 20000]

Without a GPU it says so, holds half precision on the CPU against float32 and measures smaller numbers. Models whose weights are
not installed are replaced by networks of their size with random weights.
"""

from __future__ import annotations

import argparse
import gc
import random
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import AutoConfig, AutoModel, AutoModelForCausalLM, PreTrainedTokenizerFast

import ctxcore
from benchmarks.answers import answers, cosine
from benchmarks.paired import Ratio, paired, report
from ctxcore.errors import MissingWeightsError
from ctxcore.models import devices
from ctxcore.models.contextual import ContextualModel
from ctxcore.models.loading import checked
from ctxcore.models.passes import batches

_SIZES: dict[str, dict[str, Any]] = {
    "minilm-l6": {"family": "bert", "hidden_size": 384, "num_hidden_layers": 6, "num_attention_heads": 12, "intermediate_size": 1536},
    "smollm2-135m": {
        "family": "llama", "hidden_size": 576, "num_hidden_layers": 30, "num_attention_heads": 9, "num_key_value_heads": 3,
        "intermediate_size": 1536,
    },
    "BERT-base size": {"family": "bert", "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072},
    "LLaMA 1B size": {
        "family": "llama", "hidden_size": 2048, "num_hidden_layers": 16, "num_attention_heads": 32, "num_key_value_heads": 8,
        "intermediate_size": 8192,
    },
}  # fmt: skip
_LEAST = {"float32": 0.99999, "bfloat16": 0.999, "float16": 0.999}
_OF_BARE, _OF_FLOAT32 = 0.7, 1.7
_SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


def tokenizer(size: int = 30_522) -> Any:
    """WordPiece as BERT has it, with the words of the sense bank and pieces made at random, seeded."""
    words = {
        w.text.lower() for bank in ctxcore.sense_bank().values() for s in bank.sentences for w in ctxcore.words_of(s)
    }
    letters, chance = "abcdefghijklmnopqrstuvwxyz0123456789.,'-\u2019", random.Random(3)
    made = [*_SPECIAL, *letters, *("##" + c for c in letters), *sorted(words - set(letters))]
    while len(made) < size:
        made.append("##" + "".join(chance.choice(letters[:26]) for _ in range(chance.randint(2, 5))) + str(len(made)))
    vocabulary = {piece: number for number, piece in enumerate(made[:size])}
    built = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    built.normalizer, built.pre_tokenizer = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()
    built.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[(t, vocabulary[t]) for t in ("[CLS]", "[SEP]")]
    )
    names = {
        "unk": "[UNK]",
        "pad": "[PAD]",
        "cls": "[CLS]",
        "sep": "[SEP]",
        "mask": "[MASK]",
        "bos": "[CLS]",
        "eos": "[SEP]",
    }
    return PreTrainedTokenizerFast(tokenizer_object=built, **{f"{role}_token": name for role, name in names.items()})


def random_model(name: str, device: str, dtype: str) -> ContextualModel:
    """A network of a size with random, seeded weights."""
    shape = dict(_SIZES[name])
    config = AutoConfig.for_model(
        shape.pop("family"),
        **shape,
        vocab_size=30_522,
        max_position_embeddings=512,
        pad_token_id=0,
        bos_token_id=2,
        eos_token_id=3,
    )
    torch.manual_seed(7)
    network = (AutoModelForCausalLM if name == "smollm2-135m" else AutoModel).from_config(config).eval()
    return checked(network, tokenizer(), id=f"random {name}", place=devices.place(device, dtype))


def open_model(name: str, device: str, dtype: str) -> ContextualModel:
    try:
        return ctxcore.load_model(name, device=device, dtype=dtype)
    except MissingWeightsError as error:
        if device == "cpu" and dtype == "float32":
            print(f"{name}: {error.received}; a network of its size with random weights stands in", flush=True)
        return random_model(name, device, dtype)


def agreement(name: str, device: str) -> bool:
    """Every answer on the device, in each format, against the CPU in float32."""
    own = open_model(name, "cpu", "float32")
    expected, kept = answers(own), True
    for dtype in devices.FORMATS:
        if (device, dtype) == ("cpu", "float32"):
            continue
        model = open_model(name, device, dtype)
        print(f"\n{model!r} against the CPU in float32, limit {_LEAST[dtype]}")
        for question, found in answers(model).items():
            near, far = cosine(found, expected[question]), float(np.abs(found - expected[question]).max())
            # A shift is 1 less a cosine: where all are as small as what the limit lets a cosine be off, their ratios mean nothing.
            good = bool(np.isfinite(found).all()) and (near >= _LEAST[dtype] or far <= 1 - _LEAST[dtype])
            kept &= good
            print(
                f"  {question:<24} cosine {near:.7f}  greatest difference {far:.2e}  {'kept' if good else 'MISSED'}",
                flush=True,
            )
        del model
    return kept


def sentences(count: int) -> list[str]:
    """Of 8 to 28 words of the sense bank, with "ran" in each; seeded."""
    chance = random.Random(5)
    words = sorted(
        {w.text for bank in ctxcore.sense_bank().values() for s in bank.sentences for w in ctxcore.words_of(s)}
    )
    made = []
    for _ in range(count):
        own = [chance.choice(words) for _ in range(chance.randint(8, 28))]
        own[chance.randrange(len(own))] = "ran"
        made.append(" ".join(own))
    return made


def _bare(model: ContextualModel, texts: list[str], sync: Callable[[], None]) -> Callable[[], None]:
    """The network alone on the same batches, which lie on the device already: nothing is kept, pooled or copied."""
    rows = model.tokenizer.arrays(texts).rows()
    device, extra = model.network.device, {"use_cache": False} if model.kind == "decoder" else {}
    made = [
        [part.to(device) for part in model._padded([rows[i] for i in batch])]
        for batch in batches(range(len(rows)), [len(r) for r in rows], model.at_once)
    ]

    def run() -> None:
        with torch.inference_mode():
            for ids, mask in made:
                model.network.base_model(input_ids=ids, attention_mask=mask, **extra)
        sync()

    return run


def rates(name: str, device: str, dtype: str, count: int, limit: float | None) -> list[Ratio]:
    """``vectors`` with tokenising, and its last layer alone, against the bare pass."""
    model = random_model(name, device, dtype)
    texts = sentences(count)
    mentions = [ctxcore.find("ran", [text])[0] for text in texts]
    mentions = [ctxcore.Mention(i, m.start, m.end) for i, m in enumerate(mentions)]
    spans = np.array([(m.sentence_index, m.start, m.end) for m in mentions])
    sync = torch.cuda.synchronize if device.startswith("cuda") else lambda: None
    bare, found = _bare(model, texts, sync), []
    asks: dict[str, Callable[[], object]] = {
        "vectors, all layers": lambda: model.vectors(texts, mentions),
        "span_vectors, last layer": lambda: model.span_vectors(texts, spans, model.layers),
    }
    print(f"\n{name}, {dtype} on {model.device}, {count:,} sentences, batches of {model.at_once:,} tokens")
    for what, ask in asks.items():
        ratio = paired(
            f"{name}, {dtype}: {what} / bare pass", ask, bare, 1 / limit if limit else float("inf"), rounds=3
        )
        rate, share = count / ratio.seconds, 1 / ratio.median
        print(
            f"  {what}, from text: {rate:9,.0f} sentences a second, {share:.2f} of the bare pass on tokens that lie there "
            f"({rate / share:,.0f}), limit {limit or 'none'}"
        )
        found.append(ratio)
    began = time.perf_counter()
    model.tokenizer.arrays(texts)
    print(f"  tokenising alone: {count / (time.perf_counter() - began):9,.0f} sentences a second", flush=True)
    return found


def half_on_cpu(count: int) -> list[Ratio]:
    """bfloat16 against float32 on the CPU."""
    texts = sentences(count)
    spans = np.array([(m.sentence_index, m.start, m.end) for m in ctxcore.find("ran", texts)])
    full, half = (random_model("minilm-l6", "cpu", dtype) for dtype in ("float32", "bfloat16"))
    gains = bool(torch.cpu._is_amx_tile_supported())
    if not gains:
        print("\nThis CPU has no matrix unit for bfloat16 (AMX): a gain is not asked of it.")
    return [
        paired(
            f"bfloat16 / float32 on the CPU, {torch.get_num_threads()} threads",
            lambda: half.span_vectors(texts, spans, half.layers),
            lambda: full.span_vectors(texts, spans, full.layers),
            1 / _OF_FLOAT32 if gains else float("inf"),
            rounds=3,
        )
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sentences", type=int, help="for the rates; 20,000 on a GPU, 300 on a CPU")
    count, device = parser.parse_args().sentences, devices.place().device
    if device == "cpu":
        print(f"There is no GPU here: half precision on the CPU, and smaller numbers. torch {torch.__version__}")
    else:
        name = torch.cuda.get_device_name(0) if device == "cuda" else device
        print(f"{name}, torch {torch.__version__}, {torch.get_num_threads()} threads beside it")
    agreed = [agreement(name, device) for name in ("minilm-l6", "smollm2-135m")]
    ratios: list[Ratio] = []
    if device == "cpu":
        ratios += rates("minilm-l6", device, "float32", count or 300, None)
    else:
        for size, dtype, many, limit in (
            ("BERT-base size", "float32", count or 20_000, _OF_BARE),
            ("BERT-base size", "bfloat16", count or 20_000, None),
            ("minilm-l6", "float32", count or 20_000, None),
            ("LLaMA 1B size", "bfloat16", (count or 20_000) // 5, None),
        ):
            ratios += rates(size, device, dtype, many, limit)
            gc.collect()
            devices.release(device)
    ratios += half_on_cpu(300)
    print()
    if not all(agreed):
        print("An answer on the device is not the one of the CPU: MISSED above.")
    report(ratios)
    sys.exit(0 if all(agreed) else 1)


if __name__ == "__main__":
    main()
