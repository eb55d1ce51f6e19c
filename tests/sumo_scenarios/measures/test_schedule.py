"""The demand counted from its files, against SUMO's own count of what it loads."""

import json
from pathlib import Path

import pytest

from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.measures.context import read_asked
from sumo_scenarios.measures.schedule import read_schedule
from sumo_scenarios.measures.validity import due_vehicles, validity
from sumo_scenarios.settings import RunSettings
from tests.sumo_scenarios.measures.runs import drop_trips, make_run
from tests.sumo_scenarios.networks import cross, write_config

DEMAND = """<routes>
<vType id="bus" vClass="bus" length="14"/>
<route id="through" edges="WC CE"/>
<vehicle id="early" depart="0" route="through"/>
<vehicle id="named" depart="10" route="through" line="7"/>
<trip id="trip" depart="0:00:20" from="WC" to="CE" type="bus"/>
<vehicle id="late" depart="700"><route edges="EC CW"/></vehicle>
<flow id="rate" begin="100" end="460" vehsPerHour="100" from="NC" to="CS"/>
<flow id="period" begin="0" end="600" period="30" from="SC" to="CN"/>
<flow id="number" begin="0" end="300" number="10" from="EC" to="CW"/>
<flow id="chance" begin="0" end="600" probability="0.1" from="EC" to="CW"/>
</routes>"""


def demand(tmp_path: Path, text: str = DEMAND) -> Path:
    path = tmp_path / "town.rou.xml"
    path.write_text(text.replace("<flow", "\n<flow"))
    return path


def test_single_vehicles_and_flows_are_counted(tmp_path: Path) -> None:
    schedule = read_schedule([demand(tmp_path)])
    assert [each.vehicle for each in schedule.due(5.0, 600.0)] == ["named", "trip"]
    assert schedule.departures[1].edges == ("WC", "CE")
    assert schedule.types["bus"].length_m == 14.0
    due = {flow.flow_id: flow.due_veh(0.0, 600.0) for flow in schedule.flows}
    assert {name: due[name] for name in ("rate", "period", "number")} == {"rate": 10, "period": 20, "number": 10}
    assert 15 < due["chance"] < 60, "five standard deviations below the mean of 60"
    assert schedule.lines["named"] == "7"


def test_a_damaged_demand_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError):
        read_schedule([demand(tmp_path, "<routes>")])
    with pytest.raises(InvalidInputError, match="cannot read"):
        read_schedule([tmp_path / "none.rou.xml"])
    with pytest.raises(InvalidInputError, match="vehicle type"):
        read_schedule([demand(tmp_path, '<routes><vType id="a" length="long"/></routes>')])


SORTED = """<routes>
<flow id="a" begin="0" end="600" period="7" from="NC" to="CS" departLane="best"/>
<flow id="b" begin="0" end="600" vehsPerHour="333" from="SC" to="CN" departLane="best"/>
<flow id="c" begin="0" end="500" number="41" from="EC" to="CW" departLane="best"/>
ROWS
</routes>"""


@pytest.mark.sumo
@pytest.mark.parametrize("scale", [0.6, 1.0, 1.4])
def test_sumo_makes_trips_of_what_was_counted(tmp_path: Path, scale: float) -> None:
    cross(2).build(tmp_path / "town")
    rows = "\n".join(f'<trip id="t{k}" depart="{k}" from="WC" to="CE"/>' for k in range(300))
    config = write_config(tmp_path / "town", routes=SORTED.replace("ROWS", rows), end_s=600.0)
    result = make_run(RunSettings(str(config), controller="net", scale=scale), tmp_path)
    asked = read_asked(tmp_path / "run")
    counted_veh = due_vehicles(asked.schedule(), scale, 0.0, 600.0)
    assert result.score is not None
    assert counted_veh - 3 <= result.score.vehicles.total <= 1.1 * counted_veh, "SUMO rounds flow by flow"
    assert result.score.valid
    assert validity(tmp_path / "run", tmp_path / "evidence") == ()
    gone = drop_trips(tmp_path / "run", lambda trip: 'id="t2' in trip)
    found = "; ".join(validity(tmp_path / "run", None))
    assert gone > 30
    assert ("of the demand are in no trip" if scale == 1.0 else "the demand schedules") in found


@pytest.mark.sumo
def test_a_demand_drawn_anew_has_the_same_vehicles(tmp_path: Path) -> None:
    make_run(RunSettings("cologne3", controller="net", demand_seed=5, end_s=25500.0), tmp_path)
    assert validity(tmp_path / "run", tmp_path / "evidence") == ()
    assert drop_trips(tmp_path / "run", lambda trip: 'arrival="-1' in trip) > 10
    assert "of the demand are in no trip" in "; ".join(validity(tmp_path / "run", None))


@pytest.mark.sumo
def test_a_demand_that_has_changed_since_cannot_be_counted(tmp_path: Path) -> None:
    cross(2).build(tmp_path / "town")
    trip = '<routes><trip id="t" depart="1" from="WC" to="CE"/></routes>'
    config = write_config(tmp_path / "town", routes=trip, end_s=60.0)
    make_run(RunSettings(str(config), controller="net"), tmp_path)
    assert validity(tmp_path / "run", None) == ()
    (tmp_path / "town" / "town.rou.xml").write_text("<routes/>")
    assert "town.rou.xml is no longer the file that the run read" in "; ".join(validity(tmp_path / "run", None))
    assert json.loads((tmp_path / "run" / "settings.json").read_text())["inputs"]


def test_of_a_flows_number_those_are_gone_who_departed_before(tmp_path: Path) -> None:
    rows = '<flow id="f" begin="0" number="50" period="10" from="WC" to="CE"/>'
    schedule = read_schedule([demand(tmp_path, f"<routes>{rows}{rows.replace('10', 'exp(0.1)')}</routes>")])
    even, random = schedule.flows
    assert [even.due_veh(0.0, 900.0), even.due_veh(400.0, 1300.0), even.due_veh(600.0, 1500.0)] == [50, 10, 0.0]
    assert random.due_veh(0.0, 900.0) > 0
    assert random.due_veh(400.0, 1300.0) == 0.0
