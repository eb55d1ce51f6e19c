"""`detectors listen` and `detectors replay` as a user calls them."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench.broker import Broker, broker
from signal_ctrl.cli import main
from tests.detectors.live.wire import edges
from tests.signal_ctrl.gateways.brokers import needs_broker

Call = Callable[..., tuple[int, str, str]]
COMMAND = (sys.executable, "-c", "from signal_ctrl.cli.main import main; main()", "detectors")
LOOPS = """<additional>
<inductionLoop id="J/1" lane="a_0" pos="3" length="2.00" period="86400" file="NUL"/>
<inductionLoop id="J/2" lane="a_1" pos="3" length="4.00" period="86400" file="NUL"/>
</additional>"""


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Return a function that carries out a command line beside a log of a minute and a half and a file of loops."""
    monkeypatch.chdir(tmp_path)
    rows = edges(90) + edges(90, channel=2, every_ms=3100)
    lines = [f"{row.time_ms / 1000},{row.device},{row.code},{row.parameter}" for row in rows]
    Path("log.csv").write_text("time_s,device,code,parameter\n" + "\n".join(lines) + "\n")
    Path("loops.add.xml").write_text(LOOPS)

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main.call(("detectors", *arguments))
        out, err = capsys.readouterr()
        return code, out, err

    return run


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Broker]:
    with broker() as running:
        (tmp_path / "broker.toml").write_text(f'host = "127.0.0.1"\nport = {running.port}\n')
        yield running


def test_a_log_is_played_into_the_core(call: Call) -> None:
    code, out, _ = call("replay", "log.csv", "--speed", "max", "--json", "--out", "e.csv", "--bins", "b.csv")
    found = json.loads(out)
    lines = len(Path("log.csv").read_text().splitlines())
    assert (code, found["events"]) == (0, lines - 1)
    (source,) = found["sources"]
    assert (source["name"], source["duplicates"], source["missing"], source["refused"]) == ("J", 0, [], {})
    assert len(Path("e.csv").read_text().splitlines()) == lines
    assert len(Path("b.csv").read_text().splitlines()) == 1 + found["bins"] > 4
    assert sorted(p.name for p in Path().iterdir()) == ["b.csv", "e.csv", "log.csv", "loops.add.xml"]


def test_loops_are_judged_and_what_is_not_checked_is_said(call: Call) -> None:
    code, out, _ = call("replay", "log.csv", "--speed", "max", "--layout", "loops.add.xml")
    assert code == 0
    assert "loops: 2 judged, 0 not ok" in out
    assert "not checked: on through green" in out and "not checked: loops before and behind" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("replay", "no.csv"), "cannot read the event log no.csv"),
        (("replay", "log.csv", "--speed", "0"), "--speed is a number above 0"),
        (("replay", "log.csv", "--speed", "fast"), "--speed is a number above 0"),
        (("replay", "log.csv", "--out", "log.csv"), "log.csv exists"),
        (("replay", "log.csv", "--out", "x.csv", "--bins", "x.csv"), "name the same file"),
        (("replay", "log.csv", "--mqtt", "b.toml", "--out", "x.csv"), "are of the listener"),
        (("replay", "log.csv", "--layout", "log.csv"), "not well-formed"),
        (("replay", "log.csv", "--period", "0"), "a bin lasts"),
        (("replay", "log.csv", "--source", "a\nb"), "--source is a name"),
        (("listen", "--mqtt", "no.toml"), "cannot read the file no.toml"),
        (("listen", "--mqtt", "b.toml", "--clock", "sun"), "--clock is machine or stream"),
        (("listen", "--mqtt", "b.toml", "--for", "0"), "--for is a number"),
        (("listen", "--mqtt", "b.toml", "--hold", "99"), "0 to 60 s"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(call: Call, arguments: tuple[str, ...], words: str) -> None:
    Path("b.toml").write_text('host = "127.0.0.1"\n')
    before = {p.name for p in Path().iterdir()}
    code, out, err = call(*arguments)
    assert (code, out) == (2, "")
    assert words in err and len(err.splitlines()) == 1
    assert {p.name for p in Path().iterdir()} == before


def test_no_broker_is_a_broken_environment(call: Call) -> None:
    Path("b.toml").write_text('host = "127.0.0.1"\nport = 1\n')
    code, _, err = call("listen", "--mqtt", "b.toml", "--out", "e.csv")
    assert code == 3 and "no broker at 127.0.0.1:1" in err
    assert not list(Path().glob("*e.csv*"))


@needs_broker
@pytest.mark.slow
@pytest.mark.usefixtures("own")
def test_what_is_replayed_at_a_broker_is_heard_and_ctrl_c_leaves_whole_files(call: Call) -> None:
    command = [*COMMAND, "listen", "--mqtt", "broker.toml", "--clock", "stream", "--out", "e.csv", "--bins", "b.csv"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as listener:
        try:
            assert listener.stderr is not None and "listening at 127.0.0.1" in listener.stderr.readline()
            code, out, _ = call("replay", "log.csv", "--speed", "max", "--mqtt", "broker.toml", "--json")
            assert code == 0
            time.sleep(1.5)
            assert not Path("e.csv").exists()
            listener.send_signal(signal.SIGINT)
            said, err = listener.communicate(timeout=20)
        finally:
            listener.kill()
    assert listener.returncode == 0, err
    log = [line.split(",") for line in Path("log.csv").read_text().splitlines()[1:]]
    heard = [line.split(",") for line in Path("e.csv").read_text().splitlines()[1:]]
    in_order = sorted(((float(t), *rest) for t, *rest in log), key=lambda row: row[0])
    assert in_order == [(float(t), d, c, p) for t, d, c, p, _, _ in heard]
    assert json.loads(out)["events"] == len(log)
    assert f"{len(log)} events of 1 sources" in said
    assert not [path for path in Path().iterdir() if path.name.startswith(".")]
    code, _, _ = call("replay", "log.csv", "--speed", "max", "--bins", "direct.csv")
    assert Path("direct.csv").read_text() == Path("b.csv").read_text()
