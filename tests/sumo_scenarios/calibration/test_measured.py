"""What was measured in the street: CSV forms, and what is refused."""

import pytest

from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.calibration.measured import MeasuredLane, MeasuredSpeed, lanes_from_csv, speeds_from_csv

LANES = "signal,lane,saturation_veh_h\n"


def test_saturation_flows_with_and_without_the_number_of_queues() -> None:
    assert lanes_from_csv(LANES + "A,WA_0,1800\n") == (MeasuredLane("A", "WA_0", 1800.0, 1.0),)
    found = lanes_from_csv("queues,lane,signal,saturation_veh_h\n25,WA_0,A,1750.5\n")
    assert found == (MeasuredLane("A", "WA_0", 1750.5, 25.0),)


def test_speeds_as_means_or_percentiles() -> None:
    assert speeds_from_csv("edge,mean_mps\na,12\n") == (MeasuredSpeed("a", 12.0, None),)
    assert speeds_from_csv("edge,mean_mps,sd_mps\na,12,1.5\n") == (MeasuredSpeed("a", 12.0, 1.5),)
    (found,) = speeds_from_csv("edge,p15_mps,p50_mps,p85_mps\na,10,12,14.0729\n")
    assert found.mean_mps == 12.0
    assert found.deviation_mps == pytest.approx(4.0729 / 2.0729, abs=1e-3)  # 2 x 1.03643


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (LANES, "holds no saturation flow"),
        (LANES + "A,WA_0,0\n", "line 2: 0 veh/h on lane WA_0"),
        (LANES + "A,WA_0,-5\n", "line 2: -5 veh/h"),
        (LANES + "A,WA_0,5000\n", "between 200 and 3600"),
        (LANES + "A,WA_0,\n", "saturation_veh_h is ''"),
        (LANES + "A,,1800\n", "lane is empty"),
        (LANES + "A,WA_0,1800\nA,WA_0,1700\n", "line 3: lane WA_0 occurs twice"),
        ("signal,lane,saturation_veh_h,queues\nA,WA_0,1800,0\n", "0 queues"),
        ("signal,lane\nA,WA_0\n", "header needs"),
    ],
)
def test_bad_saturation_flows_are_refused(text: str, said: str) -> None:
    with pytest.raises(InvalidInputError, match=said):
        lanes_from_csv(text, "s.csv")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("edge,mean_mps\n", "holds no speed"),
        ("edge,mean_mps\na,62\n", "62 m/s on edge a; speeds are metres per second"),
        ("edge,mean_mps\na,0.3\n", "0.3 m/s on edge a"),
        ("edge,mean_mps\na,-3\n", "-3 m/s on edge a"),
        ("edge,mean_mps\na,fast\n", "mean_mps is 'fast'"),
        ("edge,mean_mps,sd_mps\na,12,-1\n", "sd_mps -1"),
        ("edge\na\n", "edge a needs mean_mps, or p15_mps"),
        ("edge,p15_mps,p50_mps\na,1,2\n", "edge a needs mean_mps, or p15_mps"),
        ("edge,p15_mps,p50_mps,p85_mps\na,14,12,10\n", "percentiles of edge a fall"),
        ("edge,mean_mps\na,12\na,13\n", "line 3: edge a occurs twice"),
    ],
)
def test_bad_speeds_are_refused(text: str, said: str) -> None:
    with pytest.raises(InvalidInputError, match=said):
        speeds_from_csv(text, "v.csv")
