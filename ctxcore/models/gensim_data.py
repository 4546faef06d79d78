"""Static vectors that gensim offers for download. Only the data are fetched, never the code that comes with them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from ctxcore.models import downloads
from ctxcore.models.cache_dir import cache_folder, readable
from ctxcore.models.names import local_path
from ctxcore.progress import Progress, silent

_PDDL, _UNSTATED = "PDDL-1.0", ""


@dataclass(frozen=True)
class Download:
    """One space on offer.

    Attributes:
        id: Its name in gensim-data.
        words: How many words it has.
        features: Length of a vector.
        size: Bytes to fetch.
        md5: The checksum that gensim-data states.
        licence: As gensim-data states it; empty where it states none.
        description: One line for the reader.
    """

    id: str
    words: int
    features: int
    size: int
    md5: str
    licence: str
    description: str


_WIKI, _TWITTER = "GloVe, Wikipedia 2014 and Gigaword 5, lower case", "GloVe, two billion tweets, lower case"
# Names, sizes and checksums as the list of gensim-data states them.
DOWNLOADS: dict[str, Download] = {
    one.id: one
    for one in (
        Download("word2vec-google-news-300", 3_000_000, 300, 1_743_563_840, "a5e5354d40acb95f9ec66d5977d140ef", _UNSTATED,
                 "word2vec, 100 billion words of news, with phrases (Mikolov et al. 2013)"),
        Download("glove-wiki-gigaword-50", 400_000, 50, 69_182_535, "c289bc5d7f2f02c6dc9f2f9b67641813", _PDDL, _WIKI),
        Download("glove-wiki-gigaword-100", 400_000, 100, 134_300_434, "40ec481866001177b8cd4cb0df92924f", _PDDL, _WIKI),
        Download("glove-wiki-gigaword-200", 400_000, 200, 264_336_934, "59652db361b7a87ee73834a6c391dfc1", _PDDL, _WIKI),
        Download("glove-wiki-gigaword-300", 400_000, 300, 394_362_229, "29e9329ac2241937d55b852e8284e89b", _PDDL, _WIKI),
        Download("glove-twitter-25", 1_193_514, 25, 109_885_004, "50db0211d7e7a2dcd362c6b774762793", _PDDL, _TWITTER),
        Download("glove-twitter-50", 1_193_514, 50, 209_216_938, "c168f18641f8c8a00fe30984c4799b2b", _PDDL, _TWITTER),
        Download("glove-twitter-100", 1_193_514, 100, 405_932_991, "b04f7bed38756d64cf55b58ce7e97b15", _PDDL, _TWITTER),
        Download("glove-twitter-200", 1_193_514, 200, 795_373_100, "e52e8392d1860b95d5308a525817d8f9", _PDDL, _TWITTER),
        Download("fasttext-wiki-news-subwords-300", 999_999, 300, 1_005_007_116, "de2bb3a20c46ce65c9c131e1ad9a77af",
                 "CC-BY-SA-3.0", "fastText, Wikipedia 2017 and news"),
        Download("conceptnet-numberbatch-17-06-300", 1_917_247, 300, 1_225_497_562, "fd642d457adcd0ea94da0cd21b150847",
                 "CC-BY-SA-4.0", "ConceptNet Numberbatch; its entries read /c/en/word"),
        Download("word2vec-ruscorpora-300", 184_973, 300, 208_427_381, "9bdebdc8ae6d17d20839dd9b5af10bc4", "CC-BY-4.0",
                 "word2vec, Russian National Corpus; its entries read word_NOUN"),
    )
}  # fmt: skip


def fetched(name: str, progress: Progress = silent) -> Path:
    """The file of a space on offer: where gensim has put it, else where it was fetched to, else from the network.

    ``gensim.downloader.load`` would fetch a Python module along with the data; here the data alone are fetched.

    Raises:
        OfflineError: It is not on this computer and the network is not reached.
        ModelError: The server refuses, or what came has another checksum.
    """
    offered = DOWNLOADS[name]
    theirs = local_path(os.environ.get("GENSIM_DATA_DIR") or "~/gensim-data") / name / f"{name}.gz"
    ours = cache_folder() / "gensim-data" / f"{name}.gz"
    for file in (theirs, ours):
        if file.is_file():
            return file

    def told(done: int) -> None:
        share = min(1.0, done / offered.size)
        progress(0.01 + 0.6 * share, f"Fetching {name}: {readable(done)} of {readable(offered.size)}")

    there = ours.with_name(f"{ours.name}.part")
    downloads.make_room(ours.parent, offered.size - (there.stat().st_size if there.is_file() else 0))
    with FileLock(f"{ours}.lock"):
        if not ours.is_file():
            downloads.fetch(_url(name), ours, size=offered.size, digest=("md5", offered.md5), told=told)
    return ours


def _url(name: str) -> str:
    from gensim.downloader import DOWNLOAD_BASE_URL

    return f"{DOWNLOAD_BASE_URL}/{name}/{name}.gz"
