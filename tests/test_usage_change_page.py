"""What *Usages* says of two groups: the measures of the library, a verdict that can fail, and the groups that are compared."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.distance import cdist, cosine, jensenshannon

from ctxcore import BadInputError, Engine, UsageChange, UsageSenses, WholeText, WordChange
from ctxcore.charts.usage_change import ChangeOfUsages, UsageChangeChart, charts, compared, verdict
from ctxcore.charts.usage_questions import UsagesIn, VectorsOfUsages
from ctxcore.controls import UsagesControls
from ctxcore.corpus.texts import state_of
from ctxcore.workspace import Workspace

FILE = Path(__file__).with_name("usages.csv")
ASKED = UsagesIn(WholeText("path", str(FILE), "", "text", ("year",)), ("cell",))
CHANGE = ChangeOfUsages(VectorsOfUsages(ASKED, "minilm-l6"), "year", "1900", "2000")


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine()


@pytest.fixture(scope="module")
def found(engine: Engine) -> UsageChange:
    return engine.get(CHANGE)


def test_the_measures_are_those_of_the_two_groups(engine: Engine, found: UsageChange) -> None:
    read = engine.get(CHANGE.of)
    years = np.array(read.found.values("year"))[read.rows]
    one, two = (read.vectors[years == year].astype(np.float64) for year in ("1900", "2000"))
    assert found.own.sizes == (len(one), len(two)) == (18, 18)
    apd, prt, jsd = found.own.values
    assert apd == pytest.approx(cdist(one, two, "cosine").mean(), abs=1e-4)
    assert prt == pytest.approx(cosine(one.mean(0), two.mean(0)), abs=1e-4)
    assert jsd == pytest.approx(jensenshannon(*found.shares, base=2) ** 2, abs=1e-6)
    assert max(found.p) < 0.05
    assert len(found.controls) >= 3
    assert "cell" not in {one.word for one in found.controls}
    holds, why = verdict(found)
    assert holds is True
    assert f"of all {len(found.controls)} words of like frequency" in why


def test_a_word_that_did_not_change_is_not_said_to_have(engine: Engine) -> None:
    asked = replace(ASKED, words=("house",))
    same = engine.get(replace(CHANGE, of=replace(CHANGE.of, of=asked)))
    assert verdict(same)[0] is not True


def _made(p: float, own: float, controls: tuple[float, ...], size: int = 20) -> UsageChange:
    senses = UsageSenses(np.zeros(2 * size, int), 1, float("nan"), ((),), ((0,),), None)  # type: ignore[arg-type]
    beside = tuple(WordChange(f"w{n}", (20, 20), (value,) * 3) for n, value in enumerate(controls))
    word = WordChange("bank", (size, size), (own,) * 3)
    return UsageChange("year", ("1",), ("2",), word, (p,) * 3, 10, senses, np.ones((2, 1)), beside)


@pytest.mark.parametrize(
    ("made", "holds", "said"),
    [
        (_made(0.01, 0.5, (0.1, 0.2, 0.3)), True, "APD and PRT and JSD are more than chance gives"),
        (_made(0.01, 0.5, (0.1, 0.6, 0.3)), None, "not than of each of the 3 words"),
        (_made(0.4, 0.5, (0.1, 0.2, 0.3)), False, "smallest p 0.40"),
        (_made(0.01, 0.5, (0.1, 0.2)), None, "only 2 other words"),
        (_made(float("nan"), 0.5, (0.1, 0.2, 0.3), 9), None, "each group needs 10 usages, and one has 9"),
    ],
)
def test_a_verdict_is_given_only_where_it_could_have_failed(made: UsageChange, holds: bool | None, said: str) -> None:
    found, why = verdict(made)
    assert found is holds
    assert said in why


def test_the_page_compares_the_chosen_values_else_the_two_commonest(engine: Engine) -> None:
    found = engine.get(ASKED)
    plain = Workspace("", ())
    assert compared(plain, ASKED, found) == ("year", "1900", "2000")
    turned = replace(plain, usages=UsagesControls(first="2000"))
    assert compared(turned, ASKED, found) == ("year", "2000", "1900")
    assert compared(replace(plain, usages=UsagesControls(second="1900")), ASKED, found) == ("year", "2000", "1900")
    assert compared(plain, replace(ASKED, text=WholeText()), found) is None
    look = UsagesControls(source="path", path=str(FILE), state=state_of(str(FILE)), words=("cell",))
    (chart,) = charts(replace(plain, usages=look), engine)
    assert isinstance(chart, UsageChangeChart)
    assert (chart.of.column, chart.of.first, chart.of.second) == ("year", "1900", "2000")
    assert list(charts(plain, engine)) == []


def test_groups_without_the_word_or_of_one_value_are_refused(engine: Engine) -> None:
    with pytest.raises(BadInputError, match="Choose values with usages in both"):
        engine.get(replace(CHANGE, second="1999"))
    with pytest.raises(BadInputError, match="none in both"):
        engine.get(replace(CHANGE, second="1900"))


def test_the_figure_has_each_measure_on_an_axis_of_its_own(found: UsageChange) -> None:
    chart = UsageChangeChart(CHANGE)
    drawn = chart.draw(found)
    own = [trace["x"][0] for trace in drawn.data if trace["legendgroup"] == "own"]
    assert tuple(own) == found.own.values
    assert [trace["xaxis"] for trace in drawn.data[::2]] == ["x", "x2", "x3"]
    table = chart.table(found)
    assert table["word"].tolist()[0] == "cell"
    assert table["control"].tolist() == [False] + [True] * len(found.controls)
    assert tuple(table.loc[0, ["apd_p", "prt_p", "jsd_p"]]) == found.p
