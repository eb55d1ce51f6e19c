"""A living city to be pictured: the demo as a process, and a few acts in it, so that no view is empty."""

import json
import math
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import httpx

from bench.load.service import PROGRAM
from signal_ctrl.domain.errors import BackendError

_TIMEOUT_S: Final = 60.0
ROUTE_S: Final = 120
APART_S: Final = 240
"""The convoy is at the first junction so long after it is armed, and so long from one to the next: it is slow. [s]"""


@contextmanager
def living_city(
    scenario: str, warm_up_s: float, reports: Path, pictures: Path, more: Sequence[str] = ()
) -> Iterator[str]:
    """Run a demo city while the block lasts, and give the address of its page.

    Args: more, other options of `demo --city`.
    Raises: BackendError if it does not start.
    """
    command = [*PROGRAM, "demo", "--city", "--scenario", scenario, "--port", "0", "--warm-up", str(warm_up_s)]
    command += ["--json", "--reports", str(reports), "--pictures", str(pictures), *more]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            lines = (json.loads(line) for line in process.stdout or ())
            address = next((line["address"] for line in lines if "address" in line), None)
            if address is None:
                raise BackendError("the demo city does not start; 'signal-ctrl demo --city' says why")
            yield address
        finally:
            process.kill()


class Hand:
    """Somebody of the demo who acts by the routes."""

    def __init__(self, address: str, role: str) -> None:
        self._http = httpx.Client(base_url=address, timeout=_TIMEOUT_S, headers={"Origin": address})
        self._csrf = self._ask("POST", "/v1/demo-session", {"role": role})["csrf"]

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        headers = {"x-csrf-token": self._csrf} if hasattr(self, "_csrf") else {}
        answer = self._http.request(method, path, json=body, headers=headers)
        if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:  # an account has 10 a second, as a person needs them
            time.sleep(1.0)
            answer = self._http.request(method, path, json=body, headers=headers)
        if answer.status_code >= 400:
            raise BackendError(f"{method} {path}: {answer.status_code} {answer.text[:300]}")
        return answer.json()

    def get(self, path: str) -> Any:
        """Ask for something."""
        return self._ask("GET", path)

    def post(self, path: str, body: Any) -> Any:
        """Do something."""
        return self._ask("POST", path, body)

    def close(self) -> None:
        """Close the connection."""
        self._http.close()


def enliven(address: str) -> None:
    """Hold a stage, ask for flash, report an incident, open a mission, arm a route, take another plan in, have a loop
    repaired.

    What a person writes stands in both languages, as pictures are in both.
    """
    engineer, operator = Hand(address, "engineer"), Hand(address, "operator")
    try:
        junctions = engineer.get("/v1/junctions")["junctions"]
        _plans(engineer)
        _overrides(operator, [each["junction"] for each in junctions])
        _incident(operator)
        _repair(operator, junctions[0]["junction"])
        _convoy(operator)
    finally:
        engineer.close()
        operator.close()


def _plans(engineer: Hand) -> None:
    """Take in a version of the plan in force with other offsets, and a schedule of it."""
    item = engineer.get("/v1/plans")[0]
    document = engineer.get(f"/v1/plans/{item['name']}")["document"]
    for number, signal in enumerate(document["signals"][:4]):
        signal["offset_ds"] = (signal["offset_ds"] + 100 + 50 * number) % signal["cycle_ds"]
    engineer.post("/v1/plans", {"document": document, "note": "晚高峰相位差 · offsets for the evening"})
    days = [
        ("workday", ["mon", "tue", "wed", "thu", "fri"], ("00:00", "07:00")),
        ("weekend", ["sat", "sun"], ("00:00",)),
    ]
    schedule = {
        "format": "signal-ctrl schedule 1",
        "name": "week",
        "zone": "Europe/Berlin",
        "plans": [{"name": item["name"], "sha256": item["sha256"]}],
        "day_types": [
            {"name": name, "weekdays": on, "entries": [{"at": at, "plan": item["name"]} for at in times]}
            for name, on, times in days
        ],
        "special_days": [],
    }
    engineer.post("/v1/schedules", {"document": schedule, "note": ""})


def _overrides(operator: Hand, junctions: list[str]) -> None:
    for junction, (kind, minutes) in zip(reversed(junctions), (("hold_stage", 15), ("flash", 5)), strict=False):
        site = operator.get(f"/v1/junctions/{junction}")["site"]
        wish = {
            "kind": kind,
            "scope": {"kind": "junction", "names": [junction]},
            "reason": "accident",
            "case": "2026-117",
            "note": "",
            "lasts_s": 60 * minutes,
            **({"stage": site["stages"][0]["name"]} if kind == "hold_stage" else {}),
        }
        prepared = operator.post("/v1/override-preparations", wish)
        operator.post("/v1/overrides", {"document": prepared["document"], "nonce": prepared["nonce"]})


def _incident(operator: Hand) -> None:
    road = operator.get("/v1/roads")["roads"][0]
    operator.post(
        "/v1/incidents", {"road": road["road"], "kind": "breakdown", "text": "货车停在右侧车道 · van on the right lane"}
    )
    lon, lat = road["shape"][0]
    operator.post(
        "/v1/missions", {"kinds": ["tow"], "lon": lon, "lat": lat, "text": "拖走货车 · tow the van", "priority": 2}
    )


def _repair(operator: Hand, junction: str) -> None:
    wish = {
        "facility": "detector",
        "cabinet": junction,
        "device": "1",
        "text": "线圈电缆断裂 · the cable of the loop is cut",
    }
    operator.post("/v1/tickets", wish)


def _convoy(operator: Hand) -> None:
    """Arm the stored route, where there is one, for a patrol that leads; the convoy is under way for some minutes."""
    stored = operator.get("/v1/stored-routes")
    patrols = [one["unit"]["unit"] for one in operator.get("/v1/units?kind=patrol")]
    if not stored:
        return
    route = [
        {"cabinet": stop["cabinet"], "stage": stop["stage"], "arrival_s": ROUTE_S + number * APART_S}
        for number, stop in enumerate(stored[0]["stops"][:5])
    ]
    wish = {
        "kind": "green_route",
        "reason": "escort",
        "case": "2026-118",
        "note": f"unit {patrols[0]}" if patrols else "",
        "lasts_s": route[-1]["arrival_s"] + 300,
        "convoy_s": 200,
        "route": route,
    }
    prepared = operator.post("/v1/override-preparations", wish)
    operator.post("/v1/overrides", {"document": prepared["document"], "nonce": prepared["nonce"]})


def call_out(address: str) -> None:
    """Send a free special vehicle to a road far from its base, so that it has a corridor; none where all are out."""
    operator = Hand(address, "operator")
    try:
        free = [row["unit"] for row in operator.get("/v1/units") if row["unit"]["state"] == "free"]
        if operator.get("/v1/corridors"):
            return
        roads = [road for road in operator.get("/v1/roads")["roads"] if road["lanes"] > 1]
        for unit in (one for one in free if one["kind"] in ("fire", "ambulance")):
            lon, lat = max((road["shape"][0] for road in roads), key=lambda place: math.dist(place, unit["home"]))
            wish = {"kinds": [unit["kind"]], "lon": lon, "lat": lat, "text": "有烟雾 · smoke reported", "priority": 1}
            mission = operator.post("/v1/missions", wish)["mission_id"]
            with suppress(BackendError):  # a unit may have no way from where it stands
                operator.post(f"/v1/missions/{mission}/assign", {"unit": unit["unit"]})
                return
    finally:
        operator.close()
