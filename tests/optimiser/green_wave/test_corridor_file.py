"""The corridor file: what it may say, what it may not, and the plan that comes of it."""

import json
from typing import Any

import pytest

from optimiser.green_wave.corridor_file import FIXED, CorridorFile, CorridorWishes, corridor_from_text
from optimiser.green_wave.corridor_plan import corridor_plan
from optimiser.green_wave.engines import Effort
from optimiser.green_wave.model import WaveRules
from optimiser.green_wave.network import Clearance
from optimiser.green_wave.planning import plan_wave
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.plan import plan_from_json, plan_to_json

NO_WISHES = CorridorWishes()


def document() -> dict[str, Any]:
    return {
        "format": "signal-ctrl corridor 1",
        "name": "Ring road",
        "cycle_s": [70, 110],
        "speed_kmh": [40, 55],
        "ratio": 1.0,
        "signals": [
            {"name": "A", "red": 0.40, "left": 0.10, "left_back": 0.10, "clearance_s": 2},
            {"name": "B", "red": 0.35, "left": 0.12, "left_back": 0.10, "patterns": ["lag-lead", "lead-lead"]},
            {"name": "C", "red": 0.45, "left": 0.08, "left_back": 0.08, "patterns": ["lag-lag"]},
        ],
        "links": [
            {"from": "A", "to": "B", "distance_m": 300, "volume_veh_h": 1200, "saturation_veh_h": 3600},
            {
                "from": "C",
                "to": "B",
                "distance_m": 450,
                "speed_change_kmh": 8,
                "speed_back_kmh": 45,
                "volume_veh_h": 900,
                "volume_back_veh_h": 450,
            },
        ],
    }


def crossing() -> dict[str, Any]:
    found = document()
    found["signals"] = [
        {"name": "A", "greens": {"Main": [0.0, 0.5], "Cross": [[0.55, 0.4], [0.55, 0.3]]}},
        {"name": "B", "greens": {"Main": [0.1, 0.4]}},
        {"name": "C", "greens": {"Cross": [0.0, 0.45]}},
    ]
    found["links"] = [
        {"from": "A", "to": "B", "distance_m": 300},
        {"from": "A", "to": "C", "distance_m": 400, "distance_back_m": 410},
    ]
    found["streets"] = [
        {"name": "Main", "signals": ["A", "B"], "least_band_s": 5},
        {"name": "Cross", "signals": ["A", "C"], "ratio": 0.8, "weight": 0.5},
    ]
    return found


def read(found: dict[str, Any], wishes: CorridorWishes = NO_WISHES) -> CorridorFile:
    return corridor_from_text(json.dumps(found), wishes, "ring.json")


def test_a_street_is_read() -> None:
    corridor = read(document())
    network = corridor.network
    assert [s.name for s in network.signals] == ["A", "B", "C"]
    assert [len(s.orders) for s in network.signals] == [4, 2, 1]
    out, back = network.courses
    assert [link.distance_m for link in out.links] == [300.0, 450.0]
    assert out.links[0].weight == back.links[1].weight == pytest.approx(1200 / 3600)
    assert (out.links[1].weight, back.links[0].weight) == pytest.approx((900 / 1800, 450 / 1800))
    assert out.stops[0].clearance == Clearance(seconds=2.0)
    assert back.links[0].slowest_mps == pytest.approx(45 / 3.6)
    assert back.links[0].change_s_per_m == pytest.approx((-8 / 3.6 / 12.5**2, 8 / 3.6 / 12.5**2))
    assert network.streets[0].ratio == 1.0


def test_toml_says_the_same() -> None:
    text = """
format = "signal-ctrl corridor 1"
name = "two"
cycle_s = 80
speed_kmh = 50
[[signals]]
name = "A"
red_s = 40
[[signals]]
name = "B"
red_s = 36
left_s = 8
[[links]]
from = "A"
to = "B"
distance_m = 300
"""
    network = corridor_from_text(text, CorridorWishes(), "two.toml").network
    assert network.signals[0].orders[0].greens[0].length == pytest.approx(0.5)
    assert len(network.signals[1].orders) == 2
    assert network.streets[0].ratio is None


def test_wishes_go_before_the_file() -> None:
    wishes = CorridorWishes((90.0, 90.0), (30.0, 36.0), 0.5, FIXED, 2.0)
    network = read(document(), wishes).network
    assert network.cycle_s == (90.0, 90.0)
    assert [len(s.orders) for s in network.signals] == [1, 1, 1]
    assert network.courses[0].links[0].fastest_mps == pytest.approx(10.0)
    assert network.streets[0].ratio == 0.5
    assert network.courses[0].links[0].weight == pytest.approx((1200 / 3600) ** 2)
    assert read(document(), CorridorWishes(any_ratio=True)).network.streets[0].ratio is None
    named = read(
        document() | {"signals": document()["signals"][:2], "links": document()["links"][:1]},
        CorridorWishes(patterns="lead-lead"),
    )
    assert [s.orders[0].name for s in named.network.signals] == ["lead-lead", "lead-lead"]


def test_streets_that_cross_are_read_planned_and_written() -> None:
    corridor = read(crossing())
    assert [c.name for c in corridor.network.courses] == ["Main out", "Main back", "Cross out", "Cross back"]
    assert corridor.network.courses[3].links[0].distance_m == 410.0
    assert corridor.network.streets[1].ratio == 0.8
    found = plan_wave(corridor.network, WaveRules(), Effort(20.0, 1e-3))
    plan = corridor_plan(corridor, found.timing)
    assert plan_from_json(plan_to_json(plan)) == plan
    assert plan.signals[0].stages[0] == "Main out+Main back"
    assert any(name.startswith("Cross") for name in plan.signals[0].stages)


@pytest.mark.parametrize("patterns", ["lead-lag", "lag-lead", "lead-lead", "lag-lag"])
def test_a_plan_shows_the_greens_that_were_planned(patterns: str) -> None:
    found = document()
    for signal in found["signals"]:
        signal["patterns"] = [patterns]
    corridor = read(found)
    timing = plan_wave(corridor.network, WaveRules(), Effort(20.0, 1e-3)).timing
    plan = corridor_plan(corridor, timing)
    shown = {"out": ("through", "outbound+left"), "back": ("through", "inbound+left")}
    for index, signal in enumerate(plan.signals):
        for line, names in enumerate(shown.values()):
            begin_s, end_s = timing.timed.greens_s[index][line]
            at_s = round(timing.timed.offsets_s[index])
            for second in range(timing.cycle_s):
                place, _ = signal.place(10 * second)
                planned = begin_s <= (second - at_s - begin_s) % timing.cycle_s + begin_s < end_s
                assert (signal.stages[place] in names) == planned, (signal.signal_id, second)
        assert signal.splits_ds[signal.stages.index("side")] / 10 >= 0.35 * timing.cycle_s - 1


BAD: list[tuple[str, Any, str]] = [
    ("cycle_s", [110, 70], "ring.json: 'cycle_s' has to go from low to high"),
    ("cycle_s", 0, "'cycle_s' has to be 1 or more"),
    ("format", "other", "'format' has to be"),
    ("speed_kmh", [0, 50], "link A to B: speeds need 0 < slowest"),
    ("speed_kmh", -5, "link A to B: speeds need 0 < slowest"),
    ("ratio", 0, "ratio of the bands has to be above 0"),
    ("wrong", 1, "unknown 'wrong'"),
    ("signals.0.red", 1.2, "signal A: red of 1.2 and left turn of 0.1 leave no through green"),
    ("signals.0.red", "x", "signal A: 'red' has to be a number"),
    ("signals.0.red_s", 30, "give 'red' or 'red_s', not both"),
    ("signals.1.name", "A", "signal A occurs twice"),
    ("signals.1.patterns", ["sideways"], "signal B: unknown left-turn order 'sideways'"),
    ("signals.0.clearance_s", -1, "signal A: 'clearance_s' has to be 0 or more"),
    ("links.0.distance_m", 0, "link A to B: a distance between signals has to be above 0 m"),
    ("links.0.distance_m", -3, "link A to B: a distance between signals has to be above 0 m"),
    ("links.0.distance_m", float("nan"), "'distance_m' has to be a number"),
    ("links.0.to", "Z", "there is no signal 'Z'"),
    ("links.0.to", "C", "occurs twice"),
    ("links.0.volume_veh_h", -1, "'volume_veh_h' has to be 0 or more"),
    ("links.0.saturation_veh_h", 0, "saturation flow has to be above 0"),
    ("links.0", {"from": "A", "to": "B", "distance_m": 300}, "link A to B: 'volume_veh_h' is missing; give it for all"),
    ("links", [], "street Ring road: no link joins A and B"),
    ("signals", [], "there is no signal 'A'"),
    ("streets", [{"name": "s", "signals": ["A", "Z"]}], "there is no signal 'Z'"),
    ("streets", [{"name": "s", "signals": ["A", "B"]}], "link C to B belongs to no street"),
    ("streets", [{"name": "s", "signals": ["A", "C"]}], "no link joins A and C"),
]


@pytest.mark.parametrize(("place", "value", "message"), BAD, ids=[f"{place}={value}" for place, value, _ in BAD])
def test_bad_files_say_where(place: str, value: Any, message: str) -> None:
    found = document()
    if place == "links.0.to" and value == "C":
        found["links"][1] = {"from": "C", "to": "A", "distance_m": 450, "volume_veh_h": 900}
    parts = place.split(".")
    table: Any = found
    for part in parts[:-1]:
        table = table[int(part)] if part.isdigit() else table[part]
    table[int(parts[-1]) if parts[-1].isdigit() else parts[-1]] = value
    with pytest.raises(InvalidInputError, match=message) as caught:
        read(found)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text", ["", "{", "[1]", "a = ", '{"format": 1, "format": 2}', "{}", "[[" * 3000, '{"a":' * 5000]
)
def test_no_corridor_file(text: str) -> None:
    with pytest.raises(InvalidInputError):
        corridor_from_text(text, NO_WISHES, "x")


def test_a_signal_that_no_link_reaches() -> None:
    found = crossing()
    found["signals"].append({"name": "D", "greens": {"Main": [0.1, 0.4]}})
    with pytest.raises(InvalidInputError, match="no street joins signal D with signal A"):
        plan_wave(read(found).network, WaveRules(), Effort(5.0, 1e-3))


@pytest.mark.parametrize("one_way", [True, False])
def test_a_street_may_be_one_way(one_way: bool) -> None:
    streets = [{"name": "Ring", "signals": ["A", "B", "C"], "one_way": one_way}]
    assert len(read(document() | {"streets": streets}).network.courses) == (1 if one_way else 2)


@pytest.mark.parametrize("one_way", ["yes", 1, "true"])
def test_whether_a_street_is_one_way_is_not_guessed(one_way: object) -> None:
    streets = [{"name": "Ring", "signals": ["A", "B", "C"], "one_way": one_way}]
    with pytest.raises(InvalidInputError, match="street Ring: 'one_way' has to be true or false"):
        read(document() | {"streets": streets})
