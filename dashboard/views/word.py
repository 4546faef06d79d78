"""One word, many sentences: the same mentions in both spaces, and what can be read from their vectors."""

from __future__ import annotations

import pandas as pd
import streamlit as st

import ctxcore
from ctxcore import BadInputError, Occurrences, figures, tables, text
from ctxcore.measures import geometry, projection, senses
from dashboard import cache, state, widgets
from dashboard.messages import literal
from dashboard.selection import Selection, select, show_notices

_PICTURES = {"fan": "Fan (PCA of the last layer)", "pca": "PCA of one layer", "umap": "UMAP", "tsne": "t-SNE"}
_PANELS = {
    "similarity": "Similarity",
    "layers": "By layer",
    "neighbours": "Neighbours and substitutes",
    "senses": "Senses",
}
_TOLD = 3
_FAILS = state.Workspace(
    "light",
    (
        "She packed a light lunch for the walk.",
        "The suitcase was surprisingly light.",
        "A light went on in the hallway.",
        "The suitcase stood in a pool of light.",
    ),
    (
        (("She packed a light lunch for the walk.", 0), "not heavy"),
        (("The suitcase was surprisingly light.", 0), "not heavy"),
        (("A light went on in the hallway.", 0), "illumination"),
        (("The suitcase stood in a pool of light.", 0), "illumination"),
    ),
    (),
    ("weightless", "lamp", "small", "brightness"),
)

_CASES = [
    ("spring: three senses", "Season, coil and water.", state.example("spring")),
    ("cell: four senses", "Biology, prison, power and tables.", state.example("cell")),
    ("Where it fails: light", "Mentions of one sense need not be each other\u2019s nearest: look at the similarity.", _FAILS),
]


def page() -> None:
    """Controls, the two spaces side by side, and four panels of measures."""
    st.title("Where does one word go in many sentences?", anchor=False)
    st.markdown(
        "Each sentence adds a mention. In :orange[**static**] space they all meet in one point; in :blue[**contextual**] "
        "space each has its own. Watch which mentions end up together."
    )
    widgets.try_this(_CASES)
    workspace = state.current()
    with st.container(key="stage"):
        controls, fixed, moving = st.columns([1.05, 1, 1.75], gap="medium")
    with controls:
        widgets.editor()
    with fixed:
        st.subheader(":orange[Static]", anchor=False)
        ready = widgets.wait_for(cache.static(workspace.static))
    with moving:
        st.subheader(":blue[Contextual]", anchor=False)
        ready = widgets.wait_for(cache.model(workspace.model)) and ready
    if not ready:
        return
    selection = select(workspace, workspace.model)
    found = cache.occurrences(workspace.model, selection.sentences, selection.spans)
    with controls:
        layer = widgets.layer_picker(found.vectors.shape[1] - 1)
    with fixed:
        _static(workspace, selection)
    with moving:
        _contextual(workspace, selection, found, layer)
    show_notices(selection)
    _unknown_pieces(found)
    panel = st.segmented_control(
        "Look closer", list(_PANELS), format_func=_PANELS.__getitem__, default="similarity", required=True, key="panel"
    )
    draw = {"similarity": _similarity, "layers": _layers, "neighbours": _neighbours, "senses": _senses}[panel]
    draw(workspace, selection, found, layer)


def _static(workspace: state.Workspace, selection: Selection) -> None:
    vectors = cache.static_vectors(workspace.static, selection.words)
    points = len({v.tobytes() for v in vectors})
    count = len(selection.spans)
    st.metric(f"{count} mention{'s' if count != 1 else ''}, different vectors", points)
    entry, shadow, near = cache.pinned(workspace.static, selection.words[0])
    figure = figures.pinned_figure(entry, shadow, near, count, len({s for s, _, _ in selection.spans}), height=370)
    widgets.plot(figure, "pinned", "All mentions lie on one point in static space, among their nearest neighbours.")
    code = (
        "import numpy as np\nimport ctxcore\nfrom ctxcore import figures\nfrom ctxcore.measures import projection\n\n"
        f"static = ctxcore.load_static({workspace.static!r})\nword = {entry!r}\nnear = static.neighbours(word, k=10)\n"
        "vectors = np.stack([static.vector(word), *(static.vector(n.word) for n in near)])\n"
        f"figure = figures.pinned_figure(word, projection.project(vectors), near, {count}, "
        f"{len({s for s, _, _ in selection.spans})}, height=370)\n"
        'figure.write_html("static.html")\n'
    )
    widgets.export_bar(figure, tables.pinned_table(entry, shadow, near), "static", "One static point", code)


def _contextual(workspace: state.Workspace, selection: Selection, found: Occurrences, layer: int) -> None:
    distinct = len({v.tobytes() for v in found.vectors[:, layer]})
    numbers, kind, depth = st.columns([1, 1.3, 0.7], vertical_alignment="bottom")
    numbers.metric(f"different vectors at layer {layer}", distinct)
    picture = kind.selectbox("Picture", list(_PICTURES), format_func=_PICTURES.__getitem__, key="picture")
    dimensions = 3 if depth.toggle("3-D", key="space") else 2
    head = widgets.selection_code(selection, workspace) + "\nfrom ctxcore import figures\nfrom ctxcore.measures import projection\n\n"
    if picture == "fan":
        trails = cache.fan(workspace.model, selection.sentences, selection.spans)
        figure = figures.fan_figure(
            trails, found, senses=selection.senses, layer=layer, dimensions=dimensions, height=500
        )
        table = tables.fan_table(trails, found, selection.senses)
        shown = trails.coordinates[:, layer, :dimensions]
        code = (
            f"{head}fan = projection.fan(occurrences.vectors)\nfigure = figures.fan_figure(\n    fan, occurrences, "
            f"senses=senses, layer={layer}, dimensions={dimensions}, height=500\n)\n"
        )
    else:
        if picture in ("umap", "tsne"):
            st.caption("Computing; the first UMAP of a session takes about 10 s.")
        flat = cache.projected(workspace.model, selection.sentences, selection.spans, layer, picture, dimensions)
        figure = figures.projection_figure(flat, found, layer=layer, senses=selection.senses, height=500)
        table = tables.projection_table(flat, found, selection.senses)
        shown = flat.coordinates
        code = (
            f"{head}flat = projection.project(occurrences.vectors[:, {layer}], {picture!r}, dimensions={dimensions})\n"
            f"figure = figures.projection_figure(flat, occurrences, layer={layer}, senses=senses, height=500)\n"
        )
    widgets.plot(figure, "fan", "The mentions in contextual space, one point each, coloured by sense.")
    _trust(shown, found, layer)
    widgets.export_bar(
        figure, table, "contextual", f"\u201c{workspace.word}\u201d in context", code + 'figure.write_html("contextual.html")\n'
    )


def _trust(shown, found: Occurrences, layer: int) -> None:  # type: ignore[no-untyped-def]
    """How far the picture can be believed, and a warning where it contradicts the cosine."""
    vectors = found.vectors[:, layer]
    trust = projection.faithfulness(shown, vectors)
    if trust.trustworthiness is not None:
        st.caption(
            f"How far to trust this picture: trustworthiness {trust.trustworthiness:.2f}, "
            f"{100 * (trust.neighbour_overlap or 0):.0f} % of the {trust.k} nearest neighbours kept, "
            f"rank agreement of distances and cosines {trust.rank_correlation:.2f} (1 is best for each)."
        )
    wrong = projection.contradictions(shown, vectors, most=1)
    if wrong:
        pair = wrong[0]
        close = "close" if pair.picture_rank < pair.cosine_rank else "far apart"
        real = "farther apart" if close == "close" else "closer"
        names = [f"{found.sentence_index[i] + 1}" for i in (pair.first, pair.second)]
        st.warning(
            f"The picture contradicts the cosine: sentences {names[0]} and {names[1]} look {close} here, but by cosine "
            f"({pair.cosine:.2f}) they are {real} than {100 * abs(pair.cosine_rank - pair.picture_rank):.0f} % of the pairs would suggest."
        )


def _unknown_pieces(found: Occurrences) -> None:
    """A word that the model does not know is read as one token for all unknown words: that is said."""
    unknown = sorted({w for w, pieces in zip(found.words, found.pieces, strict=True) if set(pieces) & {"[UNK]", "<unk>"}})
    if unknown:
        names = ", ".join(literal(w) for w in unknown)
        st.warning(f"This model\u2019s tokenizer does not know \u201c{names}\u201d: it reads the token it uses for anything unknown.")


def _similarity(workspace: state.Workspace, selection: Selection, found: Occurrences, layer: int) -> None:
    ready = widgets.wait_for(cache.background(workspace.model))
    mean = cache.background(workspace.model).wait().mean[layer] if ready else None
    order = _by_sense(selection)
    spans = [selection.spans[i] for i in order]
    labels = [f"{s + 1} {text.cue(selection.sentences[s], (a, b))}" for s, a, b in spans]
    static = geometry.cosine_matrix(cache.static_vectors(workspace.static, selection.words)[order])
    vectors = found.vectors[order, layer]
    raw = geometry.cosine_matrix(vectors)
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown(":orange[**Static**]: every pair is the same")
        figure = figures.similarity_figure(static, labels, static=True, note="Cosine of the static vectors of each pair of mentions.")
        widgets.plot(figure, "static_similarity", "Cosine of all pairs of mentions in static space: 1 everywhere.")
        table = tables.similarity_table({"cosine": static}, labels)
        code = _similarity_code(workspace, selection, labels, "static")
        widgets.export_bar(figure, table, "static-similarity", "Static similarity", code)
    with right:
        choice = st.segmented_control(
            ":blue[**Contextual**] cosine", ["raw", "corrected"], default="raw", required=True, key="cosine_kind",
            help="Corrected: the mean vector of many words is subtracted first (Mu & Viswanath 2018). In many models any two words reach a high raw cosine.",
        )  # fmt: skip
        if choice == "corrected" and mean is None:
            return
        shown = raw if choice == "raw" else geometry.cosine_matrix(vectors, mean)
        note = f"Layer {layer}; " + ("raw cosine." if choice == "raw" else "the mean over the words of 138 sentences of our sense bank subtracted first.")
        figure = figures.similarity_figure(shown, labels, note=note)
        widgets.plot(figure, "similarity", "Cosine of all pairs of mentions in contextual space.")
        both = {"cosine": raw} | ({"corrected": geometry.cosine_matrix(vectors, mean)} if mean is not None else {})
        code = _similarity_code(workspace, selection, labels, choice, layer, note)
        widgets.export_bar(figure, tables.similarity_table(both, labels), "similarity", "Contextual similarity", code)


def _by_sense(selection: Selection) -> list[int]:
    """Mentions with those of one sense side by side: senses that the vectors tell apart show as blocks."""
    order = list(dict.fromkeys(selection.senses))
    return sorted(range(len(selection.senses)), key=lambda i: order.index(selection.senses[i]))


def _similarity_code(
    workspace: state.Workspace, selection: Selection, labels: list[str], kind: str, layer: int = 0, note: str = ""
) -> str:
    if kind == "static":
        return (
            "import numpy as np\nimport ctxcore\nfrom ctxcore import figures\nfrom ctxcore.measures import geometry\n\n"
            f"static = ctxcore.load_static({workspace.static!r})\nwords = {[selection.words[i] for i in _by_sense(selection)]!r}\n"
            "matrix = geometry.cosine_matrix(np.stack([static.vector(w) for w in words]))\n"
            f"figure = figures.similarity_figure(\n    matrix, {labels!r}, static=True,\n"
            '    note="Cosine of the static vectors of each pair of mentions.",\n)\n'
            'figure.write_html("static-similarity.html")\n'
        )
    head = widgets.selection_code(selection, workspace) + "\nfrom ctxcore import figures\nfrom ctxcore.measures import geometry\n\n"
    mean = ""
    if kind == "corrected":
        head += _background_code()
        mean = f", background.mean[{layer}]"
    return (
        f"{head}order = {_by_sense(selection)!r}  # mentions of one sense side by side\n"
        f"matrix = geometry.cosine_matrix(occurrences.vectors[order, {layer}]{mean})\n"
        f"figure = figures.similarity_figure(matrix, {labels!r}, note={note!r})\n"
        'figure.write_html("similarity.html")\n'
    )


def _background_code() -> str:
    return (
        "sample = ctxcore.background_sentences()\n"
        "words = [ctxcore.Mention(i, w.start, w.end) for i, s in enumerate(sample) for w in ctxcore.words_of(s)]\n"
        "background = geometry.background(model.vectors(sample, words))\n"
    )


def _layers(workspace: state.Workspace, selection: Selection, found: Occurrences, layer: int) -> None:
    if len(found) < 2:
        raise BadInputError("Self-similarity compares mentions.", "one mention", "Add a second sentence with the word.")
    job = cache.background(workspace.model)
    if not widgets.wait_for(job):
        return
    measured = geometry.compare_self_similarity(found.vectors, job.wait())
    st.markdown(
        f"At layer {layer} two mentions have a mean cosine of **{measured.word[layer]:.2f}**; random pairs of different words reach "
        f"**{measured.random_words[layer]:.2f}**. What lies between the two is this word\u2019s own: **{measured.corrected[layer]:.2f}**."
    )
    figure = figures.self_similarity_figure(measured, workspace.word)
    widgets.plot(figure, "self_similarity", "Self-similarity of the word by layer, raw and corrected, beside two baselines.")
    code = (
        widgets.selection_code(selection, workspace)
        + "\nfrom ctxcore import figures\nfrom ctxcore.measures import geometry\n\n"
        + _background_code()
        + "measured = geometry.compare_self_similarity(occurrences.vectors, background)\n"
        + f"figure = figures.self_similarity_figure(measured, {workspace.word!r})\n"
        + 'figure.write_html("self-similarity.html")\n'
    )
    widgets.export_bar(figure, tables.self_similarity_table(measured), "self-similarity", "Self-similarity by layer", code)


def _neighbours(workspace: state.Workspace, selection: Selection, found: Occurrences, layer: int) -> None:
    left, right = st.columns([1, 1.6], gap="medium")
    with left:
        st.markdown(":orange[**Static**]: one list for all sentences")
        entry, _, near = cache.pinned(workspace.static, selection.words[0])
        figure = figures.neighbours_figure(near, entry)
        widgets.plot(figure, "neighbours", "The words nearest to the static vector.")
        code = (
            "import ctxcore\nfrom ctxcore import figures\n\n"
            f"static = ctxcore.load_static({workspace.static!r})\nnear = static.neighbours({entry!r}, k=10)\n"
            f"figure = figures.neighbours_figure(near, {entry!r})\n" 'figure.write_html("neighbours.html")\n'
        )
        widgets.export_bar(figure, tables.neighbours_table(near), "neighbours", "Static neighbours", code)
    with right:
        st.markdown(":blue[**Contextual**]: which substitute fits depends on the sentence")
        typed = st.text_input(
            "Substitutes, separated by commas", ", ".join(workspace.substitutes), key=f"substitutes_{workspace.word}", max_chars=400
        )
        words = tuple(dict.fromkeys(w for part in typed.split(",") if (w := part.strip())))[:12]
        if words != workspace.substitutes:
            state.change(substitutes=words)
        if not words:
            st.info("Write words that could stand in the place of the target, such as synonyms of its senses.")
            return
        most = 24
        kept = selection.spans[:most]
        ranked = cache.substitutes(workspace.model, selection.sentences, kept, words)
        labels = [text.snippet(selection.sentences[s], (a, b), 38) for s, a, b in kept]
        figure = figures.substitutes_figure(
            ranked.similarity[..., layer], words, labels, layer=layer, height=150 + 26 * len(kept)
        )
        widgets.plot(figure, "substitutes", "How near each substitute comes to the word in each sentence.")
        if len(selection.spans) > most:
            st.caption(f"The first {most} mentions are ranked.")
        code = (
            widgets.selection_code(selection, workspace)
            + f"\nfrom ctxcore import figures\n\nranked = ctxcore.substitutes(model, sentences, mentions[:{most}], {list(words)!r})\n"
            + f"figure = figures.substitutes_figure(\n    ranked.similarity[..., {layer}], ranked.words, {labels!r}, layer={layer}, "
            + f"height={150 + 26 * len(kept)}\n)\n"
            + 'figure.write_html("substitutes.html")\n'
        )
        shown = cache.occurrences(workspace.model, selection.sentences, kept)
        widgets.export_bar(figure, tables.substitutes_table(ranked, shown, layer), "substitutes", "Substitutes", code)


def _senses(workspace: state.Workspace, selection: Selection, found: Occurrences, layer: int) -> None:
    left, right = st.columns(2, gap="medium")
    with left:
        _own_senses(workspace, selection, found, layer)
    with right:
        _bank_senses(workspace)


def _own_senses(workspace: state.Workspace, selection: Selection, found: Occurrences, layer: int) -> None:
    st.markdown("**Your labels.** Each labelled mention is read by the centroids of the others; unlabelled ones are assigned to the nearest.")
    if len({s for s in selection.senses if s}) < 2:
        st.info("Label mentions of two senses under \u201cSenses and mentions\u201d, and the rest is read here.")
        return
    reading = senses.read_senses(found.vectors, selection.senses)
    note = f"Leave-one-out on {reading.counted} labelled mentions, every sense weighted alike."
    figure = figures.senses_figure(reading, note=note)
    widgets.plot(figure, "own_senses", "Share of labelled mentions whose sense is named right, by layer.")
    code = (
        widgets.selection_code(selection, workspace)
        + "\nfrom ctxcore import figures\nfrom ctxcore.measures.senses import read_senses\n\n"
        + f"figure = figures.senses_figure(read_senses(occurrences.vectors, senses), note={note!r})\n"
        + 'figure.write_html("senses.html")\n'
    )
    widgets.export_bar(figure, tables.senses_table(reading), "senses", "Senses by layer", code)
    names = [reading.labels[k] if k >= 0 else "" for k in reading.assigned[layer]]
    table = pd.DataFrame({
        "sentence": [text.snippet(selection.sentences[s], (a, b), 60) for s, a, b in selection.spans],
        "told": [s or "" for s in selection.senses],
        f"read at layer {layer}": names,
        "margin": reading.margin[layer],
    })  # fmt: skip
    st.dataframe(table, hide_index=True, column_config={"margin": st.column_config.NumberColumn(format="%.3f")})


def _bank_senses(workspace: state.Workspace) -> None:
    bank = ctxcore.sense_bank()
    names = list(bank)
    start = names.index(workspace.word.casefold()) if workspace.word.casefold() in bank else 0
    word = st.selectbox("**Our sense bank.** Word", names, index=start, key=f"bank_{workspace.word}")
    reading = cache.bank_reading(workspace.model, word, _TOLD)
    note = (
        f"Told {_TOLD} sentences of each of {len(reading.labels)} senses; named the sense of {reading.counted} new ones. "
        "Every sense weighted alike."
    )
    figure = figures.senses_figure(reading, note=note)
    widgets.plot(figure, "bank_senses", "Share of new sentences of the bank whose sense is named right, by layer.")
    code = (
        "import ctxcore\nfrom ctxcore import figures\nfrom ctxcore.measures.senses import read_senses\n\n"
        f"entry = ctxcore.sense_bank()[{word!r}]\nmodel = ctxcore.load_model({workspace.model!r})\n"
        "occurrences = model.occurrences(entry.word, entry.sentences)\n"
        f"told = [s if entry.senses[:i].count(s) < {_TOLD} else None for i, s in enumerate(entry.senses)]\n"
        "reading = read_senses(occurrences.vectors, told, entry.senses)\n"
        f"figure = figures.senses_figure(reading, note={note!r})\n" 'figure.write_html("bank-senses.html")\n'
    )
    widgets.export_bar(figure, tables.senses_table(reading), "bank-senses", f"Senses of {word}", code)


widgets.run(page)
widgets.fold_out(
    [
        "A word\u2019s vector is the mean of its sub-word pieces where the tokenizer splits it.",
        "Layers differ in what they are good for; the last is not always the best. In a decoder a mention cannot know what follows it.",
        "Nearest-centroid accuracy on a few dozen sentences is an illustration and not a benchmark.",
    ],
    [
        "Self-similarity and anisotropy: Ethayarajh 2019.",
        "Corrected cosine: Mu & Viswanath 2018.",
        "Trustworthiness: Venna & Kaski 2001.",
        "UMAP: McInnes, Healy & Melville 2018. t-SNE: van der Maaten & Hinton 2008.",
    ],
)
