"""A recorded run shown again: the same lamps, or the first that differs; damaged records are named."""

import gzip
import json
import math
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from signal_ctrl.domain.errors import BackendError, InvalidInputError
from signal_ctrl.domain.profile import PROFILES, PUBLISHED
from sumo_scenarios.decision_tape import DecisionTape, read_decisions
from sumo_scenarios.outcome import LoopOutcome, ReplayOutcome, Report, Stop
from sumo_scenarios.replay import compare_lamps, read_settings
from sumo_scenarios.run import RunResult, execute, replay
from sumo_scenarios.settings import Closure, RunSettings
from sumo_scenarios.supervise import Ending, Job, supervise

ROWS = (
    {"t_ds": 10, "signal": "a", "calls": 3, "choice": 1, "ask": 1, "sequence": 1},
    {"t_ds": 10, "signal": "b", "calls": 0, "choice": 0},
    {"t_ds": 20, "signal": "a", "calls": 5, "choice": 2, "ask": 2, "sequence": 2, "refused": "K4/forced"},
    {"t_ds": 30, "signal": "a", "calls": 4},
)


def write_log(folder: Path, *rows: dict[str, Any] | str) -> Path:
    path = folder / "decisions.jsonl"
    texts = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("\n".join(texts) + "\n")
    return path


def test_a_log_is_taken_decision_by_decision(tmp_path: Path) -> None:
    tape = read_decisions(write_log(tmp_path, *ROWS))
    first = tape.take(10, "a")
    assert first is not None
    assert (first.calls, first.stage, first.sequence, first.refused, first.decided) == (3, 1, 1, False, True)
    second = tape.take(10, "b")
    assert second is not None and (second.stage, second.decided) == (-1, True)
    refused = tape.take(20, "a")
    assert refused is not None and refused.refused
    assert tape.take(20, "b") is None
    assert tape.take(20, "a") is None
    calls_only = tape.take(30, "a")
    assert calls_only is not None and (calls_only.calls, calls_only.decided) == (4, False)
    tape.close(3.0)
    assert tape.misfits == []


def test_decisions_that_were_never_due_are_misfits(tmp_path: Path) -> None:
    tape = read_decisions(write_log(tmp_path, *ROWS))
    tape.close(2.0)
    assert len(tape.misfits) == 3
    assert tape.misfits[0].startswith("decisions.jsonl line 1: signal a decides at 1.0 s")


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ((ROWS[0], '{"t_ds":20,"sig'), "line 2: damaged"),
        ((ROWS[0], ""), "line 2: damaged"),
        ((ROWS[0], "[]"), "line 2: it is no JSON object"),
        (({**ROWS[0], "t_ds": "10"},), "line 1: 't_ds' cannot be \"10\""),
        (({**ROWS[0], "t_ds": True},), "line 1: 't_ds' cannot be true"),
        (({**ROWS[0], "t_ds": 1.5},), "line 1: 't_ds' cannot be 1.5"),
        (({**ROWS[0], "calls": -1},), "line 1: 'calls' cannot be -1"),
        (({**ROWS[0], "signal": None},), "line 1: 'signal' cannot be null"),
        (({**ROWS[0], "ask": "next"},), "line 1: 'ask'"),
        (({"t_ds": 10, "signal": "a", "calls": 3, "ask": 1},), "line 1: no 'sequence'"),
        (({**ROWS[0], "refused": 4},), "line 1: 'refused'"),
        (({"t_ds": 10, "signal": "a"},), "line 1: no 'calls'"),
        ((ROWS[2], ROWS[0]), "line 2: not in the order of time"),
        ((ROWS[0], ROWS[0]), "line 2: .* there twice"),
        (("[" * 100000,), "line 1: "),
    ],
)
def test_a_damaged_log_is_named_with_its_line(
    tmp_path: Path, rows: tuple[dict[str, Any] | str, ...], words: str
) -> None:
    path = write_log(tmp_path, *rows)
    with pytest.raises(InvalidInputError, match=words) as caught:
        read_decisions(path)
    assert str(path) in str(caught.value)


def test_a_log_must_be_there_and_be_text(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="cannot read"):
        read_decisions(tmp_path / "decisions.jsonl")
    (tmp_path / "decisions.jsonl").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InvalidInputError, match="no UTF-8"):
        read_decisions(tmp_path / "decisions.jsonl")


def settings_document(**changes: Any) -> dict[str, Any]:
    profile = {name: getattr(PUBLISHED, name) for name in PUBLISHED.__slots__}
    return {
        "version": 2, "scenario": "cologne8", "controller": "adaptive", "seed": 1, "demand_seed": 0,
        "sensing": "loops", "profile": profile, "begin_s": 0, "end_s": 60.5, "step_s": 1.0, "scale": 1.0,
        "closures": [{"place": "a", "from_s": None, "to_s": 5.0}], "options": [["k", "v"]], "loops_file": "",
        "command": ["signal-ctrl"], "versions": {"numpy": "2"}, "inputs": {"a.net.xml": "00"}, **changes,
    }  # fmt: skip


def write_settings(folder: Path, document: Any) -> Path:
    path = folder / "settings.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document, indent=1))
    return path


def test_settings_are_read_as_they_were(tmp_path: Path) -> None:
    found = read_settings(write_settings(tmp_path, settings_document()))
    assert found.settings == RunSettings(
        "cologne8", begin_s=0.0, end_s=60.5, closures=(Closure("a", to_s=5.0),), options=(("k", "v"),)
    )
    assert found.settings.command == ("signal-ctrl",)
    assert (found.versions, found.inputs) == ({"numpy": "2"}, {"a.net.xml": "00"})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"version": 1}, "line 2: version 1, this is for 2"),
        ({"version": None}, "line 2: version None"),
        ({"seed": "1"}, "line 5: 'seed' cannot be \"1\""),
        ({"seed": -1}, "line 5: 'seed'"),
        ({"controller": "magic"}, "unknown controller 'magic'"),
        ({"end_s": "late"}, "'end_s' cannot be \"late\""),
        ({"end_s": None}, "'end_s' cannot be null"),
        ({"profile": []}, "'profile'"),
        ({"profile": {}}, "no 'name'"),
        ({"closures": [5]}, "no JSON object"),
        ({"closures": [{"place": "a"}]}, "no 'from_s'"),
        ({"options": [["k"]]}, "'options'"),
        ({"inputs": 4}, "'inputs'"),
        ({"scale": 0}, "--scale"),
    ],
)
def test_damaged_settings_are_named(tmp_path: Path, change: dict[str, Any], words: str) -> None:
    path = write_settings(tmp_path, settings_document(**change))
    with pytest.raises(InvalidInputError, match=words) as caught:
        read_settings(path)
    assert f"{path} line " in str(caught.value)


@pytest.mark.parametrize(("text", "words"), [("", "line 1: damaged"), ('{\n "version": 1,\n "s', "line 3: damaged")])
def test_truncated_settings_are_named(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(InvalidInputError, match=words):
        read_settings(write_settings(tmp_path, text))


def test_missing_settings_are_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"cannot read .*settings\.json"):
        read_settings(tmp_path / "settings.json")
    document = settings_document()
    del document["seed"]
    with pytest.raises(InvalidInputError, match=r"settings\.json line 1: no 'seed'"):
        read_settings(write_settings(tmp_path, document))


def write_lamps(path: Path, *states: str) -> Path:
    rows = "".join(f'<tlsState time="{k}.00" id="a" programID="p" state="{s}"/>' for k, s in enumerate(states))
    path.write_bytes(gzip.compress(f"<tlsStates>{rows}</tlsStates>".encode()))
    return path


@pytest.mark.parametrize(
    ("was", "now", "differences", "first"),
    [
        (("GG", "Gr"), ("GG", "Gr"), 0, None),
        (("GG", "Gr", "yr"), ("GG", "rr", "rr"), 2, "1.00 s signal a: recorded Gr, replayed rr"),
        (("GG", "Gr"), ("GG",), 1, "1.00 s signal a: recorded Gr, replayed nothing"),
        (("GG",), ("GG", "Gr"), 1, "1.00 s signal a: recorded nothing, replayed Gr"),
    ],
)
def test_lamps_are_compared_frame_by_frame(
    tmp_path: Path, was: tuple[str, ...], now: tuple[str, ...], differences: int, first: str | None
) -> None:
    paths = write_lamps(tmp_path / "was.gz", *was), write_lamps(tmp_path / "now.gz", *now)
    assert compare_lamps(*paths) == (differences, first)


def test_an_interrupted_replay_is_compared_as_far_as_it_goes(tmp_path: Path) -> None:
    paths = write_lamps(tmp_path / "was.gz", "GG", "Gr"), write_lamps(tmp_path / "now.gz", "GG")
    assert compare_lamps(*paths, whole=False) == (0, None)


def test_damaged_lamps_are_bad_input_only_if_recorded(tmp_path: Path) -> None:
    good = write_lamps(tmp_path / "good.gz", "GG")
    bad = tmp_path / "bad.gz"
    bad.write_bytes(good.read_bytes()[:-9])
    with pytest.raises(InvalidInputError, match="the recorded run is damaged"):
        compare_lamps(bad, good)
    with pytest.raises(BackendError):
        compare_lamps(good, bad)


def run(out: Path, scenario: str, **options: Any) -> RunResult:
    result = execute(RunSettings(scenario, **options), out, False, lambda _progress: None)
    assert (result.status, result.error) == ("complete", None)
    return result


def again(recorded: Path, out: Path) -> RunResult:
    return replay(recorded, out, False, lambda _progress: None)


def same(first: Path, second: Path, name: str) -> bool:
    return (first / name).read_bytes() == (second / name).read_bytes()


RUNS: dict[str, dict[str, Any]] = {
    "adaptive on loops": {"controller": "adaptive"},
    "adaptive on positions": {"controller": "adaptive", "sensing": "positions", "demand_seed": 3},
    "max_pressure with routes": {
        "controller": "max_pressure", "sensing": "oracle", "scale": 1.5,
        "closures": (Closure("-186623965#16", 25260.0, 25320.0),),
    },
    "greedy on the street": {"controller": "greedy", "profile": PROFILES["street"], "begin_s": 25290.0},
    "net": {"controller": "net", "seed": 7},
    "actuated": {"controller": "actuated"},
}  # fmt: skip


@pytest.mark.sumo
@pytest.mark.parametrize("kind", list(RUNS))
def test_the_lamps_come_out_bit_by_bit(tmp_path: Path, kind: str) -> None:
    was = run(tmp_path / "run", "cologne8", end_s=25350.0, **RUNS[kind])
    now = again(tmp_path / "run", tmp_path / "again")
    assert (now.exit_code, now.differences, now.first_difference) == (0, 0, None)
    assert all(same(tmp_path / "run", tmp_path / "again", name) for name in ("events.parquet", "decisions.jsonl"))
    for name in ("kernel", "vehicles", "delay_s_per_vehicle", "decisions", "end_s"):
        assert now.document[name] == was.document[name]
    settings = [json.loads((tmp_path / name / "settings.json").read_text()) for name in ("run", "again")]
    assert settings[1].pop("replay_of") == str((tmp_path / "run").resolve())
    assert settings[0].pop("replay_of") is None
    assert settings[0] == settings[1]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make one short run that the tests below copy and spoil."""
    out = tmp_path_factory.mktemp("recorded") / "run"
    run(out, "cologne8", controller="max_pressure", end_s=25320.0)
    return out


@pytest.fixture
def spoilt(tmp_path: Path, recorded: Path) -> Path:
    return Path(shutil.copytree(recorded, tmp_path / "spoilt"))


def change_log(folder: Path, change: Callable[[list[dict[str, Any]]], None]) -> None:
    path = folder / "decisions.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    change(rows)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def asks(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row for row in rows if row.get("ask", -1) >= 0 and row["t_ds"] > 252300]


def ask_for_another(rows: list[dict[str, Any]]) -> None:
    row = asks(rows)[0]
    row["ask"] = 0 if row["ask"] else 1


def ask_for_nothing(rows: list[dict[str, Any]]) -> None:
    row = asks(rows)[0]
    del row["ask"], row["sequence"]


def ask_for_what_there_is_not(rows: list[dict[str, Any]]) -> None:
    asks(rows)[0]["ask"] = 99


def leave_one_out(rows: list[dict[str, Any]]) -> None:
    rows.remove(asks(rows)[0])


def ask_when_nothing_is_due(rows: list[dict[str, Any]]) -> None:
    rows[-1]["t_ds"] += 1


def call_it_refused(rows: list[dict[str, Any]]) -> None:
    asks(rows)[0]["refused"] = "K4/forced"


@pytest.mark.sumo
@pytest.mark.parametrize(
    "change",
    [
        ask_for_another, ask_for_nothing, ask_for_what_there_is_not, leave_one_out, ask_when_nothing_is_due,
        call_it_refused,
    ],
)  # fmt: skip
def test_a_changed_log_is_found_out(
    tmp_path: Path, spoilt: Path, change: Callable[[list[dict[str, Any]]], None]
) -> None:
    change_log(spoilt, change)
    result = again(spoilt, tmp_path / "again")
    assert (result.status, result.exit_code) == ("complete", 1)
    assert result.differences > 0
    assert result.first_difference


@pytest.mark.sumo
def test_a_refused_wish_is_refused_again(tmp_path: Path, spoilt: Path) -> None:
    def add(rows: list[dict[str, Any]]) -> None:
        row = next(row for row in rows if "ask" not in row)
        row.update(ask=99, sequence=1, refused="K8/unknown-stage")

    change_log(spoilt, add)
    result = again(spoilt, tmp_path / "again")
    assert (result.exit_code, result.differences) == (0, 0)
    assert result.document["kernel"]["refusals"] == 1
    assert "refused" in (tmp_path / "again" / "decisions.jsonl").read_text()


def name_a_stranger(folder: Path) -> None:
    change_log(folder, lambda rows: rows[0].update(signal="nobody"))


def cut_the_log(folder: Path) -> None:
    path = folder / "decisions.jsonl"
    path.write_text(path.read_text()[:-20])


def cut_the_lamps(folder: Path) -> None:
    path = folder / "tls_states.xml.gz"
    path.write_bytes(path.read_bytes()[:-20])


def lose(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def put(name: str, key: str, value: Any) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        path = folder / name
        path.write_text(json.dumps({**json.loads(path.read_text()), key: value}, indent=1))

    return spoil


@pytest.mark.sumo
@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (name_a_stranger, r"decisions\.jsonl line 1: no signal 'nobody'"),
        (cut_the_log, r"decisions\.jsonl line \d+: damaged"),
        (cut_the_lamps, "damaged"),
        (lose("decisions.jsonl"), r"decisions\.jsonl"),
        (lose("settings.json"), r"settings\.json"),
        (lose("tls_states.xml.gz"), r"tls_states\.xml\.gz"),
        (lambda folder: (folder / "special.jsonl").touch(), "is a run with special vehicles"),
        (put("settings.json", "version", 9), r"settings\.json line 2: version 9"),
        (put("settings.json", "inputs", {"cologne8.net.xml": "00"}), "changed since the run was recorded"),
        (put("result.json", "status", "failed"), "failed"),
    ],
)
def test_a_spoilt_record_is_refused_and_leaves_nothing(
    tmp_path: Path, spoilt: Path, spoil: Callable[[Path], None], words: str
) -> None:
    spoil(spoilt)
    with pytest.raises(InvalidInputError, match=words):
        again(spoilt, tmp_path / "again")
    assert not (tmp_path / "again").exists()


@pytest.mark.sumo
def test_other_versions_are_named(tmp_path: Path, spoilt: Path) -> None:
    put("settings.json", "versions", {"libsumo": "0.1"})(spoilt)
    result = again(spoilt, tmp_path / "again")
    assert result.differences == 0
    assert any("recorded with other versions: libsumo 0.1, now" in notice for notice in result.notices)


def interrupted(folder: Path, after_s: float) -> Ending[LoopOutcome]:
    """Run by the loop itself and stop after some steps of 1 s; return how the child ended."""
    settings = RunSettings("cologne8", "greedy", end_s=25320.0)
    calls = iter(range(int(after_s)))

    def work(report: Report, _stop: Stop) -> LoopOutcome:
        from sumo_scenarios.closed_loop import run_closed_loop

        return run_closed_loop(settings, folder, report, lambda: next(calls, None) is None)

    folder.mkdir()
    return supervise([Job(work, folder.parent / "log")], lambda *_: None)[0]


@pytest.mark.sumo
def test_an_interrupted_run_is_replayed_as_far_as_it_went(tmp_path: Path) -> None:
    first = interrupted(tmp_path / "run", 70.0)
    assert first.outcome is not None and first.outcome.interrupted
    assert first.outcome.end_s == 25270.0
    (tmp_path / "run" / "result.json").write_text(json.dumps({"status": "interrupted", "end_s": 25270.0}))

    def work(report: Report, stop: Stop) -> ReplayOutcome:
        from sumo_scenarios.replay import replay_loop

        return replay_loop(tmp_path / "run", tmp_path / "again", report, stop)

    (tmp_path / "again").mkdir()
    ending = supervise([Job(work, tmp_path / "log")], lambda *_: None)[0]
    assert ending.outcome is not None, ending
    assert (ending.outcome.differences, ending.outcome.loop.end_s) == (0, 25270.0)
    assert not ending.outcome.loop.interrupted


def test_a_tape_of_nothing_fits_everything(tmp_path: Path) -> None:
    tape = read_decisions(write_log(tmp_path, ROWS[0]))
    assert isinstance(tape, DecisionTape)
    tape.take(10, "a")
    tape.close(math.inf)
    assert tape.misfits == []
