"""Damaged files in every place where a plan command reads one: one line in our own words, exit code 2."""

import re
from pathlib import Path

import pytest

from signal_ctrl.cli import main
from tests.sumo_scenarios.small_nets import write_town

BAD = {
    "empty": b"",
    "list": b"[]",
    "null": b"null",
    "brace": b"{",
    "nan": b'{"format": NaN}',
    "deep": b"[" * 100_000,
    "twice": b'{"format": 1, "format": 2}',
    "digits": b'{"format": ' + b"9" * 5000 + b"}",
    "binary": b"\x00\xff\xfe",
    "quote": b'begin_s,end_s,signal,from_edge,to_edge,vehicles\n0,900,C,"WC,CE,3\n',
    "field": b"begin_s,end_s,signal,from_edge,to_edge,vehicles\n0,900,C,WC,CE," + b"9" * 200_000 + b"\n",
    "open": b"<routes><a>",
    "table": b"a = \n",
}
FOREIGN = re.compile(
    r"\b[A-Z]\w*Error\b|Expecting|codec|Traceback|internal error|' object|subscriptable|NoneType|Errno|indices|set_int_max"
)
COUNTS = "begin_s,end_s,signal,from_edge,to_edge,vehicles\n0,900,C,WC,CE,60\n"
COMMANDS = (
    "plan show X",
    "plan check X --scenario town.sumocfg",
    "plan check plan.json --site X",
    "plan green-wave X.toml --out o.json",
    "plan green-wave X.json --out o.json",
    "plan cycle-split town.sumocfg --counts X --out o.json",
    "plan cycle-split town.sumocfg --counts counts.csv --saturation-flow X --missing-is-zero --out o.json",
    "plan network town.sumocfg --no-search --counts X --out o.json",
    "plan network town.sumocfg --no-search --dispersion X --out o.json",
    "plan network town.sumocfg --no-search --base X --out o.json",
    "plan network X.sumocfg --no-search --out o.json",
    "plan import X --from tllogic --scenario town.sumocfg --out o.json",
    "plan import X --from utdf --out folder",
    "plan export X --scenario town.sumocfg --to utdf --out o.csv",
    "plan sheet X --scenario town.sumocfg --out o.html",
    "plan schedule town.sumocfg --counts X --date 2026-03-02 --out folder",
    "plan ageing X town.sumocfg --counts counts.csv",
    "plan transition X plan.json --at 0 --site X",
    "plan judge X town.sumocfg",
    "scenarios demand town.net.xml --counts X --out folder",
    "scenarios demand town.net.xml --counts X --kind links --out folder",
    "scenarios calibrate town.sumocfg --saturation X --out folder",
    "scenarios calibrate town.sumocfg --speeds X --out folder",
    "scenarios count X.sumocfg --out o.csv",
)


@pytest.mark.parametrize("command", COMMANDS)
def test_damaged_files_are_one_line_in_our_own_words(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write_town(tmp_path)
    Path("town.rou.xml").write_text("<routes/>")
    Path("counts.csv").write_text(COUNTS)
    Path("plan.json").write_text("{}")
    for name, content in BAD.items():
        for suffix in ("", ".toml", ".json", ".sumocfg"):
            Path(f"bad-{name}{suffix}").write_bytes(content)
        words = [re.sub(r"^X", f"bad-{name}", word) for word in command.split()]
        code, error = main.call(words), capsys.readouterr().err
        assert code == 2, (words, error)
        assert error.count("\n") == 1, (words, error)
        assert FOREIGN.search(error) is None, (words, error)
        assert len(error) < 600, (words, error)
    assert not Path("folder").exists() and not Path("o.json").exists()
