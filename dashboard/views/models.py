"""Models and data: what is at work, what it takes, and how to open one's own."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from ctxcore import CtxError, StoppedError
from ctxcore.models.cache_dir import readable
from ctxcore.models.catalogue import CATALOGUE, title_of
from ctxcore.models.gensim_data import DOWNLOADS
from ctxcore.pages import PAGES
from dashboard import cache, messages, model_cards, opening, state, widgets
from dashboard.jobs import Job
from dashboard.messages import literal
from dashboard.settings import settings

_ENCODER, _DECODER = "minilm-l6", "smollm2-135m"
_NOWHERE = "~/no-such-model"
_HEADS = {"static": ":orange[Static: one vector per word]", "model": ":blue[Contextual: one vector per occurrence]"}
_JOBS: dict[str, Callable[[str], Job[Any]]] = {"static": cache.static, "model": cache.model}
_HERE, _HUB, _GENSIM = "This computer", "Hugging Face", "gensim-data"
_LIMIT = 200_000
"""How many words of a reader's own vectors are read unless they say otherwise: 240 MB at 300 features."""
_EXAMPLES: list[tuple[str, str, Callable[[], None]]] = [
    ("All pages with the encoder", "It sees both sides of a word.", partial(state.select, "model", _ENCODER)),
    (
        "All pages with the decoder",
        "It sees only what stands left of a word, and predicts the next one.",
        partial(state.select, "model", _DECODER),
    ),
    (
        "Where it fails: a folder that is not there",
        "The reason is said in one sentence, and what was at work goes on.",
        partial(opening.inspect_model, "model", _NOWHERE),
    ),
]


def page() -> None:
    """Static vectors on the left, the contextual model on the right: at work, available, and one's own."""
    st.title(PAGES["models"].question, anchor=False)
    st.markdown(
        "All pages read the same :orange[**static vectors**] and the same :blue[**contextual model**]. Here is what they are, "
        f"where they come from and what they take; **below, {'choose others' if settings().shared else 'open your own'}**, and "
        "every page uses it."
    )
    if settings().shared:
        st.caption(
            "Many readers share this server, and it opens only what its owner offers. On your own computer you can open your own."
        )
    widgets.try_this(_EXAMPLES[:-1] if settings().shared else _EXAMPLES)
    for kind, place in zip(("static", "model"), st.columns(2, gap="medium"), strict=True):
        with place:
            st.header(_HEADS[kind], anchor=False)
            _finish_opening(kind)
            with widgets.errors_shown_in(st.container()):
                _current_card(kind)
            with widgets.errors_shown_in(st.container()):
                _open_another(kind)
            _alternatives(kind)


def _finish_opening(kind: str) -> None:
    """What was being opened is at work as soon as it is there; where it failed, what was at work stays."""
    name = opening.opening(kind)
    if not name:
        return
    job = _JOBS[kind](name)
    if job.stopped_for(state.reader()) and not job.done:  # it goes on for another reader alone
        opening.end_opening(kind, StoppedError(job.what))
    elif job.done and job.error is None:
        state.opened(kind, name)
    elif job.done and job.error is not None:
        cache.forget(job)
        opening.end_opening(kind, job.error)


def _current_card(kind: str) -> None:
    """What the workspace uses."""
    name: str = getattr(state.current(), kind)
    job = _JOBS[kind](name)
    if not widgets.wait_for(job):
        return
    found = model_cards.card(job.wait(), kind)
    with st.container(border=True, key=f"card_{kind}"):
        st.markdown(f"**{literal(title_of(name))}** is at work")
        memory, disk = st.columns(2)
        memory.metric("Memory in use", readable(found.memory))
        disk.metric("Weights on disk", readable(found.disk))
        st.caption(f"Memory counted as {found.counted}")
        st.markdown("  \n".join(f"**{label}**: {value}" for label, value in found.facts))
        if name == getattr(state.Workspace, kind):
            also = "" if settings().shared else " Choose another, and this one can be unloaded."
            st.caption(f"The pages fall back to this one.{also}")
        elif not settings().shared:  # there it is at work for others too
            st.button("Unload", key=f"go_{kind}", on_click=_unload, args=(kind, name))


def _alternatives(kind: str) -> None:
    """What else is available: bundled, offered by the owner, or opened by this reader. What others opened is not listed."""
    now = getattr(state.current(), kind)
    names = [n for n in opening.offered_here(kind) if n != now]
    if not names:
        return
    loaded = dict(cache.in_memory(kind))
    st.subheader("Available", anchor=False)
    for name in names:
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            where = f"{readable(loaded[name].memory)} in memory" if name in loaded else _at_rest(name)
            st.markdown(f"**{literal(title_of(name))}**, {where}", width="content")
            st.button("Use", key=f"use_{kind}_{name}", on_click=state.select, args=(kind, name))
            if not settings().shared and (name in loaded or name in opening.opened_by_reader(kind)):
                st.button("Unload", key=f"go_{kind}_{name}", on_click=_unload, args=(kind, name))


def _open(kind: str, name: str) -> None:
    """The reader has seen what it is and wants it."""
    cache.own(kind, name).join(state.reader())
    opening.begin_opening(kind, name)


def _at_rest(name: str) -> str:
    return model_cards.size_of(name) if name in CATALOGUE else "not in memory"


def _unload(kind: str, name: str) -> None:
    cache.let_go(kind, name)
    state.release(kind, name)


def _open_another(kind: str) -> None:
    """Inspect, then confirm; meanwhile a progress line and a way to stop."""
    if settings().shared:
        return
    st.subheader("Open your own", anchor=False)
    asked = opening.asked_by_link().get(kind)
    if asked:
        st.button(f"Inspect what the link asks for: {literal(asked)}", key=f"asked_{kind}", on_click=opening.inspect_model,
                  args=(kind, asked), type="primary")  # fmt: skip
    (_static_form if kind == "static" else _model_form)()
    if name := opening.opening(kind):
        job = _JOBS[kind](name)
        widgets.progress_line(job)
        st.button("Stop", key=f"stop_{kind}", on_click=job.stop, args=(state.reader(),),
                  icon=":material/stop_circle:")  # fmt: skip
        st.caption(f"Opening {literal(title_of(name))}. What was at work stays so until it is there.")
        return
    if error := opening.why_not_opened(kind):
        _show_error(error)
        return
    if name := opening.inspected(kind):
        found = model_cards.plan(kind, name)
        with st.container(border=True, key=f"plan_{kind}"):
            st.markdown("  \n".join(found.facts))
            st.button(found.action, key=f"open_{kind}", type="primary", on_click=_open,
                      args=(kind, found.name))  # fmt: skip


def _show_error(error: CtxError) -> None:
    if isinstance(error, StoppedError):
        st.info(f"Stopped. {error.remedy}")
        return
    messages.show(error)
    st.caption("What was at work before still is.")


def _model_form() -> None:
    """A folder or GGUF file, or a Hugging Face id with a revision."""
    source = st.segmented_control(
        "From", [_HERE, _HUB], default=_HERE, required=True, key="model_from", persist_state="session"
    )
    if source == _HERE:
        st.text_input(
            "Folder or GGUF file", key="own_folder", persist_state="session", on_change=_inspect_model, max_chars=1000,
            placeholder="~/models/my-bert",
            help="A folder with config.json, a tokenizer and model.safetensors, or one .gguf file. Pickled weights and code "
            "that comes with a model are never opened.",
        )  # fmt: skip
    else:
        id_box, revision_box = st.columns([1.6, 1])
        id_box.text_input("Hugging Face id", key="own_hub_id", persist_state="session", on_change=_inspect_model, max_chars=200,
                          placeholder="distilbert/distilbert-base-uncased")  # fmt: skip
        revision_box.text_input("Revision", "main", key="own_revision", persist_state="session", on_change=_inspect_model, max_chars=100,
                                help="A branch, a tag or a commit. A branch is pinned to its commit.")  # fmt: skip
        st.text_input(
            "GGUF file, if it has several",
            key="own_gguf",
            persist_state="session",
            on_change=_inspect_model,
            max_chars=200,
        )
    st.button("Inspect", key="look_model", on_click=_inspect_model, icon=":material/search:")


def _static_form() -> None:
    """A file, or a name of gensim-data; and how many words of it."""
    source = st.segmented_control(
        "From", [_HERE, _GENSIM], default=_HERE, required=True, key="static_from", persist_state="session"
    )
    if source == _HERE:
        st.text_input(
            "word2vec, GloVe or fastText file", key="own_file", persist_state="session", on_change=_inspect_vectors, max_chars=1000,
            placeholder="~/vectors/glove.6B.300d.txt",
            help="Text or binary, .gz too; fastText as .vec or .bin. Pickled vectors (KeyedVectors.save) are never opened.",
        )  # fmt: skip
    else:
        names = {n: f"{n} ({readable(d.size)})" for n, d in DOWNLOADS.items()}
        st.selectbox(
            "Vectors",
            list(names),
            format_func=names.__getitem__,
            key="own_gensim",
            persist_state="session",
            on_change=_inspect_vectors,
        )
    st.number_input(
        "Words to read, the most frequent first", 1, 10_000_000, _LIMIT, 50_000, key="own_limit", persist_state="session",
        on_change=_inspect_vectors,
        help="Three million vectors of 300 features take 3.6 GB; the first 200,000 take 240 MB.",
    )  # fmt: skip
    st.button("Inspect", key="look_static", on_click=_inspect_vectors, icon=":material/search:")


def _typed(key: str) -> str:
    value: Any = st.session_state.get(key, "")
    return str(value).strip()


def _inspect_model() -> None:
    if _typed("model_from") == _HERE:
        opening.inspect_model("model", _typed("own_folder"))
        return
    id = _typed("own_hub_id").removeprefix("hub:")
    gguf = _typed("own_gguf")
    opening.inspect_model(
        "model", f"hub:{id}@{_typed('own_revision') or 'main'}" + (f"#{gguf}" if gguf else "") if id else ""
    )


def _inspect_vectors() -> None:
    name = _typed("own_file") if _typed("static_from") == _HERE else _typed("own_gensim")
    opening.inspect_model("static", f"{name}@{_typed('own_limit')}" if name else "")


widgets.render_page(page)
widgets.fold_out(
    [
        "What a model was trained on, and what it was taught to avoid, cannot be seen from its weights.",
        "Size says little about quality: compare two models on your own sentences.",
        "Memory is what the weights take. Python and its libraries take about half a GB besides.",
        "A licence is repeated as the source states it; whether it allows what you plan is for you to check.",
    ],
    [
        "word2vec: Mikolov et al. 2013. GloVe: Pennington, Socher & Manning 2014. fastText: Bojanowski et al. 2017.",
        "MiniLM: Wang et al. 2020. SmolLM2: Ben Allal et al. 2025.",
        "safetensors and GGUF hold numbers and names, and no code.",
    ],
)
