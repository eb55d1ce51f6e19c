"""What was receipted held against what is there: on the shelf, and in the minutes that were published."""

import base64
import hashlib
import json
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from bench.intake.street import Journal
from signal_ctrl.stores.opening import open_folder
from signal_ctrl.watch.city_minute import CityMinute, Source
from signal_ctrl.watch.intake.values import OBSERVATIONS, StoredObservations
from signal_ctrl.watch.minutes.packing import CITY_MINUTES, unpacked


def kept_in(data: Path) -> tuple[dict[tuple[str, str, int], StoredObservations], dict[int, CityMinute]]:
    """Return the batches and the minutes that a stopped centre has kept."""
    store = open_folder(data)
    try:
        batches: tuple[StoredObservations, ...] = store.read(lambda r: r.shelf(OBSERVATIONS).find(limit=1_000_000))
        minutes = store.read(lambda r: r.shelf(CITY_MINUTES).find(limit=10_000))
    finally:
        store.close()
    by_key = {(each.feed, each.boot, each.sequence): each for each in batches}
    return by_key, {each.minute_utc_ms: unpacked(each) for each in minutes}


def batch_findings(kept: dict[tuple[str, str, int], StoredObservations], journal: Journal) -> list[str]:
    """Return what is wrong: a receipted batch that is not there, not whole, or has another receipt; numbers twice."""
    found = []
    for key, (body, receipt) in journal.receipted.items():
        stored = kept.get(key)
        if stored is None:
            found.append(f"batch {key} was receipted and is not there")
        elif zlib.decompress(base64.b64decode(stored.packed)) != body or stored.receipt.encode() != receipt:
            found.append(f"batch {key} is not what was receipted")
        elif stored.digest != hashlib.sha256(body).hexdigest():
            found.append(f"batch {key} has another hash")
    numbers = [each.number for each in kept.values()]
    if len(set(numbers)) != len(numbers):
        found.append("two batches have one number")
    return found


def counted_twice(kept: Iterable[StoredObservations]) -> list[str]:
    """Return counts that two receipts took."""
    seen: dict[tuple[str, int], int] = {}
    for stored in kept:
        document: dict[str, Any] = json.loads(zlib.decompress(base64.b64decode(stored.packed)))
        taken = json.loads(stored.receipt)["taken"] == len(document["observations"])
        for item in document["observations"]:
            if taken and "detector" in item:
                key = (item["detector"], item["from_utc_ms"])
                seen[key] = seen.get(key, 0) + 1
    return [f"count {key} was taken {n} times" for key, n in seen.items() if n > 1]


def minute_findings(minutes: dict[int, CityMinute], complete: Iterable[int]) -> list[str]:
    """Return what is wrong with minutes whose counts were all receipted: roads whose counts they do not hold."""
    found = []
    for minute_ms in complete:
        minute = minutes.get(minute_ms)
        if minute is None:
            found.append(f"minute {minute_ms} is not there")
            continue
        unheard = int(np.count_nonzero((minute.sources & Source.LOOPS) == 0))
        if unheard:
            found.append(f"minute {minute_ms}: {unheard} roads without their counts")
        old = int(np.count_nonzero(~(minute.age_s <= 1)))
        if old:
            found.append(f"minute {minute_ms}: {old} roads by counts of another minute")
    return found
