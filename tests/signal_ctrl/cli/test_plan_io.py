"""`plan export` and `plan import`: exit codes, one line for what is wrong, nothing half-written."""

import json
from pathlib import Path

import pytest

from signal_ctrl.cli.main import call
from signal_ctrl.domain.plan import plan_from_json
from tests.signal_ctrl.gateways.utdf_samples import sample


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("to", ["tllogic", "utdf"])
def test_the_way_there_and_back(tmp_path: Path, plan: Path, to: str, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / ("out.csv" if to == "utdf" else "out.add.xml")
    given = ["--scenario", "cologne3"]
    counts = tmp_path / "counts.csv"
    counts.write_text("begin_s,end_s,signal,from_edge,to_edge,vehicles\n0,1800,360082,-23283377#1,23283377#0,7\n")
    more = ["--counts", str(counts), "--units", "us"] if to == "utdf" else ["--program-id", "mine"]
    assert call(["plan", "export", str(plan), *given, "--to", to, "--out", str(out), "--json", *more]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["signals"], told["format"]) == (3, to)
    target = tmp_path / "back"
    name = plan_from_json(plan.read_text()).name
    assert call(["plan", "import", str(out), "--from", to, *given, "--out", str(target), "--name", name, "--json"]) == 0
    back = json.loads(capsys.readouterr().out)
    assert back["plan_sha256"] == told["plan_sha256"]
    written = target / "plan.json" if to == "utdf" else target
    assert plan_from_json(written.read_text()) == plan_from_json(plan.read_text())
    assert call(["plan", "import", str(out), "--from", to, *given, "--out", str(target)]) == 2
    assert "exists" in capsys.readouterr().err


def test_utdf_needs_no_network(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "town.csv"
    file.write_bytes(sample().replace("Main St", "Königsweg").encode("cp1252"))
    assert (
        call(["plan", "import", str(file), "--from", "utdf", "--out", str(tmp_path / "out"), "--begin", "28800"]) == 0
    )
    assert "5 nodes, 1 of them with timing, 12 movements with 2,370 veh/h" in capsys.readouterr().out
    assert left(tmp_path / "out") == ["counts.csv", "exchange.json"]
    assert json.loads((tmp_path / "out" / "exchange.json").read_text())["nodes"][0]["name"] == "Königsweg"
    assert "28800,32400,5,1,2,900" in (tmp_path / "out" / "counts.csv").read_text()


@pytest.mark.parametrize(
    ("arguments", "fix"),
    [
        (["--from", "utdf"], "no row Metric"),
        (["--from", "utdf", "--map", "x.csv"], "--map leads to the signals of a --scenario"),
        (["--from", "tllogic"], "give its --scenario"),
        (["--from", "tllogic", "--scenario", "cologne3"], "not well-formed|cannot read"),
        (["--from", "vissim"], "choose tllogic or utdf"),
        (["--from", "tllogic", "--scenario", "cologne3", "--begin", "0"], "--begin is for --from utdf; leave it out"),
        (["--from", "tllogic", "--scenario", "cologne3", "--map", "m.csv"], "--map is for --from utdf"),
        (["--from", "utdf", "--program-id", "1"], "--program-id is for --from tllogic"),
        (["--from", "utdf", "--scenario", "nowhere"], "no row Metric"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(
    tmp_path: Path, arguments: list[str], fix: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "town.csv"
    file.write_text(sample({"Metric,0\n": ""}), encoding="utf-8")
    assert call(["plan", "import", str(file), *arguments, "--out", str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert any(part in said for part in fix.split("|"))
    assert left(tmp_path) == ["town.csv"]


def test_a_file_that_is_too_long_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "town.csv"
    with file.open("wb") as handle:
        handle.truncate((1 << 26) + 1)
    assert call(["plan", "import", str(file), "--from", "utdf", "--out", str(tmp_path / "out")]) == 2
    assert "longer than 67108864 bytes" in capsys.readouterr().err


def test_a_plan_for_another_site_is_not_exported(
    tmp_path: Path, plan: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.add.xml"
    for scenario, profile in (("cologne3", "street"), ("cologne1", "published")):
        command = ["plan", "export", str(plan), "--scenario", scenario, "--profile", profile, "--to", "tllogic"]
        assert call([*command, "--out", str(out)]) == 2
        assert "360082" in capsys.readouterr().err
    assert left(tmp_path) == ["plan.json"]


def test_a_folder_that_cannot_be_written_leaves_nothing(tmp_path: Path, plan: Path) -> None:
    (tmp_path / "file").write_text("")
    command = ["plan", "export", str(plan), "--scenario", "cologne3", "--to", "tllogic"]
    assert call([*command, "--out", str(tmp_path / "file" / "out.add.xml")]) == 2
    assert call([*command, "--out", str(tmp_path)]) == 2
    assert left(tmp_path) == ["file", "plan.json"]


def test_partial_leaves_out_who_cannot_be_expressed(
    tmp_path: Path, plan: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, target = tmp_path / "out.add.xml", tmp_path / "back.json"
    given = ["--scenario", "cologne3"]
    assert call(["plan", "export", str(plan), *given, "--to", "tllogic", "--out", str(out)]) == 0
    out.write_text(out.read_text().replace('id="360082"', 'id="elsewhere"'))
    command = ["plan", "import", str(out), "--from", "tllogic", *given, "--out", str(target)]
    assert call(command) == 2
    said = capsys.readouterr().err
    assert "signal 360082: the file has no programme for it; signal elsewhere: not in this network" in said
    assert not target.exists()
    assert call([*command, "--partial"]) == 0
    assert len(plan_from_json(target.read_text()).signals) == 2
