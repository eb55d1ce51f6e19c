"""Mutated plan documents: of one valid plan, by its bytes and by its grammar. All from a seeded generator."""

import json
import random
from collections.abc import Callable
from typing import Any, Final

_BYTES: Final = b'"{}[],:0123456789.-+eEtrufalsn\\ \x00\xff\xc3'
_JUNK: Final[tuple[Any, ...]] = (
    None, True, False, -1, 0, 1, 5, 9, 10**6, 10**30, -(10**9), 1.5, 300.0, "", "a", "0" * 64, [], {}, [[]], [300],
    "300",
)  # fmt: skip
_SECONDS: Final = (-3000, -600, -100, -50, -10, -1, 1, 10, 20, 50, 100, 300, 600, 3000)
_KEYS: Final = ("signal_id", "site", "cycle_ds", "offset_ds", "stages", "splits_ds")

Document = dict[str, Any]


def by_bytes(text: str, rng: random.Random) -> bytes:
    """Return a document with one to four faults in its bytes."""
    data = bytearray(text.encode())
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        place = rng.randrange(len(data) + 1)
        rng.choice((_flip, _delete, _insert, _repeat, _digit, _cut))(data, place, rng)
    return bytes(data)


def _flip(data: bytearray, place: int, rng: random.Random) -> None:
    if place < len(data):
        data[place] ^= 1 << rng.randrange(8)


def _delete(data: bytearray, place: int, rng: random.Random) -> None:
    del data[place : place + rng.choice((1, 1, 2, 8))]


def _insert(data: bytearray, place: int, rng: random.Random) -> None:
    data[place:place] = bytes([rng.choice(_BYTES)])


def _repeat(data: bytearray, place: int, rng: random.Random) -> None:
    length = rng.randint(1, 60)
    data[place:place] = data[place : place + length]


def _digit(data: bytearray, place: int, rng: random.Random) -> None:
    """Change a digit: the plan often stays a plan."""
    digits = [k for k, byte in enumerate(data) if 48 <= byte <= 57]
    if digits:
        data[rng.choice(digits)] = rng.randrange(48, 58)


def _cut(data: bytearray, place: int, rng: random.Random) -> None:
    if rng.random() < 0.2:
        del data[place:]


def by_grammar(text: str, names: tuple[str, ...], rng: random.Random) -> bytes:
    """Return a document with one to three faults in what it says. Args: names, of the stages of the site."""
    document = json.loads(text)
    for _ in range(rng.choice((1, 1, 2, 3))):
        rng.choice(_GRAMMAR)(document, names, rng)
    written = json.dumps(document, indent=rng.choice((None, 1)), allow_nan=True)
    if rng.random() < 0.05:
        written = written.replace('"cycle_ds"', '"cycle_ds": 600, "cycle_ds"', 1)
    return written.encode()


def _signal(document: Document) -> Document:
    """Return the first signal, or a place where changes do no harm once there is none."""
    signals = document.get("signals")
    found = signals[0] if isinstance(signals, list) and signals else {}
    return found if isinstance(found, dict) else {}


def _move_seconds(document: Document, names: tuple[str, ...], rng: random.Random) -> None:
    """Move time from one split to another; the cycle stays."""
    splits = _signal(document).get("splits_ds")
    if isinstance(splits, list) and len(splits) > 1 and all(type(split) is int for split in splits):
        one, other = rng.sample(range(len(splits)), 2)
        moved = 10 * rng.randint(1, 25)
        splits[one], splits[other] = splits[one] - moved, splits[other] + moved


def _stretch(document: Document, names: tuple[str, ...], rng: random.Random) -> None:
    """Stretch or shorten one split and the cycle with it."""
    signal, by_ds = _signal(document), rng.choice(_SECONDS)
    splits = signal.get("splits_ds")
    if isinstance(splits, list) and splits and all(type(split) is int for split in (*splits, signal.get("cycle_ds"))):
        splits[rng.randrange(len(splits))] += by_ds
        signal["cycle_ds"] += by_ds


def _number(document: Document, names: tuple[str, ...], rng: random.Random) -> None:
    """Change one number and nothing that has to go with it."""
    signal, key = _signal(document), rng.choice(("cycle_ds", "offset_ds", "offset_ds", "splits_ds"))
    value = signal.get(key)
    if type(value) is int:
        signal[key] = value + rng.choice(_SECONDS)
    elif isinstance(value, list) and value and type(value[0]) is int:
        value[0] += rng.choice(_SECONDS)


def _stage(document: Document, names: tuple[str, ...], rng: random.Random) -> None:
    """Show another stage of the site, or one that it does not have."""
    stages = _signal(document).get("stages")
    if isinstance(stages, list) and stages:
        stages[rng.randrange(len(stages))] = rng.choice((*names, *names, "no such stage", 7))


def _order(document: Document, names: tuple[str, ...], rng: random.Random) -> None:
    stages = _signal(document).get("stages")
    if isinstance(stages, list):
        rng.shuffle(stages)


def _more_or_less(document: Document, names: tuple[str, ...], rng: random.Random) -> None:
    """Add a stage with its split, or take one away."""
    signal = _signal(document)
    stages, splits = signal.get("stages"), signal.get("splits_ds")
    if not (isinstance(stages, list) and isinstance(splits, list) and splits):
        return
    if rng.random() < 0.5 and len(stages) == len(splits):
        place, split_ds = rng.randint(0, len(stages)), 10 * rng.randint(0, 40)
        stages.insert(place, rng.choice(names))
        splits.insert(place, split_ds)
        signal["cycle_ds"] = sum(splits) if all(type(split) is int for split in splits) else 600
    else:
        gone = rng.randrange(len(splits))
        del splits[gone]
        del stages[gone : gone + 1]
        if rng.random() < 0.7 and all(type(split) is int for split in splits):
            signal["cycle_ds"] = sum(splits)


def _field(document: Document, names: tuple[str, ...], rng: random.Random) -> None:
    """Put something of another kind into a field, or take the field away, or add one."""
    holder = rng.choice((document, _signal(document)))
    key = rng.choice((*_KEYS, "format", "name", "signals", "priority"))
    if rng.random() < 0.3:
        holder.pop(key, None)
    else:
        holder[key] = rng.choice(_JUNK)


def _item(document: Document, names: tuple[str, ...], rng: random.Random) -> None:
    """Put something of another kind into a list."""
    items = _signal(document).get(rng.choice(("stages", "splits_ds")))
    if isinstance(items, list):
        items.insert(rng.randint(0, len(items)), rng.choice((*_JUNK, float("nan"), float("inf"))))


def _hash(document: Document, names: tuple[str, ...], rng: random.Random) -> None:
    signal = _signal(document)
    old = signal.get("site")
    if isinstance(old, str) and old:
        place = rng.randrange(len(old))
        signal["site"] = old[:place] + rng.choice("0123456789abcdefG") + old[place + 1 :]


def _twice(document: Document, names: tuple[str, ...], rng: random.Random) -> None:
    signals = document.get("signals")
    if isinstance(signals, list):
        signals *= rng.choice((0, 2))


_GRAMMAR: Final[tuple[Callable[[Document, tuple[str, ...], random.Random], None], ...]] = (
    _move_seconds, _move_seconds, _move_seconds, _stretch, _stretch, _number, _stage, _order, _more_or_less,
    _more_or_less, _field, _item, _hash, _twice,
)  # fmt: skip


def of_same_meaning(text: str, unit_ds: int, rng: random.Random) -> bytes:
    """Return a document that says the same: another offset, another first stage, another way to write it."""
    document = json.loads(text)
    signal = document["signals"][0]
    signal["offset_ds"] = rng.randrange(0, signal["cycle_ds"], unit_ds)
    turn = rng.randrange(len(signal["stages"]))
    for key in ("stages", "splits_ds"):
        signal[key] = signal[key][turn:] + signal[key][:turn]
    document["name"] = rng.choice(("p", "a plan", "plané", "\u4fe1\u53f7"))
    items = list(document.items())
    rng.shuffle(items)
    return json.dumps(dict(items), indent=rng.choice((None, 0, 3)), ensure_ascii=rng.random() < 0.5).encode()
