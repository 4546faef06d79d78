"""A Hugging Face model by id and revision: what it has, what is fetched of it, and where that is kept."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from ctxcore.errors import BadInputError, ModelError, OfflineError
from ctxcore.models import downloads, folders, kept, kinds
from ctxcore.models.cache_dir import cache_folder, readable
from ctxcore.progress import Progress, silent

_ID = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?")
_REVISION = re.compile(r"[A-Za-z0-9][\w./-]*")
_PART = re.compile(r"model-\d+-of-\d+\.safetensors")
_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class Name:
    """``hub:<id>@<revision>``, and ``#<file>.gguf`` behind it where one packed file is meant.

    Attributes:
        id: Owner and repository.
        revision: A branch, tag or commit.
        gguf: The GGUF file, if one is asked for.
    """

    id: str
    revision: str = "main"
    gguf: str = ""

    def __str__(self) -> str:
        return f"hub:{self.id}@{self.revision}" + (f"#{self.gguf}" if self.gguf else "")


@dataclass(frozen=True)
class HubModel:
    """What would be fetched.

    Attributes:
        name: Its name, with the commit that the revision stands for now.
        files: Name, size in bytes and SHA-256 (empty where the server tells none) of each file.
        licence: As its page states it, else empty.
        parameters: Numbers in its weights, where the hub tells; else 0.
    """

    name: Name
    files: tuple[tuple[str, int, str], ...]
    licence: str
    parameters: int = 0

    @property
    def size(self) -> int:
        """Bytes to fetch."""
        return sum(size for _, size, _ in self.files)


def parse(name: str) -> Name:
    """The parts of ``hub:<id>@<revision>#<file>.gguf``.

    Raises:
        BadInputError: It is not of this form.
    """
    rest, _, gguf = name.removeprefix("hub:").partition("#")
    id, _, revision = rest.partition("@")
    revision = revision or "main"
    proper = _ID.fullmatch(id) and _REVISION.fullmatch(revision) and ".." not in rest
    file = not gguf or (kinds.is_gguf(gguf) and gguf.isprintable() and "/" not in gguf and not gguf.startswith("."))
    if not proper or not file:
        raise BadInputError(
            "A Hugging Face model is named hub:<owner>/<name>@<revision>, with #<file>.gguf for one packed file.",
            repr(name),
            "For example hub:distilbert/distilbert-base-uncased@main.",
        )
    return Name(id, revision, gguf)


def look_up(name: str) -> HubModel:
    """Ask the hub what a model has. Nothing is fetched.

    Raises:
        BadInputError: The name is not of the form.
        OfflineError: The network is not reached within a few seconds, or HF_HUB_OFFLINE is set.
        ModelError: There is no such model, or it has no weights that are read here.
    """
    from huggingface_hub import HfApi, constants

    asked = parse(name)
    with downloads.asking(str(asked)):
        api = HfApi(endpoint=constants.ENDPOINT)
        found = api.model_info(asked.id, revision=asked.revision, files_metadata=True, timeout=downloads.PATIENCE)
    files = {f.rfilename: (f.size or 0, f.lfs.sha256 if f.lfs else "") for f in found.siblings or ()}
    licences = [tag.removeprefix("license:") for tag in found.tags or () if tag.startswith("license:")]
    chosen = tuple((n, *files[n]) for n in wanted(list(files), asked))
    name_of_commit = Name(asked.id, found.sha or asked.revision, asked.gguf)
    parameters = int(getattr(found.safetensors, "total", 0) or 0)
    return HubModel(name_of_commit, chosen, licences[0] if licences else "", parameters)


def wanted(files: Sequence[str], name: Name) -> list[str]:
    """Of all files of a repository those that are fetched: configuration, tokenizer, and safetensors or the GGUF file.

    Raises:
        ModelError: It has no such weights.
    """
    plain = [f for f in files if f in folders.BESIDE or f in folders.TOKENIZERS]
    packed = [f for f in files if kinds.is_gguf(f) and not kinds.is_part(f)]
    if name.gguf:
        if kinds.is_part(name.gguf):
            raise folders.refused(str(name), "one part of a GGUF file in several", kinds.MERGE)
        if name.gguf not in packed:
            raise folders.refused(str(name), "no such GGUF file", f"It has: {', '.join(packed[:8]) or 'none'}.")
        return [name.gguf]
    if "model.safetensors" in files:
        return [*plain, "model.safetensors"]
    parts = sorted(f for f in files if _PART.fullmatch(f))
    if parts:
        return [*plain, "model.safetensors.index.json", *parts]
    if packed:
        raise folders.refused(str(name), "GGUF files only", f"Choose one of them: {', '.join(packed[:8])}.")
    if any(kinds.is_gguf(f) for f in files):
        raise folders.refused(str(name), "GGUF files in parts only", kinds.MERGE)
    raise folders.refused(str(name), *kinds.instead(files))


def fetched(name: str, progress: Progress = silent) -> Path:
    """The folder (or GGUF file) of a hub model, from this computer where it is there, else from the network.

    Raises:
        OfflineError: It is not on this computer and the network is not reached.
        ModelError: There is no such model, or it has no weights that are read here.
    """
    asked = parse(name)
    progress(0.01, "Looking for the model on this computer")
    if _COMMIT.fullmatch(asked.revision):  # a commit never changes: nobody need be asked
        there = _kept(asked, asked.revision) or _in_hub_cache(asked)
        if there is not None:
            return there
    try:
        found = look_up(name)
    except OfflineError:
        there = _kept(asked, _noted(asked)) or _in_hub_cache(asked)
        if there is not None:
            return there
        if (folder := _folder(asked, _noted(asked) or asked.revision)).is_dir():
            raise OfflineError(f"{asked}, whose copy {folder} is damaged") from None
        raise
    return _kept(asked, found.name.revision) or _in_hub_cache(found.name) or _fetch(asked, found, progress)


def _folder(asked: Name, commit: str) -> Path:
    return cache_folder() / "hub" / f"{asked.id.replace('/', '--')}--{commit}{'--' + asked.gguf if asked.gguf else ''}"


def _kept(asked: Name, commit: str) -> Path | None:
    """Where a commit lies, if it was fetched and is whole."""
    folder = _folder(asked, commit)
    return (folder / asked.gguf if asked.gguf else folder) if _whole(folder) else None


def _whole(folder: Path) -> bool:
    """Is a fetched folder as it was sealed? One from before there were seals is taken as it stands, and sealed."""
    if folder.is_dir() and not (folder / kept.SEAL).exists() and all(file.is_file() for file in folder.iterdir()):
        with contextlib.suppress(OSError):
            kept.seal(folder)
        return True
    return kept.is_whole(folder)


def _noted(asked: Name) -> str:
    """The commit that a branch stood for when it was last fetched."""
    note = _note(asked)
    return note.read_text(encoding="utf-8") if note.is_file() else ""


def _note(asked: Name) -> Path:
    return cache_folder() / "hub" / f"{asked.id.replace('/', '--')}@{asked.revision.replace('/', '--')}.commit"


def _in_hub_cache(asked: Name) -> Path | None:
    """The folder in Hugging Face's own cache, where another program has put the model, if it is whole."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    patterns = [asked.gguf] if asked.gguf else [*folders.BESIDE, *folders.TOKENIZERS, "model*.safetensors*"]
    try:
        found = snapshot_download(asked.id, revision=asked.revision, local_files_only=True, allow_patterns=patterns)
        folder = Path(found)
        place = folder / asked.gguf if asked.gguf else folder
        return place if folders.look_into(place) else None
    except (HFValidationError, LocalEntryNotFoundError, ModelError):
        return None


def _fetch(asked: Name, found: HubModel, progress: Progress) -> Path:
    """All files into one folder that has its final name only when they are all there."""
    from huggingface_hub import constants, hf_hub_url
    from huggingface_hub.utils import build_hf_headers

    folder = _folder(asked, found.name.revision)
    work, before = folder.with_name(f"{folder.name}.part"), 0
    there = sum(file.stat().st_size for file in work.iterdir()) if work.is_dir() else 0
    downloads.make_room(folder.parent, found.size - there)
    with FileLock(f"{folder}.lock"):
        if folder.is_dir() and not _whole(folder):
            progress(0.02, f"The copy {folder} is damaged: it is fetched anew")
            shutil.rmtree(folder)
        for file, size, sha256 in found.files if not folder.is_dir() else ():

            def told(done: int, file: str = file, before: int = before) -> None:
                share = min(1.0, (before + done) / max(1, found.size))
                so_far = f"{readable(before + done)} of {readable(found.size)}"
                progress(0.02 + 0.8 * share, f"Fetching {file}: {so_far}")

            if not (work / file).is_file():
                url = hf_hub_url(asked.id, file, revision=found.name.revision, endpoint=constants.ENDPOINT)
                digest = ("sha256", sha256) if sha256 else None
                headers = build_hf_headers()
                downloads.fetch(url, work / file, size=size or None, digest=digest, headers=headers, told=told)
            before += size
        if not folder.is_dir():
            with downloads.asking(str(asked)):  # a disk that is full by now is said so
                # Where a folder of one's own says its licence, so does this one.
                (work / "README.md").write_text(f"---\nlicense: {found.licence or 'unknown'}\n---\n", encoding="utf-8")
                kept.seal(work)
                os.replace(work, folder)
    with contextlib.suppress(OSError):  # without it, the branch is looked up again
        _note(asked).write_text(found.name.revision, encoding="utf-8")
    return folder / asked.gguf if asked.gguf else folder
