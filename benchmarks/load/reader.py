"""A reader of the dashboard: opens a page, types, changes pages, models and layers, and takes figures away."""

from __future__ import annotations

import asyncio
import io
import json
import random
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlencode

from benchmarks.load.answers import FIRST, Answer, workspace_of
from benchmarks.load.tab import PATIENCE, LostError, Shown, Tab
from ctxcore.models.catalogue import title_of
from dashboard import links
from dashboard.examples import default, example
from dashboard.links import LEAVES

MODELS = ("minilm-l6", "smollm2-135m")
_NOUNS = (
    "dog", "horse", "boy", "girl", "river", "program", "script", "machine", "mayor", "clerk", "nurse", "motor", "clock", "story",
    "rumour", "engine", "train", "child", "soldier", "woman", "teacher", "company", "printer", "printing press", "old man", "tiger",
)  # fmt: skip
_ENDINGS = (
    "away", "late", "all night", "home", "without errors", "out of money", "the shop", "a small firm", "very fast", "for office",
    "on time", "dry", "the whole test", "into the woods", "down the hill", "past the church", "quickly", "successfully",
)  # fmt: skip
_NEAR = ("king", "river", "music", "doctor", "paris", "winter", "python", "bank", "summer", "engine", "bread", "moon")
_FIELD = {
    "idea": "sentences", "word": "sentences", "steps": "focus", "heads": "focus", "moving": "prompts", "next": "prompts",
    "unseen": "tested", "relations": "near",
}  # fmt: skip
PAGES = tuple(page for page in _FIELD if page != "moving")
"""That readers go to: what is asked on the other one is heavy."""
_MOST_SENTENCES = 27
_FORMATS = {
    "HTML": b"<!doctype html>", "CSV": b"", "JSON": b"{", "Python": b"import", "SVG": b"<svg", "PNG": b"\x89png", "PDF": b"%pdf",
}  # fmt: skip
"""How files begin, in small letters."""
_TABLES = ("vectors.tsv", "metadata.tsv", "vectors.parquet", "vectors.npz")
MIX = {"edit": 52, "page": 17, "model": 8, "layer": 8, "export": 15}
MIXES = {"all": MIX, "edit": {"edit": 1}, "heavy": MIX | {"heavy": 2}}
"""How often a reader does what."""


@dataclass
class Done:
    """One thing that a reader did.

    Attributes:
        what: ``open``, or one of :data:`MIX`.
        at: When it began, by :func:`time.perf_counter`.
        seconds: How long until the page had settled.
        answer: What then stood there.
        lost: Why there was no answer.
        failed: What the page said had gone wrong.
    """

    what: str
    at: float
    seconds: float = 0.0
    answer: Answer | None = None
    lost: str = ""
    failed: str = ""


class Reader:
    """One reader, whose choices follow from a number.

    Attributes:
        done: Everything that was done, in order.
    """

    def __init__(
        self, address: str, number: int, mix: dict[str, int], think: tuple[float, float], pages: tuple[str, ...] = PAGES
    ) -> None:
        self.tab = Tab(address)
        self.number = number
        self.random = random.Random(number)
        self.done: list[Done] = []
        self.page = FIRST
        self.chosen: dict[str, Any] = {}
        self._mix, self._think, self._pages = mix, think, pages

    async def open(self) -> None:
        """Every second one by the plain address, the others by a link that carries sentences of their own."""
        self.page, query = FIRST if FIRST in self._pages else "word", ""
        if self.number % 2:
            self.page = "word"
            workspace = example(self.random.choice(("ran", "bank", "spring")))
            self.chosen = {"word": workspace.word, "sentences": workspace.sentences}
            query = urlencode(links.query_of(workspace), doseq=True)
        await self._timed("open", lambda: self._open(query))

    async def _open(self, query: str) -> None:
        await self.tab.open("" if self.page == FIRST else self.page, query)
        await self.tab.settled(2 * PATIENCE)

    async def read(self, until: float) -> None:
        """Think and do, until a moment (:func:`time.perf_counter`)."""
        while True:
            await asyncio.sleep(self.random.uniform(*self._think))
            if time.perf_counter() > until:
                return
            await self.act(self.random.choices(list(self._mix), list(self._mix.values()))[0])

    async def act(self, what: str) -> None:
        """Do one thing, and note what came of it. After a lost answer the reader opens the page anew, as a person would."""
        await self._timed(what, getattr(self, f"_{what}"))
        if self.done[-1].lost:
            await self.come_back()

    async def come_back(self) -> None:
        """Open the page anew by its address, as a reload does. What had come into the address has to be there."""
        await self.tab.close()
        revived, query = self.tab.revived, self.tab.query
        self.tab = Tab(self.tab.address)
        self.tab.revived, workspace = revived, workspace_of(query)
        self.chosen = {name: LEAVES[name].of(workspace) for name in self.chosen}
        await self._timed("reload", lambda: self._open(query))

    async def _timed(self, what: str, do: Callable[[], Awaitable[object]]) -> None:
        done = Done(what, time.perf_counter())
        self.done.append(done)
        try:
            await do()
        except LostError as error:
            done.lost = f"{what} on {self.page}: {error}"
            return
        finally:
            done.seconds = time.perf_counter() - done.at
        done.failed = self._failed()
        done.answer = self._answer()

    def _failed(self) -> str:
        """What the page shows as an error; empty where it shows none."""
        raised = [f"{s.value.type}: {s.value.message}" for s in self.tab.all("exception")]
        said = [s.value.body for s in self.tab.all("alert") if s.value.format == s.value.ERROR]
        return "; ".join([*raised, *said])[:300]

    def _answer(self) -> Answer:
        figures = tuple((s.key, s.value.spec) for s in self.tab.all("plotly_chart"))
        metrics = tuple((s.value.label, s.value.body) for s in self.tab.all("metric"))
        return Answer(self.page, self.tab.query, figures, metrics, tuple(self.chosen.items()))

    def _new(self) -> str:
        return (
            f"The {self.random.choice(_NOUNS)} ran {self.random.choice(_ENDINGS)} {self.random.randrange(1000)} times."
        )

    async def _edit(self) -> None:
        name = _FIELD[self.page]
        field = _text(self.tab, name)
        if name == "sentences":
            before = self.chosen.get("sentences", default().sentences)
            lines = before if len(before) < _MOST_SENTENCES else before[:12]
            self.chosen["sentences"] = (*lines, self._new())
            text = "\n".join(self.chosen["sentences"])
        elif name == "prompts":
            text = f"The {self.random.choice(_NOUNS)} number {self.random.randrange(1000)} ran"
            first = self.chosen.get("prompts", default().prompts)[0]
            self.chosen["prompts"] = (first, text)
        else:
            text = self.random.choice(_NEAR) if name == "near" else self._new()
            self.chosen[name] = text
        await self.tab.set(field, string_value=text)

    async def _page(self) -> None:
        await self.go(self.random.choice([page for page in self._pages if page != self.page]))

    async def go(self, page: str) -> None:
        """Another page."""
        self.page = page
        await self.tab.go("" if page == FIRST else page)
        if page == "steps":  # a head of the model, not the three words by hand
            await self.choose("steps_real", -1)

    async def _model(self) -> None:
        picker = self.tab.find("selectbox", "model_picker")
        if picker is None:  # this page asks the decoder, whatever was chosen
            await self._edit()
            return
        now = picker.value.options[picker.value.default]
        name = next(name for name in MODELS if title_of(name) != now)
        self.chosen["model"] = name
        self.chosen.pop("layer", None)
        await self.tab.set(picker, string_value=title_of(name))

    async def _layer(self) -> None:
        if slider := self.tab.find("slider", "layer_picker"):
            last = int(slider.value.max)
            layer = self.random.choice([n for n in range(last + 1) if n != self.chosen.get("layer", last)])
            self.chosen["layer"] = layer
            await self.tab.set(slider, double_array_value=[float(layer)])
        elif picker := self.tab.find("selectbox", "head_layer"):
            await self.tab.set(picker, string_value=self.random.choice(list(picker.value.options)))
        else:
            await self._edit()

    async def _export(self) -> None:
        figures = [s.key.removeprefix("take_") for s in self.tab.all("popover") if s.key.startswith("take_")]
        if not figures:
            await self._edit()
            return
        name = self.random.choice(figures)
        await self.export(name, self.random.choice(list(_FORMATS)[:4]))

    async def export(self, figure: str, format: str) -> bytes:
        """Open the pop-over of a figure, choose the format, take the file, close the pop-over."""
        await self.tab.set(self.tab.get("popover", f"take_{figure}"), bool_value=True)
        await self.choose(f"format_{figure}", format)
        data = await self.download(f"download_{figure}")
        if not data.lower().startswith(_FORMATS[format]) or not data:
            raise LostError(f"{figure} as {format} begins with {data[:40]!r}")
        if format == "JSON":
            json.loads(data)
        await self.tab.set(self.tab.get("popover", f"take_{figure}"), bool_value=False)
        return data

    async def choose(self, key: str, option: str | int) -> None:
        """An option of a row of buttons, by what stands on it or its place."""
        row = self.tab.get("button_group", key)
        texts = [option.content for option in row.value.options]
        text = texts[option] if isinstance(option, int) else option
        if [texts[i] for i in row.value.default] != [text] or row.value.set_value:
            await self.tab.set(row, string_array_value=[text])

    async def download(self, key: str) -> bytes:
        """The file that a button gives, fetched as a browser fetches it."""
        return await self.fetch(await self.tab.file(self.tab.get("download_button", key)))

    async def fetch(self, address: str) -> bytes:
        """A file of the server."""
        try:
            return await asyncio.to_thread(_fetch, address)
        except urllib.error.HTTPError as error:
            raise LostError(f"a download ends with {error.code}") from None
        except OSError as error:
            raise LostError(f"a download broke: {error}") from None

    async def _heavy(self) -> None:
        await getattr(self, f"_press_{self.random.choice(['report', 'moved', 'train', 'patch'])}")()

    async def heavy(self, kind: str) -> None:
        """Press a heavy button and wait until it is answered, or refused with a sentence."""
        await self._timed("heavy", getattr(self, f"_press_{kind}"))

    async def downloads(self, times: int) -> None:
        """So many of each kind, on the page that has all kinds."""
        await self.go("word")
        for _ in range(times):
            for format in _FORMATS:
                await self._timed("download", partial(self.export, "static", format))
            for name in _TABLES:
                await self._timed("download", partial(self.download, f"exchange_{name}"))

    async def _press_report(self) -> None:
        await self.tab.set(self.tab.get("checkbox", "everything"), bool_value=True)
        data = await self._made("html")
        if data is not None and not data.lower().startswith(b"<!doctype html>"):
            raise LostError(f"the report begins with {data[:40]!r}")
        await self.tab.set(self.tab.get("checkbox", "everything"), bool_value=False)

    async def _press_everything(self) -> None:
        await self.tab.set(self.tab.get("checkbox", "everything"), bool_value=True)
        data = await self._made("zip")
        if data is not None and zipfile.ZipFile(io.BytesIO(data)).testzip() is not None:
            raise LostError("a damaged file of everything")

    async def _made(self, form: str) -> bytes | None:
        """The file, once it is made; None where it was refused with a sentence."""
        if not self.tab.find("download_button", f"take_{form}"):
            await self.tab.set(self.tab.get("button", f"make_{form}"), wait=False, trigger_value=True)
            await self.tab.settled(
                15 * PATIENCE, lambda: bool(self.tab.find("download_button", f"take_{form}") or self._failed())
            )
            await self.tab.settled()
        if not self.tab.find("download_button", f"take_{form}"):
            return None
        return await self.download(f"take_{form}")

    async def _press_moved(self) -> None:
        await self.go("heads")
        self.chosen["focus"] = f"{self._new()[:-1]} because {self._new()[4:-1]} and nobody in the whole town saw it."
        await self.tab.set(_text(self.tab, "focus"), string_value=self.chosen["focus"])
        await self.choose("heads_panel", "Which words moved it?")
        await self._measured()
        await self.choose("heads_panel", 0)

    async def _press_train(self) -> None:
        await self.go("relations")
        await self.choose("space_panel", -1)
        await self._measured(lambda shown: shown.value.label == "Train")
        await self.choose("space_panel", 0)

    async def _press_patch(self) -> None:
        await self.go("moving")
        await self._edit()
        await self._measured()

    async def _measured(self, which: Callable[[Shown], bool] = lambda shown: shown.key.startswith("measure_")) -> None:
        """Press what asks to be pressed, and wait for it."""
        if button := next((shown for shown in self.tab.all("button") if which(shown)), None):
            await self.tab.set(button, wait=False, trigger_value=True)
        await self.tab.settled(15 * PATIENCE)


def _text(tab: Tab, name: str) -> Shown:
    """The text field of a workspace's field; of two the second."""
    kind = "text_area" if name == "sentences" else "text_input"
    return tab.get(kind, f"editor_{name}_2" if name == "prompts" else f"editor_{name}")


def _fetch(address: str) -> bytes:
    with urllib.request.urlopen(address, timeout=PATIENCE) as answer:
        data: bytes = answer.read()
        if len(data) != int(answer.headers.get("Content-Length") or len(data)):
            raise OSError("cut off")
        return data
