"""Folders and files that lie: each is read with its own values, or refused in our words, and soon; nothing else happens."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from ctxcore import CtxError, ModelError, load_model
from ctxcore.models import folders, headers, hub, kinds, names
from ctxcore.models.reasons import reading, reason, shown
from tests import mutations, tiny_models

FILE, INDEX, CONFIG, TOKENIZER = "model.safetensors", "model.safetensors.index.json", "config.json", "tokenizer.json"
SECONDS = 30
"""A bound that only minutes break: the machine may be busy."""


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    tiny_models.save(folder)
    return folder


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "mine"))


@pytest.fixture(autouse=True)
def _soon() -> Iterator[None]:
    begun = time.process_time()
    yield
    assert time.process_time() - begun < SECONDS


def rewrite(file: Path, **changes: Any) -> None:
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))


def config(**changes: Any) -> Callable[[Path], None]:
    return lambda folder: rewrite(folder / CONFIG, **changes)


def put(name: str, content: bytes) -> Callable[[Path], Any]:
    return lambda folder: (folder / name).write_bytes(content)


def header(change: Callable[[dict[str, Any]], Any]) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        data = (folder / FILE).read_bytes()
        length = int.from_bytes(data[:8], "little")
        found = json.loads(data[8 : 8 + length])
        changed = change(found)
        text = json.dumps(found if changed is None else changed).encode()
        (folder / FILE).write_bytes(len(text).to_bytes(8, "little") + text + data[8 + length :])

    return spoil


def entry(**changes: Any) -> Callable[[Path], None]:
    return header(lambda found: found["pooler.dense.bias"].update(changes))


def index(content: Any) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        (folder / FILE).rename(folder / "a.safetensors")
        (folder / INDEX).write_text(json.dumps(content))

    return spoil


def tokenizer(**changes: Any) -> Callable[[Path], None]:
    return lambda folder: rewrite(folder / TOKENIZER, **changes)


def moved(to: str) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        (folder / to).parent.mkdir(exist_ok=True)
        (folder / FILE).rename(folder / to)

    return spoil


def pipe(name: str) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        (folder / name).unlink(missing_ok=True)
        os.mkfifo(folder / name)

    return spoil


def loop(name: str) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(folder / name)

    return spoil


def all_of(*steps: Callable[[Path], Any]) -> Callable[[Path], None]:
    return lambda folder: [step(folder) for step in steps] and None


POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22e\nsize 1\n"
NO_TABLE = r"no table of tensors and files \(weight_map\)"
NO_PLACE = "pooler.dense.bias has no type, shape and place"
SPLIT = {"type": "Split", "pattern": {"Regex": "(["}, "behavior": "Isolated", "invert": False}

LIES = [
    # what config.json says
    (config(num_hidden_layers="3"), r"num_hidden_layers should be int and is '3'"),
    (config(num_hidden_layers=1_000_000), r"num_hidden_layers is 1000000, beside 55 tensors"),
    (config(num_hidden_layers=4000), r"num_hidden_layers is 4000, beside 55 tensors"),
    (config(num_hidden_layers=10**15), r"num_hidden_layers is 1000000000000000"),
    (config(num_hidden_layers=0), r"num_hidden_layers is 0"),
    (config(num_hidden_layers=-3), r"num_hidden_layers is -3"),
    (config(model_type="mixtral", num_local_experts=4000), r"num_local_experts is 4000"),
    (config(model_type="llava", text_config={"model_type": "llama", "num_hidden_layers": 4000}), r"_layers is 4000"),
    (config(num_attention_heads=0), r"num_attention_heads is 0"),
    (config(num_attention_heads=5), r"no network that can be built \(The hidden size \(32\) is not a multiple"),
    (config(hidden_size=10**9, num_attention_heads=10), r"config.json describes [\d,]{20,} numbers, the weights hold 25,680"),
    (config(vocab_size=10**15), r"config.json describes [\d,]+ numbers"),
    (config(max_position_embeddings=10**12), r"config.json describes [\d,]+ numbers"),
    (config(vocab_size=30), r"word_embeddings.weight is 22 \u00d7 32 in the weights and 30 \u00d7 32 by config.json"),
    (config(pad_token_id=100), r"no network that can be built"),
    (config(hidden_act="nope"), r"'nope' is missing or unknown"),
    (config(model_type="nope"), r"does not know the family nope"),
    (config(architectures=5), r"config.json says architectures is 5"),
    (config(architectures=["BertModel", 5]), r"config.json says architectures is \["),
    (config(model_type=["bert"]), r"config.json says model_type is \[\"bert\"\]"),
    (config(auto_map=5), r"config.json says auto_map is 5"),
    (config(auto_map=["AutoModel"]), r"config.json says auto_map is \["),
    (put(CONFIG, b"[" * 1_000_000), r"config.json is damaged"),
    (put(CONFIG, b'{"a":' * 900 + b"1" + b"}" * 900), r"config.json|built"),
    (put(CONFIG, b'{"a": "' + b"x" * (2 << 20) + b'"}'), r"config.json has 2.1 MB.*at most 1.0 MB"),
    (put(CONFIG, b"\xff\xfe{"), r"config.json is damaged"),
    (put(CONFIG, POINTER), r"config.json is a Git LFS pointer, not the file itself"),
    (put(CONFIG, b"\n<!DOCTYPE html><html></html>"), r"config.json is a web page"),
    # what the index says
    (index([]), r"index.json is damaged"),
    (index({}), NO_TABLE),
    (index({"weight_map": ["a.safetensors"]}), NO_TABLE),
    (index({"weight_map": {"a": 5}}), NO_TABLE),
    (index({"weight_map": {"a": ["a.safetensors"]}}), NO_TABLE),
    (index({"weight_map": {}}), r"names no file"),
    (index({"weight_map": {"a": "../mine/a.safetensors"}}), r"\.\./mine/a.safetensors is missing"),
    (index({"weight_map": {"a": "/etc/hostname"}}), r"/etc/hostname is missing"),
    # what the header of the weights says
    (entry(shape=[2**62, 2**62]), r"pooler.dense.bias has 128 bytes, which its shape does not fill"),
    (entry(shape=[-32]), NO_PLACE),
    (entry(shape=[1] * 5000), NO_PLACE),
    (entry(shape=[32.0]), NO_PLACE),
    (entry(shape="32"), NO_PLACE),
    (entry(dtype="F99"), NO_PLACE),
    (entry(dtype=["F32"]), NO_PLACE),
    (entry(data_offsets=[-128, 0]), NO_PLACE),
    (entry(data_offsets=[0]), NO_PLACE),
    (entry(data_offsets=[0, 128]), r"its tensors overlap or leave a gap"),
    (entry(data_offsets=[2**40, 2**40 + 128]), r"its tensors overlap or leave a gap"),
    (header(lambda found: found.update(x=5)), r"x has no type, shape and place"),
    (header(lambda found: [found]), r"its header is no table"),
    (header(lambda found: {}), r"damaged: 1\d+ kB|is damaged: \d"),
    (put(FILE, b"\x02" + bytes(7) + b"{}"), r"weights without a tensor"),
    (put(FILE, (2**64 - 1).to_bytes(8, "little") + b"{}"), r"its header is longer than the file"),
    (put(FILE, b"abc"), r"its header is longer than the file"),
    (put(FILE, b""), r"its header is longer than the file"),
    (put(FILE, (17 << 20).to_bytes(8, "little") + b" " * (17 << 20)), r"headers of over 17 MB"),
    (put(FILE, POINTER), r"model.safetensors is a Git LFS pointer"),
    # what the tokenizer's files say
    (put(TOKENIZER, POINTER), r"tokenizer.json is a Git LFS pointer"),
    (put(TOKENIZER, b"{}"), r"tokenizer"),
    (put(TOKENIZER, b"{" * 100_000), r"tokenizer"),
    (put(TOKENIZER, b'{"a": "' + b"x" * (3 << 20) + b'"}'), r"tokenizer.json of 3.1 MB beside weights for at most 48 tokens"),
    (tokenizer(pre_tokenizer=SPLIT), r"tokenizer.*Oniguruma"),
    (tokenizer(model=5), r"tokenizer"),
    (put("tokenizer_config.json", b"[5]"), r"tokenizer_config.json is damaged"),
    (put("tokenizer_config.json", b'{"model_max_length": "40"}'), r"model_max_length is \"40\""),
    (put("tokenizer_config.json", b'{"model_max_length": -1}'), r"model_max_length is -1"),
    (put("special_tokens_map.json", b"nonsense"), r"special_tokens_map.json is damaged"),
    # what is no file at all
    *[(pipe(name), f"{re.escape(name)} is no file") for name in (CONFIG, TOKENIZER, FILE, "vocab.txt", "merges.txt")],
    *[(loop(name), f"{re.escape(name)} is no file") for name in (CONFIG, TOKENIZER, FILE)],
    # weights of another kind
    (moved("adapter_model.safetensors"), r"an adapter \(adapter_model.safetensors\).*Merge it into its base model"),
    (put("adapter_config.json", b'{"base_model_name_or_path": "some/base"}'), r"an adapter.*its base model is some/base\. Merge"),
    (put("adapter_config.json", b"[" * 100_000), r"an adapter \(adapter_config.json\), which only changes another model\. Merge"),
    (moved("model.fp16.safetensors"), r"weights of a variant only \(model.fp16.safetensors\).*Rename"),
    (moved("model.fp16-00001-of-00002.safetensors"), r"weights of a variant only"),
    (moved("model-00001-of-00002.safetensors"), r"weights in parts .* without model.safetensors.index.json"),
    (moved("consolidated.safetensors"), r"weights in the form of their maker.s own program \(consolidated.safetensors\)"),
    (all_of(put("modules.json", b"[]"), moved("0_Transformer/model.safetensors")), r"sentence-transformers.* in 0_Transformer\."),
    (moved("checkpoint-500/model.safetensors"), r"one folder deeper, in checkpoint-500\. Give that folder"),
    (moved("model.onnx"), r"weights for another program only \(model.onnx\)"),
    (moved("tf_model.h5"), r"weights for another program only \(tf_model.h5\)"),
]  # fmt: skip


@pytest.mark.parametrize(("spoil", "says"), LIES)
def test_what_a_folder_says_falsely_is_told(folder: Path, spoil: Callable[[Path], Any], says: str) -> None:
    spoil(folder)
    with pytest.raises(ModelError, match=says) as caught:
        load_model(str(folder))
    assert caught.value.received.startswith(str(folder))
    assert ".." not in str(caught.value).replace("../", "")
    assert "`" not in str(caught.value)


@pytest.mark.parametrize(
    ("names", "says"),
    [
        (["m-00001-of-00002.gguf", "m-00002-of-00002.gguf"], r"one GGUF file in 2 parts: m-00001.*join them into one file"),
        (["M-00001-OF-00003.GGUF"], r"one GGUF file in 1 parts.*join them"),
        (["a.gguf", "b.GGUF"], r"2 GGUF files: a.gguf, b.GGUF. Give the path of one of them"),
    ],
)  # fmt: skip
def test_gguf_files_are_told_from_parts_of_one(tmp_path: Path, names: list[str], says: str) -> None:
    for name in names:
        (tmp_path / name).write_bytes(b"GGUF" + bytes(60))
    with pytest.raises(ModelError, match=says):
        folders.look_into(tmp_path)
    if "parts" in says:
        with pytest.raises(ModelError, match=r"one part of a GGUF file in several.*join them into one file"):
            folders.look_into(tmp_path / names[0])


def test_a_gguf_file_is_known_in_any_case(tmp_path: Path) -> None:
    (tmp_path / "X.GGUF").write_bytes(b"GGUF")
    with pytest.raises(ModelError, match=r"X\.GGUF") as caught:
        load_model(str(tmp_path / "X.GGUF"))
    assert "safetensors" not in caught.value.received


@pytest.mark.parametrize(
    ("files", "name", "says"),
    [
        (["adapter_model.safetensors", "adapter_config.json"], "hub:a/b", r"an adapter.*Merge"),
        (["model.fp16.safetensors", CONFIG], "hub:a/b", r"weights of a variant only"),
        (["onnx/model.onnx", "pytorch_model.bin"], "hub:a/b", r"pickled weights only"),
        (["0_Transformer/model.safetensors", "modules.json"], "hub:a/b", r"one folder deeper, in 0_Transformer"),
        (["m-00001-of-00002.gguf", "m-00002-of-00002.gguf"], "hub:a/b", r"GGUF files in parts only.*join them"),
        (["m-00001-of-00002.gguf"], "hub:a/b#m-00001-of-00002.gguf", r"one part of a GGUF file"),
        ([], "hub:a/b", r"an empty folder"),
    ],
)
def test_what_a_repository_has_instead_is_told(files: list[str], name: str, says: str) -> None:
    with pytest.raises(ModelError, match=says):
        hub.wanted(files, hub.parse(name))


@pytest.mark.parametrize(
    "name", ["~zz/x", "~", "/" + "x" * 300, "/x" * 3000, "./a\x00b", "/proc/stat", "/dev/null", "/dev/zero", "/proc/self/mem",
             ".", "..", "/", "./\u202e", "./\ud800", "~/\n\n"],
)  # fmt: skip
def test_a_path_that_no_model_lies_at_is_one_of_our_errors(name: str) -> None:
    for use in (load_model, folders.look_into):
        with pytest.raises(CtxError) as caught:
            use(name)
        assert len(str(caught.value)) < 1000
        assert str(caught.value).isprintable()
    assert isinstance(folders.fingerprint(name), str)
    assert not names.exists(name) or Path(name).exists() or name == "~"


@pytest.mark.parametrize(
    "name", ["hub:a--b/c@" + "0" * 40, "hub:" + "a" * 300 + "@" + "0" * 40, "hub:\u00e9/b", "hub:a/b@x//y", "hub:a/b.git",
             "hub:a/b@" + "0" * 40 + "#" + "x" * 300 + ".gguf", "hub:a/b#x\n.gguf", "hub:a/b#\x00.gguf", "hub:a-"],
)  # fmt: skip
def test_a_hub_name_that_cannot_be_is_one_of_our_errors(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CTXCORE_CACHE", str(tmp_path))
    with pytest.raises(CtxError) as caught:
        load_model(name)
    assert str(caught.value).isprintable()


def test_a_path_that_leads_round_in_a_circle_is_told(tmp_path: Path) -> None:
    (tmp_path / "round").symlink_to(tmp_path / "round")
    with pytest.raises(ModelError, match=r"round: too many levels of symbolic links"):
        load_model(str(tmp_path / "round"))


def test_a_file_that_may_not_be_read_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(file: Path) -> str:
        raise PermissionError(13, "Permission denied", str(file))

    monkeypatch.setattr(headers, "placeholder", refuse)
    with pytest.raises(ModelError, match=r"config.json cannot be read \(permission denied\)\. Check who may read it"):
        folders.look_into(folder)


@pytest.mark.parametrize("name", ["generation_config.json", "chat_template.jinja", "README.md", "notes.txt"])
def test_what_is_not_read_may_be_anything(folder: Path, name: str) -> None:
    pipe(name)(folder)
    assert load_model(str(folder)).layers == 3


def test_a_tensor_more_than_can_be_read_in_time_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tiny_models.save(tmp_path)
    monkeypatch.setattr(headers, "_MOST", 54)
    with pytest.raises(ModelError, match=r"5\d tensors, where at most 54 are read"):
        folders.look_into(tmp_path)


ADVICE = (
    "You set `ignore_mismatched_sizes` to `False`, thus raising an error. For details look at the above report!",
    "Please install it with `pip install x`.",
    "If this is a private repository, make sure to pass a token",
)


@pytest.mark.parametrize("text", ADVICE)
def test_advice_for_programmers_is_left_out(text: str) -> None:
    assert reason(RuntimeError(text)) == ""
    assert reason(RuntimeError(f"It broke. {text}")) == "It broke"


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (KeyError("added_tokens"), "'added_tokens' is missing or unknown"),
        (OSError(28, "No space left on device"), "the disk is full"),
        (PermissionError(13, "Permission denied", "x"), "permission denied"),
        (RecursionError("maximum recursion depth exceeded"), "it is nested too deeply"),
        (ValueError("Converting from SentencePiece and Tiktoken failed, if a converter for it is available, provide a model path"),
         "no reader for its form is installed"),
        (ValueError("The checkpoint you are trying to load has model type `x1` but Transformers does not recognize it."),
         "the installed transformers does not know the family x1"),
        (TypeError("'int' object is not iterable"), ""),
        (AttributeError("'int' object has no attribute 'items'"), ""),
        (ValueError("one\ntwo   three."), "one two three"),
        (ValueError("first. second."), "first"),
        (ValueError(""), ""),
        (ValueError("x" * 5000), "x" * 160),
        (json.JSONDecodeError("Expecting value", "\n\n x", 3), "no JSON at line 3, column 2"),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"), "no UTF-8 at byte 0"),
    ],
)  # fmt: skip
def test_what_a_library_says_becomes_a_few_words(error: Exception, says: str) -> None:
    assert reason(error) == says


def test_what_is_raised_while_reading_is_ours_and_a_stop_is_not() -> None:
    with pytest.raises(ModelError, match=r"here: it broke\. Do this\.$"), reading("here", "it broke", "Do this."):
        raise ZeroDivisionError
    ours = ModelError("a", "b", "c")
    with pytest.raises(ModelError) as caught, reading("here", "it broke"):
        raise ours
    assert caught.value is ours
    with pytest.raises(KeyboardInterrupt), reading("here", "it broke"):
        raise KeyboardInterrupt
    panic = type("PanicException", (BaseException,), {})
    with pytest.raises(ModelError, match=r"here: it broke \(index out of bounds\)"), reading("here", "it broke"):
        raise panic("index out of bounds")


def test_a_name_is_shown_on_one_line_and_not_at_length() -> None:
    assert shown("a\nb\u202e") == "a\\nb\\u202e"
    assert shown("x" * 300) == "x" * 300
    assert len(shown("x" * 100_000)) < 300
    assert shown("x" * 400 + "end").endswith("end")


@pytest.mark.parametrize(
    ("name", "part"),
    [("a.gguf", False), ("a-00001-of-00002.gguf", True), ("a-1-of-2.gguf", False), ("A-00001-OF-00002.GGUF", True)],
)
def test_parts_are_known_by_their_names(name: str, part: bool) -> None:
    assert (kinds.is_gguf(name), kinds.is_part(name)) == (True, part)


MUTATED = {
    CONFIG: mutations.mutate_json,
    TOKENIZER: mutations.mutate_json,
    "tokenizer_config.json": mutations.mutate_json,
    FILE: mutations.mutate_safetensors,
    INDEX: mutations.mutate_json,
}


@pytest.mark.parametrize("name", MUTATED)
def test_a_spoilt_file_gives_its_own_values_or_one_of_our_errors(folder: Path, name: str) -> None:
    """Another seed than the usual one: ``CTXCORE_SEED=7 pytest ...``; a failure names its own."""
    if name == INDEX:
        places = dict.fromkeys(load_file(folder / FILE), "a.safetensors")
        index({"metadata": {"total_size": 1}, "weight_map": places})(folder)
    original = (folder / name).read_bytes()
    outcomes = set()
    for number in range(25):
        spoilt = MUTATED[name](random.Random(f"{mutations.seed()} {name} {number}"), original)
        (folder / name).write_bytes(spoilt)
        try:
            outcomes.add(_loaded(folder))
        except Exception as error:
            raise AssertionError(
                f"CTXCORE_SEED={mutations.seed()}, {name}, mutation {number}: {spoilt[:300]!r}"
            ) from error
    assert "refused" in outcomes


def _loaded(folder: Path) -> str:
    said = ""
    try:
        network = load_model(str(folder)).network
    except CtxError as error:
        said = str(error)
    if said:
        assert said.isprintable()
        assert len(said) < 1500
        return "refused"
    own = network.state_dict()
    [weights] = folder.glob("*.safetensors")
    for key, tensor in load_file(weights).items():
        assert key not in own or torch.equal(own[key], tensor.float()), key
    return "loaded"


@pytest.mark.parametrize("mutate", [mutations.mutate_json, mutations.mutate_bytes, mutations.mutate_safetensors])
def test_the_same_seed_spoils_in_the_same_way(whole: Path, mutate: mutations.Mutator) -> None:
    data = (whole / (FILE if mutate is mutations.mutate_safetensors else CONFIG)).read_bytes()
    first, second = ([mutate(random.Random(seed), data) for seed in range(20)] for _ in range(2))
    assert first == second
    assert sum(spoilt != data for spoilt in first) > 15
