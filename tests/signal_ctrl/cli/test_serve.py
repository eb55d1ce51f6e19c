"""The service as a process: first start, accounts from the command line, stop; and what it refuses to do."""

import io
import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyotp
import pytest

from signal_ctrl.centre.ports import Condition
from signal_ctrl.cli import serving
from signal_ctrl.cli.main import call
from signal_ctrl.stores.store import SqlStore
from signal_ctrl.web.server import Place
from signal_ctrl.web.settings import Settings

PASSWORD = "plain horse 41 battery"
COMMAND = [sys.executable, "-c", "from signal_ctrl.cli.main import main; main()"]


class Service:
    """`signal-ctrl serve` on a free port."""

    def __init__(self, data: Path) -> None:
        self.data = data
        with (data.parent / "log").open("a") as log:
            command = [*COMMAND, "serve", "--data", str(data), "--port", "0"]
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        assert self.process.stdout is not None
        self.said = ""
        while "listening on" not in self.said:
            line = self.process.stdout.readline()
            assert line, (data.parent / "log").read_text()
            self.said += line
        found = re.search(r"http://\S+", self.said)
        assert found is not None
        self.url = found.group()

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    made = Service(tmp_path / "data")
    yield made
    if made.process.poll() is None:
        made.process.kill()
        made.process.wait()
    made.process.stdout.close()


class Terminal:
    """Runs commands in this process, with lines on standard input."""

    def __init__(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, session: Path) -> None:
        self.capsys, self.monkeypatch = capsys, monkeypatch
        monkeypatch.setenv("SIGNAL_CTRL_SESSION", str(session))

    def run(self, *arguments: str, lines: Iterator[str] | None = None) -> tuple[int, str]:
        """Run a command; a line may be made when it is asked for."""
        self.capsys.readouterr()
        self.monkeypatch.setattr("sys.stdin", Lines(lines or iter(())))
        code = call(list(arguments))
        said = self.capsys.readouterr()
        return code, said.out + said.err

    def codes(self, secrets: list[str]) -> Iterator[str]:
        """Make the first code of the secret that was shown just now."""
        secrets.append(self.capsys.readouterr().out.split("authenticator: ")[1].split()[0])
        yield pyotp.TOTP(secrets[-1]).now()


class Lines(io.StringIO):
    """Standard input that is no terminal."""

    def __init__(self, lines: Iterator[str]) -> None:
        super().__init__()
        self.lines = lines

    def readline(self, *_: object) -> str:
        return next(self.lines) + "\n"


@pytest.mark.slow
def test_from_the_first_start_to_the_first_colleague(  # noqa: PLR0915  # one way, from the first step to the last
    service: Service, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    session, secrets = tmp_path / "session.json", list[str]()
    terminal = Terminal(capsys, monkeypatch, session)
    secret, data = (service.data / "first-admin").read_text().strip(), str(service.data)
    assert (service.data / "first-admin").stat().st_mode & 0o077 == 0 and secret not in service.said
    code, text = terminal.run("user", "password", "admin", "--centre", service.url, lines=iter((secret, PASSWORD)))
    assert code == 0, text
    code, text = terminal.run("login", "admin", "--centre", service.url, lines=iter((PASSWORD, "")))
    assert code == 0 and "no second factor" in text
    assert session.stat().st_mode & 0o077 == 0
    code, text = terminal.run("user", "list")
    assert code == 1 and "enrol" in text, "nothing but that is open"
    code, text = terminal.run("user", "totp", lines=terminal.codes(secrets))
    assert code == 0, text
    code, text = terminal.run("user", "add", "bob", "--role", "operator", "--district", "north", "--json")
    assert code == 0 and len(json.loads(text)["invitation"]) == 43
    code, text = terminal.run("user", "list", "--json")
    assert [(each["login"], each["role"]) for each in json.loads(text)] == [("admin", "admin"), ("bob", "operator")]
    code, text = terminal.run("user", "change", "bob", "--role", "viewer")
    assert (code, text) == (0, "bob is viewer, everywhere, enabled\n")
    code, text = terminal.run("user", "add", "eve", "--role", "viewer", "--data", data)
    assert code == 2 and "stop it first" in text, "one process writes"
    assert terminal.run("logout")[0] == 0 and not session.exists()
    assert terminal.run("user", "list")[0] == 1
    assert service.stop() == 0
    log = (tmp_path / "log").read_text()
    for hidden in (secret, PASSWORD, *secrets):
        assert hidden not in log
    assert all(json.loads(line) for line in log.splitlines())
    code, text = terminal.run("user", "add", "eve", "--role", "viewer", "--data", data, "--json")
    assert code == 0 and json.loads(text)["login"] == "eve"
    code, text = terminal.run("user", "totp", "eve", "--data", data, lines=terminal.codes(secrets))
    assert code == 0, text
    assert terminal.run("user", "totp", "eve", "--data", data, lines=terminal.codes(secrets))[0] == 1, "it has one"
    assert terminal.run("user", "totp", "nobody", "--data", data, lines=terminal.codes(secrets))[0] == 2
    assert terminal.run("user", "totp", "eve")[0] == 2
    assert terminal.run("user", "disable", "eve", "--data", data) == (0, "eve is viewer, everywhere, disabled\n")
    _, text = terminal.run("audit", "list", "--data", data, "--json")
    done = {each["action"] for each in json.loads(text)}
    assert done >= {"user/add", "password/first", "login", "logout", "user/change", "second-factor/enrol"}


def test_a_store_that_fails_ends_the_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "start_logs", lambda _stream: None)
    said: list[str] = []
    work = serving.Serving(tmp_path / "data", "", Place(port=0), Settings(), announce=said.append)
    with ThreadPoolExecutor(1) as thread:
        code = thread.submit(serving.serve, work)
        for _ in range(600):
            if any("listening" in line for line in said) or code.done():
                break
            time.sleep(0.05)
        monkeypatch.setattr(SqlStore, "condition", property(lambda _: Condition.FAILED))
        assert code.result(30) == 3


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--host", "0.0.0.0"), "tls-cert"),
        (("--tls-cert", "missing.pem", "--tls-key", "missing.key"), "no file"),
        (("--tls-cert", "missing.pem"), "both"),
        (("--port", "70000"), "65535"),
        (("--watcher", "everywhere"), "--watcher"),
    ],
)
def test_what_cannot_be_served_is_one_line(
    arguments: tuple[str, ...], why: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(["serve", "--data", str(tmp_path / "data"), *arguments]) == 2
    assert why in capsys.readouterr().err


@pytest.mark.parametrize("command", [("serve",), ("parking", "serve")])
def test_a_taken_port_is_told_in_one_line_before_anything_is_made(
    command: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "data"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert call([*command, "--data", str(data), "--port", port]) == 3
    said = capsys.readouterr()
    assert said.out == "" and said.err.count("\n") == 1
    assert said.err.startswith(f"signal-ctrl: cannot listen on 127.0.0.1, port {port}: ")
    assert not data.exists()
