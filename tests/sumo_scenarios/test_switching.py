"""Which programme is in force when. The expected times were seen in SUMO 1.28 (see also the test with SUMO itself)."""

from pathlib import Path

import pytest

from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.switching import SwitchPlan, in_force, read_additional

STATES = '<phase duration="30" state="Gr"/><phase duration="30" state="rG"/>'


def logic(name: str, rows: str = STATES) -> str:
    return f'<tlLogic id="C" type="static" programID="{name}" offset="0">{rows}</tlLogic>'


ABC = logic("a") + logic("b") + logic("c")
USE = '<wautJunction wautID="w" junctionID="C"/>'


def waut(*switches: tuple[float, str], start: str = "a", reference: str = "0", more: str = "") -> str:
    rows = "".join(f'<wautSwitch time="{time}" to="{to}"/>' for time, to in switches)
    return f'<WAUT id="w" startProg="{start}" refTime="{reference}" {more}>{rows}</WAUT>'


def seen(folder: Path, text: str, begin_s: float = 0.0, end_s: float = 100.0) -> list[tuple[float, str | None]]:
    path = folder / "town.add.xml"
    path.write_text(f"<additional>{text}</additional>")
    since = in_force("C", (), read_additional([path]), begin_s, end_s)
    return [(at_s, programme.programme_id if programme else None) for at_s, programme in since]


DAY = waut((20, "b"), (40, "c")) + USE

CASES = {
    "the last one loaded": (ABC, 0, 50, [(0, "c")]),
    "an offset alone is no programme": (ABC + logic("a", ""), 0, 50, [(0, "c")]),
    "a plan": (ABC + DAY, 0, 100, [(0, "a"), (20, "b"), (40, "c")]),
    "a plan, begin between": (ABC + DAY, 30, 100, [(30, "b"), (40, "c")]),
    "a plan, begin at a switch": (ABC + DAY, 20, 100, [(20, "b"), (40, "c")]),
    "a plan, begin after": (ABC + DAY, 60, 100, [(60, "c")]),
    "a plan, end before": (ABC + DAY, 0, 30, [(0, "a"), (20, "b")]),
    "reference": (ABC + waut((20, "b"), (40, "c"), reference="15") + USE, 0, 100, [(0, "a"), (35, "b"), (55, "c")]),
    "clock times": (ABC + waut((20, "b"), reference="0:00:05") + USE, 0, 100, [(0, "a"), (25, "b")]),
    "switches out of order": (
        ABC + waut((40, "c"), (20, "b"), (60, "a")) + USE, 0, 100, [(0, "c"), (20, "b"), (60, "a")],
    ),
    "switches out of order, begin between": (
        ABC + waut((40, "c"), (20, "b"), (60, "a")) + USE, 30, 100, [(30, "a"), (40, "c")],
    ),
    "period": (
        ABC + waut((10, "b"), (30, "c"), more='period="50"') + USE, 0, 130,
        [(0, "a"), (10, "b"), (30, "c"), (60, "b"), (80, "c"), (110, "b"), (130, "c")],
    ),
    "period, begin in a later one": (
        ABC + waut((10, "b"), (30, "c"), more='period="50"') + USE, 120, 260, [(120, "c")],
    ),
    "period and reference": (
        ABC + waut((10, "b"), (30, "c"), reference="35", more='period="50"') + USE, 0, 220,
        [(0, "b"), (15, "c"), (95, "b")],
    ),
    "a programme loaded after the plan": (ABC + DAY + logic("d"), 0, 100, [(0, "d"), (20, "b"), (40, "c")]),
    "off and on": (ABC + waut((20, "off"), (40, "c")) + USE, 0, 100, [(0, "a"), (20, None), (40, "c")]),
    "off at first": (ABC + waut((40, "c"), start="off") + USE, 0, 100, [(0, None), (40, "c")]),
    "no switch at all": (ABC + waut(start="b") + USE, 0, 50, [(0, "b")]),
    "two plans": (
        ABC + waut((20, "b")) + USE + waut((30, "c")).replace('"w"', '"v"') + USE.replace('"w"', '"v"'), 0, 100,
        [(0, "a"), (20, "b"), (30, "c")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_programmes_follow_each_other_as_in_sumo(tmp_path: Path, name: str) -> None:
    text, begin_s, end_s, expected = CASES[name]
    assert seen(tmp_path, text, begin_s, end_s) == expected


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (ABC + waut((20, "z")) + USE, "'z', which does not exist"),
        (ABC + waut((9999, "z")) + USE, "'z', which does not exist"),
        (ABC + waut(start="z") + USE, "'z', which does not exist"),
        (ABC + USE + waut((20, "b")), "before it is defined"),
        (ABC + waut((20, "b")).replace('startProg="a"', "") + USE, "startProg"),
        (ABC + waut(("noon", "b")) + USE, "time"),  # type: ignore[arg-type]
        (ABC + waut((20, "b")) + "<wautJunction wautID='w'/>", "junctionID"),
        ("", "no programme"),
        (logic("a", '<phase duration="0" state="Gr"/>'), "lasts 0 s"),
        (logic("a", '<phase duration="-3" state="Gr"/>'), "lasts -3 s"),
        (logic("a", '<phase duration="9" state="Gx"/>'), "unknown letters"),
        (logic("a", '<phase duration="9" state="G"/><phase duration="9" state="Gr"/>'), "uneven"),
        (logic("a", '<phase duration="9" state="Gr" next="5"/>'), "row 5"),
        (logic("a", '<phase duration="9" state="Gr" next="x"/>'), "invalid literal"),
    ],
)
def test_what_cannot_be_followed_is_refused(tmp_path: Path, text: str, word: str) -> None:
    with pytest.raises(InvalidInputError, match=word):
        seen(tmp_path, text)


def test_a_plan_without_end_ends() -> None:
    plan = SwitchPlan("w", "a", ((0.001, "b"),), 0.001)
    assert len(list(plan.after(0.0, float("inf")))) <= 1000


def test_included_programmes_count(tmp_path: Path) -> None:
    (tmp_path / "more.xml").write_text(f"<additional>{logic('d')}</additional>")
    assert seen(tmp_path, ABC + "<include href='more.xml'/>") == [(0, "d")]


@pytest.mark.parametrize(
    ("text", "rewritten"),
    [
        (ABC, False),
        (ABC + DAY, True),
        ('<inductionLoop id="d" lane="a_0" pos="1" file="NUL"/>', False),
        ('<inductionLoop id="d" lane="a_0" pos="1" file="out.xml"/>', True),
        ('<timedEvent type="SaveTLSStates" source="C" dest="out.xml"/>', True),
        (logic("d", '<param key="file" value="out.xml"/>' + STATES), True),
        ('<vType id="t"><param key="device.ssm.file" value="out.xml"/></vType>', True),
        ('<vType id="t"><param key="profile" value="x"/></vType>', False),
    ],
)
def test_files_that_write_are_known(tmp_path: Path, text: str, rewritten: bool) -> None:
    path = tmp_path / "a.xml"
    path.write_text(f"<additional>{text}</additional>")
    assert read_additional([path]).rewritten == ({path} if rewritten else set())
