import json
from pathlib import Path

import pytest

from signal_ctrl.cli.main import call
from signal_ctrl.parking.facilities_json import facilities_from_json

CSV = "facility,name,lon,lat,capacity,road\nP1,North,120.1,30.2,12,E1\n"


def test_facilities_of_a_csv_are_written_as_a_document(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "p.csv").write_text(CSV, encoding="utf-8")
    out = tmp_path / "parking.json"
    assert call(["parking", "facilities", "import", str(tmp_path / "p.csv"), "--out", str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["spaces"] == 12
    assert facilities_from_json(out.read_text(encoding="utf-8")).facilities[0].capacity == 12
    assert call(["parking", "facilities", "import", str(tmp_path / "p.csv"), "--out", str(out)]) == 2
    assert "--overwrite" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["facilities", "import", "p.csv"], "either --out FILE, or --service"),
        (["facilities", "import", "nowhere.csv", "--out", "x.json"], "cannot read the file of facilities"),
        (["serve", "--data", "d", "--host", "0.0.0.0"], "is reached by others"),
        (["overview", "--service", "http://10.0.0.1", "--credential", "c.json"], "cannot read the credential"),
    ],
)
def test_what_is_wrong_is_one_line(
    arguments: list[str],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert call(["parking", *arguments]) == 2
    assert words in capsys.readouterr().err


def test_a_credential_that_others_may_read_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "c.json"
    path.write_text("{}", encoding="utf-8")
    path.chmod(0o644)
    assert call(["parking", "overview", "--service", "http://127.0.0.1:1", "--credential", str(path)]) == 2
    assert "others may read" in capsys.readouterr().err
