"""The report of a real experiment: SUMO's own files drawn, nothing left out."""

import re
from pathlib import Path

import pytest

from tests.bench.experiments import bench

pytestmark = [pytest.mark.sumo, pytest.mark.slow]


def test_a_real_corridor_is_drawn_from_sumos_files(tmp_path: Path) -> None:
    axes = ("--scenarios", "cologne3", "--controllers", "net,adaptive", "--seeds", "1-2", "--end", "25380")
    done = bench(tmp_path, "run", *axes, "--workers", "1", "--out", "e")
    assert done.returncode == 0, done.stderr
    done = bench(tmp_path, "report", "e")
    assert done.returncode == 0 and "not drawn" not in done.stderr, done.stderr
    page = (tmp_path / "e" / "report.html").read_text(encoding="utf-8")
    drawn = re.findall(r'<svg id="n0-([a-z]+)', page)
    assert {"paired", "delay", "queue", "space", "purdue", "prediction", "detail", "artery"} == set(drawn)
    assert drawn.count("space") == 4 and drawn.count("queue") == 3
    tables = {path.name for path in (tmp_path / "e" / "tables").iterdir()}
    assert {"cologne3.trajectories.csv", "cologne3.stop_lines.csv", "decision.csv", "verdict.csv"} <= tables
    rows = (tmp_path / "e" / "tables" / "cologne3.trajectories.csv").read_text().splitlines()
    assert len(rows) > 500
    again = bench(tmp_path, "compare", "e", "e")
    assert (again.returncode, again.stdout.count("identical")) == (0, 2)
