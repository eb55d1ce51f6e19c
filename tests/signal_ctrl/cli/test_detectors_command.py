"""`detectors check`: a log of one's own, its verdicts, a picture, and one line for what is wrong."""

import json
from pathlib import Path

import pytest

from signal_ctrl.cli.main import call
from tests.detectors.health.traffic import Edge, Street

STREET = Street((500.0, 300.0))
BEGIN_S, END_S, FAULT_S = 7 * 3600.0, 9 * 3600.0, 7.5 * 3600.0
LAYOUT = "device,detector,approach,lane,to_stop_m\n" + "".join(
    f"7,{k + 1},north,{place.lane},{place.to_stop_m}\n" for k, place in enumerate(STREET.places)
)


def hi_res(path: Path, edges: list[Edge]) -> Path:
    rows = [
        f"2026-03-02 {int(t // 3600):02d}:{int(t % 3600 // 60):02d}:{t % 60:04.1f},7,{82 if on else 81},{k + 1}"
        for k, t, on in edges
    ]
    path.write_text("TimeStamp,DeviceId,EventId,Parameter\n" + "\n".join(rows) + "\n")
    return path


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    edges = [e for e in STREET.edges(1, BEGIN_S, END_S) if e[0] not in (1, 5) or e[1] < FAULT_S]
    return hi_res(tmp_path / "log.csv", sorted([*edges, (5, FAULT_S, True)], key=lambda e: e[1]))


@pytest.fixture
def layout(tmp_path: Path) -> Path:
    path = tmp_path / "layout.csv"
    path.write_text(LAYOUT)
    return path


def test_a_sound_log_is_in_order(tmp_path: Path, layout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = hi_res(tmp_path / "log.csv", STREET.edges(1, BEGIN_S, END_S))
    assert call(["detectors", "check", str(log), "--layout", str(layout)]) == 0
    assert "0 failed, 0 suspect, 6 ok" in capsys.readouterr().out


def test_what_failed_is_told_with_reason_and_time(
    tmp_path: Path, broken: Path, layout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, picture = tmp_path / "out.json", tmp_path / "picture.png"
    more = ["--layout", str(layout), "--out", str(out), "--picture", str(picture)]
    assert call(["detectors", "check", str(broken), *more]) == 1
    shown = capsys.readouterr().out
    assert "stuck on" in shown and "2026-03-02 07:30:00" in shown
    document = json.loads(out.read_text())
    rows = {row["detector"]: row for row in document["detectors"]}
    assert (rows["6"]["state"], rows["6"]["fault"], rows["6"]["since"]) == ("failed", "stuck_on", "2026-03-02 07:30:00")
    assert rows["2"]["state"] != "ok" and rows["2"]["fault"] == "stuck_off"
    assert {rows[k]["state"] for k in "1345"} == {"ok"}
    assert rows["6"]["good_share"] == pytest.approx(0.25) and document["bad_days"] == 2
    assert picture.read_bytes()[:4] == b"\x89PNG"


def test_json_is_one_document(broken: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["detectors", "check", str(broken), "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["kind"] == "events" and len(document["notices"]) == 2


def bins(path: Path, day: int, dead: int = -1) -> Path:
    lines = ["begin,detector,count,occupancy"]
    for quarter in range(96):
        for k in range(5):
            count = 0 if k == dead and quarter > 40 else 20 + 7 * k + (quarter * (k + 1) + day) % 7
            lines.append(f"{86400 * day + 900 * quarter},{k},{count},{count * 0.5 / 900:.5f}")
    path.write_text("\n".join(lines) + "\n")
    return path


def test_bins_of_a_quarter_of_an_hour_with_history(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    earlier = [word for k in range(3) for word in ("--history", str(bins(tmp_path / f"{k}.csv", k)))]
    assert call(["detectors", "check", str(bins(tmp_path / "a.csv", 3)), *earlier, "--json"]) == 0
    capsys.readouterr()
    assert call(["detectors", "check", str(bins(tmp_path / "b.csv", 3, dead=2)), *earlier, "--json"]) == 1
    rows = json.loads(capsys.readouterr().out)["detectors"]
    assert [(row["detector"], row["fault"], row["since"]) for row in rows if row["state"] == "failed"] == [
        ("2", "stuck_off", "82:15:00")
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["missing.csv"], "cannot read the log"),
        (["log.csv", "--layout", "missing.csv"], "cannot read the layout"),
        (["log.csv", "--history", "other.csv"], "none of the detectors of the log"),
        (["log.csv", "--picture", "x.gif"], "a picture is .png or .svg"),
        (["log.csv", "--out", "log.csv"], "exists"),
        (["bad.csv"], "bad.csv, line 3: state is 'perhaps'"),
        (["bad.parquet"], "cannot read"),
    ],
)
def test_what_cannot_be_used_is_one_line(
    tmp_path: Path,
    arguments: list[str],
    words: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    hi_res(tmp_path / "log.csv", STREET.edges(1, BEGIN_S, BEGIN_S + 600))
    (tmp_path / "other.csv").write_text("time,detector,state\n1,zz,on\n2,zz,off\n")
    (tmp_path / "bad.csv").write_text("time,detector,state\n1,a,on\n2,a,perhaps\n")
    (tmp_path / "bad.parquet").write_text("no parquet")
    assert call(["detectors", "check", *arguments]) == 2
    line = capsys.readouterr().err.strip().splitlines()[-1]
    assert words in line
