"""A demo city as a process: buses by their lines, units that drive out and report, corridors, emergency plans."""

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

import httpx
import pytest

from bench.load.service import PROGRAM

pytestmark = [pytest.mark.sumo, pytest.mark.slow]
COMMAND: Final = (
    *PROGRAM,
    *("demo", "--city", "--scenario", "newtown-2x3", "--port", "0", "--warm-up", "120", "--speed", "8", "--json"),
)
PATIENCE_S: Final = 150.0


class City:
    """What a visitor sees. Sessions grow old eight times as fast here, so a new one is begun when one has ended."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def begin(self) -> None:
        """Begin a session."""
        assert self._client.post("/v1/demo-session", json={"role": "supervisor"}).status_code == 200

    def get(self, path: str) -> Any:
        """Return a document."""
        answer = self._client.get(path)
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            self.begin()
            answer = self._client.get(path)
        assert answer.status_code == httpx.codes.OK, answer.text
        return answer.json()


@pytest.fixture(scope="module")
def city() -> Iterator[City]:
    with subprocess.Popen(COMMAND, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            address = next(line["address"] for line in map(json.loads, process.stdout) if "address" in line)
            with httpx.Client(base_url=address, headers={"Origin": address}, timeout=30) as client:
                seen = City(client)
                seen.begin()
                yield seen
        finally:
            process.kill()


def until(look: Callable[[], Any], what: str) -> Any:
    """Return what a look finds at last."""
    end_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < end_s:
        found = look()
        if found:
            return found
        time.sleep(0.5)
    raise AssertionError(f"{what} did not come")


def test_emergency_plans_are_there_and_could_be_ordered(city: City) -> None:
    names = [item["name"] for item in city.get("/v1/responses")]
    assert names == ["escort", "evacuation", "road-closed"]
    for name in names:
        assert city.get(f"/v1/responses/{name}/check")["reasons"] == []
    (route,) = city.get("/v1/stored-routes")
    assert len(route["stops"]) >= 2
    after_s = [stop["after_s"] for stop in route["stops"]]
    assert after_s == sorted(set(after_s))


def test_buses_follow_their_lines(city: City) -> None:
    buses = until(lambda: city.get("/v1/buses"), "a bus")
    lines = {line["line"] for line in city.get("/v1/bus-lines")}
    assert {bus["line"] for bus in buses} <= lines
    assert all(bus["heard_s"] < 120 for bus in buses)


def test_a_unit_drives_out_with_a_corridor_and_comes_home(city: City) -> None:
    def units() -> dict[str, Any]:
        return {row["unit"]["unit"]: row for row in city.get("/v1/units")}

    until(lambda: all(row["position"] is not None for row in units().values()), "a report of every unit")
    corridor = until(lambda: city.get("/v1/corridors"), "a corridor")[0]
    name, mission = corridor["corridor"]["vehicle"], corridor["corridor"]["mission"]
    home = units()[name]["unit"]["home"]
    along = until(lambda: [c["along_m"] for c in city.get("/v1/corridors") if (c["along_m"] or 0) > 50], "a way")
    assert along[0] > 50
    moved = units()[name]["position"]
    assert (moved["lon"], moved["lat"]) != tuple(home)
    until(lambda: city.get(f"/v1/missions/{mission}")["mission"]["state"] == "closed", "the end of the mission")
    until(lambda: units()[name]["unit"]["state"] in ("returning", "free", "assigned", "en route"), "the way home")
    history = [step["state"] for step in city.get(f"/v1/missions/{mission}")["mission"]["history"]]
    assert history == ["open", "assigned", "en route", "on scene", "closed"]


def test_what_is_shown_is_recorded(city: City) -> None:
    def latest() -> dict[str, Any]:
        last_ms = city.get("/v1/past")["last_utc_ms"]
        found = {} if last_ms is None else city.get(f"/v1/past/picture?at_utc_ms={last_ms}")["picture"]
        return found if found.get("units") else {}

    assert until(latest, "a past with units")["junctions"]
