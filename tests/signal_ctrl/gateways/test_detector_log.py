"""Logs of detectors as people have them: every form is read, and what is wrong is one line that names the place."""

import math

import numpy as np
import pytest

from detectors.health.review import Edge
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.gateways.detector_log import log_of_csv


def test_hi_res_events_become_edges_and_codes() -> None:
    text = "TimeStamp,DeviceId,EventId,Parameter\n2026-03-02 07:00:00.1,7,82,3\n2026-03-02 07:00:00.6,7,81,3\n"
    log = log_of_csv(text + "2026-03-02 07:00:01.0,7,1,2\n2026-03-02 07:00:02.0,7,86,12\n", "x.csv")
    assert log.names == (("7", "3"), ("7", "12"))
    begin_s = 1772409600.0 + 7 * 3600  # 2026-03-02 00:00, a Monday
    assert [(e.detector, round(e.time_s - begin_s, 1), e.code) for e in log.edges] == [
        (0, 0.1, 1),
        (0, 0.6, 0),
        (1, 2.0, 86),
    ]
    assert (log.calendar.midnight_s, log.calendar.weekday) == (begin_s - 7 * 3600, 0)


def test_columns_may_be_called_as_people_call_them() -> None:
    for head in ("SignalID,Timestamp,EventCode,EventParam", "signal_id,time_s,event_code,event_param"):
        log = log_of_csv(f"{head}\n5,100.5,82,1\n5,101.0,81,1\n", "x.csv")
        assert log.names == (("5", "1"),) and [e.code for e in log.edges] == [1, 0]


def test_events_by_state_with_arrival() -> None:
    log = log_of_csv("time,detector,state,arrived\n10.0,north 1,on,10.3\n10.4,north 1,OFF,\n", "x.csv")
    assert log.edges[0] == Edge(0, 10.0, 1, 10.3) and math.isnan(log.edges[1].arrived_s)
    assert log.names == (("1", "north 1"),) and log.calendar.weekday is None


def test_tenths_of_a_second() -> None:
    assert log_of_csv("time_ds,detector,state\n105,a,1\n", "x.csv").edges[0].time_s == 10.5


def test_bins_become_slots_and_what_is_missing_is_not_zero() -> None:
    text = "begin,detector,count,occupancy_percent\n0,a,5,10\n300,a,,\n900,a,7,-1\n0,b,3,4\n"
    bins = log_of_csv(text, "x.csv").bins
    assert bins is not None and bins.length_s == 300.0
    assert bins.valid[:, 0].tolist() == [1, 0, 0, 1] and bins.valid[:, 1].tolist() == [1, 0, 0, 0]
    assert bins.count[0].tolist() == [5, 3] and bins.occupancy[0].tolist() == pytest.approx([0.1, 0.04])
    assert np.isnan(bins.occupancy[3, 0]) and np.isnan(bins.count[1, 0])


def test_ntcip_occupancies_hold_half_percents_and_faults() -> None:
    text = "time,detector,volume,occupancy_ntcip\n0,1,5,50\n60,1,0,212\n120,1,4,40\n"
    bins = log_of_csv(text, "x.csv").bins
    assert bins is not None
    assert bins.occupancy[0, 0] == 0.25 and bins.code[:, 0].tolist() == [0, 212, 0] and bins.valid[1, 0] == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("a,b\n1,2\n", "tells no kind of log"),
        ("time,code,parameter\n1.0,1,2\n", "no event of a detector"),
        ("time,code,parameter\n1.0,82,x\n", "line 2: parameter is 'x'"),
        ("time,code,parameter\n1.0,82,1.5\n", "line 2: code and parameter are whole"),
        ("time,detector,state\n1.0,a,maybe\n", "line 2: state is 'maybe'"),
        ("time,detector,state\nyesterday,a,on\n", "line 2: time is 'yesterday'"),
        ("time,detector,state\n1.0,a,on\n2026-03-02 07:00:00,a,off\n", "line 3: time .* of another form"),
        ("time,detector,state\n1.0,a,on\n400000,a,off\n", "line 3: the time leaps ahead by 111 h"),
        ("time,time_ds,detector,state\n1,10,a,on\n", "time and time_ds"),
        ("time,detector,state\n1.0,,on\n", "line 2: detector is empty"),
        ("time,detector,state\n1.0,a\n", "line 2: state is empty"),
        ("time,detector,state\n1.0,a,on,more\n", "line 2: more fields"),
        ("time,detector,count\n0,a,-3\n60,a,1\n", "line 2: count is -3"),
        ("time,detector,count\n0,a,nan\n60,a,1\n", "line 2: count is 'nan'"),
        ("time,detector,count,occupancy\n0,a,3,12\n60,a,1,0\n", "line 2: an occupancy of 1200 %"),
        ("time,detector,count\n0,a,3\n", "bins of one time only"),
        ("time,detector,count\n0,a,3\n1,a,3\n", "bins of 1 s"),
        ("time,detector,count\n0,a,3\n60,a,3\n90,a,3\n100,a,2\n", "bins of 10 s"),
        ("time,detector,count\n0,a,3\n60,a,3\n150,a,3\n", "line 4: the bin does not begin a multiple of 60 s"),
        ("time,detector,count\n0,a,3\n0,a,4\n60,a,3\n", "line 3: another count"),
        ("time,detector,count,valid_fraction\n0,a,3,2\n60,a,3,1\n", "line 2: valid_fraction is 2"),
        ("time,detector,count\n0,a,3\n40000000,a,3\n", "bins of 4e"),
    ],
)
def test_what_is_wrong_is_one_line_that_names_the_place(text: str, words: str) -> None:
    with pytest.raises(InvalidInputError, match=words) as caught:
        log_of_csv(text, "x.csv")
    assert "x.csv" in str(caught.value) and "\n" not in str(caught.value)
