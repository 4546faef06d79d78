"""The tokenizer of a folder is what its files say: compared with the file itself, read by nothing but the tokenizers library."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from ctxcore import ModelError, load_model
from ctxcore.models import tokenizer_files
from ctxcore.models.folders import look_into
from tests import tiny_models

PROBES = [
    "The dog ran home", "the DOG Ran", "  two  blanks ", "caf\u00e9 Cafe\u0301 f\u00fcr", "It's 2024, isn't it?", "a\tb\nc",
    "\u4eca\u5929\u4e0b\u96e8\u3002", "\u041c\u043e\u0441\u043a\u0432\u0430", "\U0001f600 ran", "x\u00a0y", "[MASK] <s>", "",
]  # fmt: skip
TEXT = "The dog ran home in 2024, it's a caf\u00e9 f\u00fcr the Dog. Paris paris isn't 12 bones. "
WORDS = (
    "[PAD] [UNK] [CLS] [SEP] [MASK] paris Paris the The dog Dog ran caf ##e ##\u00e9 cafe caf\u00e9 f\u00fcr fur , ."
)


def byte_level(lower: bool = False, digits: bool = False) -> Tokenizer:
    made = Tokenizer(models.BPE())
    cuts = [pre_tokenizers.Digits(individual_digits=True)] if digits else []
    made.pre_tokenizer = pre_tokenizers.Sequence([*cuts, pre_tokenizers.ByteLevel(add_prefix_space=False)])
    made.decoder = decoders.ByteLevel()
    if lower:
        made.normalizer = normalizers.Lowercase()
    trainer = trainers.BpeTrainer(
        vocab_size=330,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=["<|endoftext|>", "<s>", "</s>", "<unk>"],
        show_progress=False,
    )
    made.train_from_iterator([TEXT], trainer)
    return made


def word_piece(lower: bool, accents: bool) -> Tokenizer:
    vocabulary = {word: number for number, word in enumerate(WORDS.split())}
    made = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer(lowercase=lower, strip_accents=not accents)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    made.add_special_tokens(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])
    return made


def written(folder: Path, made: Tokenizer, family: str, config: dict[str, Any] | None) -> Path:
    made.save(str(folder / "tokenizer.json"))
    (folder / "config.json").write_text(json.dumps({"model_type": family}))
    if config is not None:
        (folder / "tokenizer_config.json").write_text(json.dumps(config))
    return folder


def assert_the_files_own(folder: Path) -> Any:
    """Ids and spans of every probe are those that the file gives by itself."""
    found, own = tokenizer_files.read(folder), Tokenizer.from_file(str(folder / "tokenizer.json"))
    for special in (True, False):
        for text in PROBES:
            ours = found(text, add_special_tokens=special, return_offsets_mapping=True)
            theirs = own.encode(text, add_special_tokens=special)
            assert ours["input_ids"] == theirs.ids, text
            assert [tuple(span) for span in ours["offset_mapping"]] == theirs.offsets
    return found


@pytest.mark.parametrize(
    "config", [None, {}, {"tokenizer_class": "BertTokenizer"}, {"tokenizer_class": "BertTokenizerFast"}]
)
@pytest.mark.parametrize(("lower", "accents"), [(False, True), (True, True), (True, False)])
def test_a_word_piece_file_keeps_its_case_and_accents(
    tmp_path: Path, config: dict[str, Any] | None, lower: bool, accents: bool
) -> None:
    found = assert_the_files_own(written(tmp_path, word_piece(lower, accents), "bert", config))
    assert found.tokenize("Paris f\u00fcr") == [("paris" if lower else "Paris"), ("f\u00fcr" if accents else "fur")]
    # What no file names has the family's name, since the file knows it.
    assert (found.mask_token, found.unk_token, found.pad_token_id) == ("[MASK]", "[UNK]", 0)


@pytest.mark.parametrize("family", ["qwen2", "qwen3", "gpt2", "phi", "gpt_neox", "starcoder2", "roberta", "opt"])
@pytest.mark.parametrize("named", [None, "PreTrainedTokenizerFast", "Qwen2Tokenizer", "GPT2Tokenizer"])
def test_a_byte_level_file_keeps_its_rules_in_every_family(tmp_path: Path, family: str, named: str | None) -> None:
    config = None if named is None else {"tokenizer_class": named, "eos_token": "<|endoftext|>"}
    found = assert_the_files_own(written(tmp_path, byte_level(lower=True, digits=True), family, config))
    assert found.tokenize("It's 12 Dogs") == byte_level(lower=True, digits=True).encode("it's 12 dogs").tokens
    if named:
        assert found.eos_token == "<|endoftext|>"


def test_a_name_that_the_file_does_not_know_is_not_given(tmp_path: Path) -> None:
    found = assert_the_files_own(written(tmp_path, byte_level(), "bert", {}))
    assert found.mask_token is None
    assert len(found) == byte_level().get_vocab_size()


def test_a_name_that_the_folder_leaves_out_on_purpose_stays_out(tmp_path: Path) -> None:
    found = tokenizer_files.read(written(tmp_path, word_piece(True, False), "bert", {"mask_token": None}))
    assert (found.mask_token, found.sep_token) == (None, "[SEP]")


def test_qwen2_as_transformers_writes_it_has_its_own_words(tmp_path: Path) -> None:
    tiny_models.save(tmp_path, "qwen2")
    tokens = load_model(str(tmp_path)).tokens(["the dog ran"])[0]
    assert [t.text for t in tokens if not t.special] == ["the", "dog", "ran"]


def vocab_txt(config: dict[str, Any] | None) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        (folder / "vocab.txt").write_text("\n".join(tiny_models.VOCABULARY))
        if config is not None:
            (folder / "tokenizer_config.json").write_text(json.dumps(config))

    return write


def pair(family: str, *names: str) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        byte_level().model.save(str(folder))
        for name in {"vocab.json", "merges.txt"} - set(names):
            (folder / name).unlink()
        config = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps({**config, "model_type": family}))

    return write


def junk(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).write_bytes(b"junk") and None


@pytest.mark.parametrize(
    ("leave", "says"),
    [
        (vocab_txt(None), r"vocab.txt, and no do_lower_case.*Add it, true or false"),
        (vocab_txt({}), r"vocab.txt, and no do_lower_case"),
        (vocab_txt({"do_lower_case": "no"}), r"vocab.txt, and no do_lower_case"),
        (pair("bert", "vocab.json"), r"vocab.json alone does not settle.*tokenizer.json into the folder"),
        (pair("starcoder2", "vocab.json", "merges.txt"), r"do not say how starcoder2 cuts a text"),
        (junk("spiece.model"), r"spiece.model alone does not settle"),
        (junk("tokenizer.model"), r"tokenizer.model alone does not settle"),
        (junk("sentencepiece.bpe.model"), r"sentencepiece.bpe.model alone does not settle"),
        (lambda folder: None, r"no tokenizer\."),
    ],
)
def test_files_that_leave_the_tokens_open_are_not_offered(
    tmp_path: Path, leave: Callable[[Path], None], says: str
) -> None:
    tiny_models.save(tmp_path)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (tmp_path / name).unlink()
    leave(tmp_path)
    for look in (look_into, load_model):
        with pytest.raises(ModelError, match=says):
            look(str(tmp_path))


@pytest.mark.parametrize(("lower", "expected"), [(True, ["the", "dog"]), (False, ["[UNK]", "dog"])])
def test_a_vocab_txt_that_says_whether_capitals_count_is_read_so(
    tmp_path: Path, lower: bool, expected: list[str]
) -> None:
    tiny_models.save(tmp_path)
    (tmp_path / "tokenizer.json").unlink()
    vocab_txt({"do_lower_case": lower})(tmp_path)
    tokens = load_model(tmp_path).tokens(["The dog"])[0]
    assert [t.text for t in tokens if not t.special] == expected


def test_a_vocabulary_with_its_merges_is_read_in_a_family_of_gpt2s_cuts(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    pair("gpt2", "vocab.json", "merges.txt")(tmp_path)
    found = tokenizer_files.read(tmp_path)
    for text in [probe for probe in PROBES if "<s>" not in probe]:  # a plain vocabulary does not say what is special
        assert found.tokenize(text) == byte_level().encode(text).tokens
