"""How far two groups of usages lie apart, beside words of like frequency."""

from __future__ import annotations

from ctxcore.figures import theme
from ctxcore.figures.drawing import Drawing, trace
from ctxcore.types import UsageChange

MEASURES = ("APD", "PRT", "JSD")
_LONG = ("average pairwise distance (APD)", "distance of the means (PRT)", "divergence of senses in bits (JSD)")
_ROW = 86


def usage_change_figure(found: UsageChange, *, title: str = "", note: str = "") -> Drawing:
    """Three measures, each on an axis of its own: the word as a diamond, each control word as a grey point."""
    figure = theme.blank()
    name = theme.literal(theme.short(found.own.word, 20))
    for place in range(len(_LONG)):
        number = "" if place == 0 else str(place + 1)
        axes = {"xaxis": f"x{number}", "yaxis": f"y{number}"}
        figure.add(
            trace(
                "scatter", x=[one.values[place] for one in found.controls], y=[0.0] * len(found.controls), mode="markers",
                name="words of like frequency", showlegend=place == 0, legendgroup="controls", **axes,
                marker={"color": theme.NEUTRAL, "size": 9, "opacity": 0.7},
                customdata=[theme.literal(one.word) for one in found.controls],
                hovertemplate="%{customdata}: %{x:.3f}<extra></extra>",
            ),
            trace(
                "scatter", x=[found.own.values[place]], y=[0.0], mode="markers", name=name, showlegend=place == 0,
                legendgroup="own", marker={"color": theme.CONTEXTUAL, "size": 15, "symbol": "diamond"}, **axes,
                hovertemplate=f"{name}: %{{x:.3f}}<extra></extra>",
            ),
        )  # fmt: skip
    theme.lay_out(figure, title=title, note=theme.literal(note), height=130 + 3 * _ROW)
    for place, measure in enumerate(_LONG):
        number = "" if place == 0 else str(place + 1)
        top = 1 - place / 3
        values = [found.own.values[place], *(one.values[place] for one in found.controls)]
        span = max(values) - min(0.0, *values) or 1.0
        figure.update_layout({
            f"xaxis{number}": {
                "anchor": f"y{number}", "range": [min(0.0, *values) - 0.04 * span, max(values) + 0.12 * span],
                "zeroline": False, "automargin": True,
            },
            f"yaxis{number}": {
                "domain": [top - 0.2, top - 0.1], "anchor": f"x{number}", "showticklabels": False, "zeroline": False,
                "showgrid": False, "range": [-1, 1],
            },
        })  # fmt: skip
        p = f", p = {found.p[place]:.3f}" if found.enough else ""
        figure.add_annotation(
            text=f"{measure}: {found.own.values[place]:.3f}{p}", x=0, y=top - 0.09, xref="paper", yref="paper", xanchor="left",
            yanchor="bottom", showarrow=False, font={"size": theme.TEXT},
        )  # fmt: skip
    return figure
