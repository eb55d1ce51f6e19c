"""Seeded damage to a town's files."""

import gzip
import random
import re
from pathlib import Path

from tests.sumo_scenarios.small_nets import ROWS, crossroads, logic_row, write_town

FILES = ("town.sumocfg", "town.net.xml", "town.rou.xml", "town.add.xml")
JUNK = (
    "", "-1", "0", "nan", "inf", "1e999", "x", "999999999999", "G", "GGGGGG", "a b", "0.0001", "ü", "&#0;", "true",
    "WC", "CE_0", "C", "99:99:99", "-0.0", "1" * 5000, "%s%n", "../..", "NUL", "none.xml", "day",
)  # fmt: skip
ADDITIONAL = (
    logic_row("C", ROWS, "day")
    + logic_row("C", [("20", "GGrr"), ("3", "yyrr"), ("20", "rrGG"), ("3", "rryy")], "night")
    + '<WAUT id="w" startProg="day" refTime="0"><wautSwitch time="30" to="night"/></WAUT>'
    '<wautJunction wautID="w" junctionID="C"/><inductionLoop id="d" lane="WC_0" pos="10" file="out.xml"/>'
)
WIDE = {
    "GGrr": "rrrGGGgrrrGGGg", "yyrr": "rrryyyyrrryyyy", "rrGG": "GGgrrrrGGgrrrr", "rryy": "yyyrrrryyyrrrr",
    "rrrr": "rrrrrrrrrrrrrr",
}  # fmt: skip


def town(folder: Path, net: str | None = None) -> Path:
    """Write a town; a network of four arms that SUMO itself can read may stand in for the small one."""
    additional = ADDITIONAL
    if net is not None:
        for old, new in WIDE.items():
            additional = additional.replace(f'"{old}"', f'"{new}"')
    return write_town(folder, crossroads() if net is None else net, additional, '<step-length value="0.5"/>')


def damaged(folder: Path, seed: int, net: str | None = None) -> tuple[Path, str]:
    """Write a town with one to three of its files damaged; return its configuration and what was done."""
    dice = random.Random(seed)
    config = town(folder, net)
    done = []
    for _ in range(dice.choice((1, 1, 2, 3))):
        path = folder / dice.choice(FILES)
        name = dice.choice(sorted(DAMAGE))
        path.write_bytes(DAMAGE[name](dice, path.read_bytes()))
        done.append(f"{name} {path.name}")
    return config, ", ".join(done)


def _cut(dice: random.Random, data: bytes) -> bytes:
    return data[: dice.randrange(len(data) + 1)]


def _pack_and_cut(dice: random.Random, data: bytes) -> bytes:
    packed = gzip.compress(data)
    return packed[: dice.randrange(len(packed) + 1)]


def _flip(dice: random.Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(dice.randrange(1, 9)):
        if changed:
            changed[dice.randrange(len(changed))] = dice.randrange(256)
    return bytes(changed)


def _value(dice: random.Random, data: bytes) -> bytes:
    found = list(re.finditer(rb'="([^"]*)"', data))
    if not found:
        return data
    place = dice.choice(found)
    return data[: place.start(1)] + dice.choice(JUNK).encode() + data[place.end(1) :]


def _no_attribute(dice: random.Random, data: bytes) -> bytes:
    found = list(re.finditer(rb' [\w-]+="[^"]*"', data))
    place = dice.choice(found) if found else None
    return data[: place.start()] + data[place.end() :] if place else data


def _no_element(dice: random.Random, data: bytes) -> bytes:
    found = list(re.finditer(rb"<[^<>]*/>", data))
    place = dice.choice(found) if found else None
    return data[: place.start()] + data[place.end() :] if place else data


def _element_twice(dice: random.Random, data: bytes) -> bytes:
    found = list(re.finditer(rb"<[^<>]*/>", data))
    place = dice.choice(found) if found else None
    return data[: place.end()] + data[place.start() :] if place else data


def _other_tag(dice: random.Random, data: bytes) -> bytes:
    names = sorted(set(re.findall(rb"<([\w:-]+)", data)))
    if len(names) < 2:
        return data
    old, new = dice.sample(names, 2)
    return data.replace(b"<" + old, b"<" + new).replace(b"</" + old, b"</" + new)


def _entity(_dice: random.Random, data: bytes) -> bytes:
    return b"<!DOCTYPE a [<!ENTITY e 'x'>]>" + data


DAMAGE = {
    "cut": _cut, "pack and cut": _pack_and_cut, "flip": _flip, "value": _value, "another value": _value,
    "attribute away": _no_attribute, "element away": _no_element, "element twice": _element_twice,
    "other tag": _other_tag, "entity": _entity,
}  # fmt: skip
