"""Towns with one quirk each, as users have them; every one is to be controlled without a fault."""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sumo_scenarios.plain_net import Plain
from tests.sumo_scenarios.networks import (
    all_ways,
    cross,
    dual,
    flows,
    logic,
    midblock,
    packed,
    rails,
    walked,
    walks,
    write_config,
)

WAYS = tuple(all_ways())
DAY = logic(
    "C", "day",
    ["40 rrrGGGgrrrGGGg", "3 rrryyyyrrryyyy", "2 rrrrrrrrrrrrrr", "25 GGgrrrrGGgrrrr", "4 yyyrrrryyyrrrr", "2 rrrrrrrrrrrrrr"],
)  # fmt: skip
ARMS = logic(
    "C", "arms",
    ["20 rrrGGGGrrrrrrr", "3 rrryyyyrrrrrrr", "20 rrrrrrrrrrGGGG", "3 rrrrrrrrrryyyy", "20 GGGrrrrrrrrrrr",
     "3 yyyrrrrrrrrrrr", "20 rrrrrrrGGGrrrr", "3 rrrrrrryyyrrrr"],
)  # fmt: skip
PLAN = (
    '<WAUT id="w" refTime="0" startProg="day"><wautSwitch time="100" to="arms"/><wautSwitch time="200" to="day"/></WAUT>'
    '<wautJunction wautID="w" junctionID="C"/>'
)
RINGS = (
    '<param key="ring1" value="1,2,0,4"/><param key="ring2" value="5,6,0,8"/><param key="barrierPhases" value="4,8"/>'
    '<param key="barrier2Phases" value="2,6"/><param key="detector-length" value="20"/>'
    '<param key="total-cycle-length" value="90"/><param key="minRecall" value="2,6"/>'
)
NUMBERS = {
    "1": "rrrrrrGrrrrrrr", "2": "rrrrrrrrrrGGGg", "4": "GGgrrrrrrrrrrr",
    "5": "rrrrrrrrrrrrrG", "6": "rrrGGGgrrrrrrr", "8": "rrrrrrrGGgrrrr",
}  # fmt: skip
NEMA = (
    f'<tlLogic id="C" type="NEMA" programID="n" offset="0">{RINGS}'
    + "".join(
        f'<phase duration="99" minDur="5" maxDur="25" vehext="2" yellow="3" red="2" name="{n}" state="{s}"/>'
        for n, s in NUMBERS.items()
    )
    + "</tlLogic>"
)
OUTPUTS = (
    '<inductionLoop id="d" lane="WC_0" pos="10" period="60" file="det.xml"/><edgeData id="e" file="edge.xml"/>'
    '<timedEvent type="SaveTLSStates" source="C" dest="tls.xml"/>'
    '<laneAreaDetector id="q" lane="WC_1" pos="10" endPos="50" period="60" file="e2.xml"/>'
)
WRITES = '<param key="file" value="own.xml"/><param key="show-detectors" value="true"/>'
DUAL_WAYS = tuple(
    (a, b)
    for a in ("WAA", "EBB", "SA", "NB")
    for b in ("AEA", "BWB", "AS", "BN")
    if (a, b) not in (("SA", "AS"), ("NB", "BN"))
)
CHAIN_WAYS = tuple(
    (a, b)
    for a in ("WAA", "EBB", "WDD", "SA", "ND")
    for b in ("AEA", "BWB", "DED", "AS", "DN")
    if (a, b) not in (("SA", "AS"), ("ND", "DN"))
)


@dataclass(frozen=True)
class Quirk:
    """A network, its demand [veh/h per way], and what its files say beyond that."""

    net: Callable[[], Plain]
    ways: tuple[tuple[str, str], ...] = WAYS
    veh_h: float = 150.0
    additional: str = ""
    options: str = ""
    runs: tuple[tuple[str, str, str], ...] = (("max_pressure", "loops", "published"),)
    walkers: tuple[tuple[str, str], ...] = ()
    times_s: tuple[float, float] = (0.0, 300.0)
    pack: bool = False
    alone: frozenset[str] = frozenset()
    rename: Mapping[str, str] = field(default_factory=dict)


ADAPTIVE = ("adaptive", "loops", "published")
PRESSURE = ("max_pressure", "loops", "published")
STREET = ("max_pressure", "loops", "street")
SEEN = ("max_pressure", "positions", "published")


def programme(*rows: str, kind: str = "static", more: str = "") -> str:
    return logic("C", "x", rows, kind, more)


PLAIN = ("30 rrrGGGgrrrGGGg", "3 rrryyyyrrryyyy", "30 GGgrrrrGGgrrrr", "3 yyyrrrryyyrrrr")
ACTED = ("5-50 rrrGGGgrrrGGGg", "3 rrryyyyrrryyyy", "5-50 GGgrrrrGGgrrrr", "3 yyyrrrryyyrrrr")

QUIRKS: dict[str, Quirk] = {
    "four arms": Quirk(cross, runs=(ADAPTIVE, ("adaptive", "loops", "street"), SEEN)),
    "left hand": Quirk(lambda: cross(options=("--lefthand",)), runs=(ADAPTIVE,)),
    "two nodes": Quirk(lambda: dual(gap_m=24.0), DUAL_WAYS, 80.0, runs=(ADAPTIVE, SEEN)),
    "three nodes in a chain": Quirk(lambda: dual(gap_m=18.0, chain=True), CHAIN_WAYS, 60.0, runs=(ADAPTIVE,)),
    "walkers": Quirk(
        walked, veh_h=80.0, walkers=(("WC", "CE"), ("NC", "CS"), ("SC", "CW"), ("EC", "CN")), runs=(ADAPTIVE, STREET, SEEN),
    ),
    "walkers between junctions": Quirk(
        midblock, (("WC", "CE"), ("EC", "CW")), 300.0, walkers=(("WC", "CW"), ("WC", "CE"), ("EC", "CW")), runs=(ADAPTIVE,),
    ),
    "shared lamps": Quirk(lambda: cross(options=("--tls.group-signals",)), runs=(ADAPTIVE,)),
    "stop arrows": Quirk(lambda: cross(kind="traffic_light_right_on_red"), runs=(ADAPTIVE,)),
    "rails": Quirk(
        rails, (("WC", "XE"), ("EX", "CW"), ("NC", "CS"), ("SC", "XE"), ("EX", "CN")), alone=frozenset({"X", "RM"}),
    ),
    "a switch plan": Quirk(cross, additional=DAY + ARMS + PLAN, runs=(ADAPTIVE,)),
    "a switch plan, begin after a switch": Quirk(cross, additional=DAY + ARMS + PLAN, times_s=(150.0, 400.0)),
    "actuated": Quirk(cross, additional=programme(*ACTED, kind="actuated", more=WRITES)),
    "delay based": Quirk(cross, additional=programme(*ACTED, kind="delay_based")),
    "rings": Quirk(cross, additional=NEMA),
    "rows out of order": Quirk(
        cross,
        additional=programme(
            '20 rrrGGGgrrrGGGg next="3"', '3 rrryyyyrrryyyy next="4"', '20 GGgrrrrGGgrrrr next="5"',
            '3 rrryyyyrrryyyy next="2"', '3 yyyrrrryyyrrrr next="0"', '3 yyyrrrryyyrrrr next="0"',
        ),
    ),
    "red-amber": Quirk(
        cross,
        additional=programme(
            "20 rrrGGGgrrrGGGg", "3 rrryyyyrrryyyy", "1 rrrrrrrrrrrrrr", "1 uuurrrruuurrrr", "20 GGgrrrrGGgrrrr",
            "3 yyyrrrryyyrrrr", "1 rrrrrrrrrrrrrr", "1 rrruuuurrruuuu",
        ),
    ),
    "blinking and off": Quirk(
        cross,
        additional=programme("20 rrrGGGorrrGGGo", "3 rrryyyorrryyyo", "20 GGOrrrrGGOrrrr", "3 yyOrrrryyOrrrr"),
    ),
    "green beside an amber": Quirk(
        cross,
        additional=programme(
            "20 rrrGGGrrrrGGGr", "4 rrryyyGrrryyyG", "4 rrrrrryrrrrrry", "20 GGgrrrrGGgrrrr", "3 yyyrrrryyyrrrr"
        ),
    ),
    "no amber": Quirk(cross, additional=programme(*(PLAIN[0], PLAIN[2]))),
    "more letters than links": Quirk(cross, additional=programme(*(row + "rr" for row in PLAIN))),
    "off later": Quirk(cross, additional=DAY + PLAN.replace('"arms"', '"off"')),
    "one stage": Quirk(cross, additional=programme("60 rrrGGGgrrrGGGg"), ways=(("WC", "CE"), ("EC", "CW"), ("WC", "CN"))),
    "steps of 0.1 s": Quirk(cross, options='<step-length value="0.1"/>', times_s=(0.0, 150.0)),
    "steps of 0.25 s": Quirk(cross, options='<step-length value="0.25"/>', times_s=(0.0, 150.0)),
    "steps of 0.5 s": Quirk(cross, options='<step-length value="0.5"/>', times_s=(0.0, 150.0)),
    "steps of 0.3 s": Quirk(cross, options='<step-length value="0.3"/>', times_s=(0.0, 150.0)),
    "packed": Quirk(cross, additional=DAY, pack=True, times_s=(0.0, 150.0)),
    "names": Quirk(cross, rename={'tl="C"': 'tl="Kreuz o\'straße 中"', 'tlLogic id="C"': 'tlLogic id="Kreuz o\'straße 中"'}),
    "outputs": Quirk(
        cross,
        additional=OUTPUTS,
        options='<summary-output value="sum.xml"/><log value="log.txt"/><time-to-teleport value="120"/>'
        '<device.ssm.probability value="1"/><human-readable-time value="true"/><output-prefix value="zz"/>',
    ),
}  # fmt: skip


def write_town(quirk: Quirk, folder: Path, nets: Path) -> Path:
    """Write a town and return its configuration; networks that were built before are taken again."""
    plain = quirk.net()
    key = str(abs(hash((tuple(plain.nodes.values()), tuple(plain.edges.values()), plain.options))))
    built = nets / key / "town.net.xml"
    if not built.exists():
        plain.build(nets / key)
    folder.mkdir(parents=True)
    text = built.read_text(encoding="utf-8")
    for old, new in quirk.rename.items():
        text = text.replace(old, new)
    (folder / "town.net.xml").write_text(text, encoding="utf-8")
    begin_s, end_s = quirk.times_s
    routes = flows(quirk.ways, quirk.veh_h, end_s, begin_s)
    config = write_config(
        folder, routes=routes, additional=quirk.additional, options=quirk.options, begin_s=begin_s, end_s=end_s
    )
    if quirk.walkers:
        (folder / "walk.rou.xml").write_text(walks(quirk.walkers, 120.0, end_s), encoding="utf-8")
        config.write_text(config.read_text().replace("town.rou.xml", "town.rou.xml,walk.rou.xml"))
    for name in ("town.net.xml", "town.rou.xml", "town.add.xml") if quirk.pack else ():
        packed(folder / name)
        config.write_text(config.read_text().replace(f'{name}"', f'{name}.gz"'))
    return config


def copy_of(folder: Path, target: Path) -> Path:
    shutil.copytree(folder, target)
    return target / "town.sumocfg"
