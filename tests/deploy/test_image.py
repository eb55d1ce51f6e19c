"""The image and what compose starts in it, as far as it goes without a container: what the Dockerfile copies is installed
as it says, and the command and the health check of compose run on that copy, beside a server of PostgreSQL."""

import fnmatch
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from tests.signal_ctrl.web.certificates import write_certificate

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
PAGE_BUILT = (ROOT / "signal_ctrl/web/built", ROOT / "signal_ctrl/web/built_parking")


def steps() -> list[list[str]]:
    """Return the instructions of the image that is left, in words; those of the stage before it are left out."""
    text = re.sub(r"\\\n\s*", " ", (DEPLOY / "Dockerfile").read_text())
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    last = max(number for number, line in enumerate(lines) if line.startswith("FROM "))
    return [shlex.split(line) for line in lines[last:]]


def is_left_out(name: str) -> bool:
    """Tell whether .dockerignore keeps a path of the checkout out of the image; the last line that fits decides."""
    left_out = False
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        pattern = line.removeprefix("!")
        if not line or line.startswith("#"):
            continue
        parts = name.split("/")
        above = ["/".join(parts[:n]) for n in range(1, len(parts) + 1)]
        wanted = pattern.removeprefix("**/")
        fits = any(fnmatch.fnmatchcase(each if wanted == pattern else each.split("/")[-1], wanted) for each in above)
        left_out = not line.startswith("!") if fits else left_out
    return left_out


def test_no_secret_and_nothing_of_this_machine_gets_into_an_image() -> None:
    for name in ("deploy/secrets/key.pem", ".git/config", ".venv/bin/python", "out/demo/report.html", "centre/keys/audit.pem",
                 "signal_ctrl/web/page/node_modules/x/y.js", "signal_ctrl/web/built/index.html", "bench/results/load.jsonl",
                 "signal_ctrl/cli/__pycache__/main.pyc"):  # fmt: skip
        assert is_left_out(name), name
    for name in (
        "requirements.lock",
        "signal_ctrl/cli/main.py",
        "bench/tuned/cologne1.json",
        "signal_ctrl/web/page/build.mjs",
    ):
        assert not is_left_out(name), name


def test_whatever_is_copied_is_there_and_not_left_out() -> None:
    text = (DEPLOY / "Dockerfile").read_text()
    copied = [line.split()[1:-1] for line in text.splitlines() if line.startswith("COPY ")]
    sources = [name for words in copied for name in words if not words[0].startswith("--from=")]
    assert len(sources) > 8
    for name in sources:
        assert (ROOT / name).exists() and not is_left_out(name), name
    built = [words[1] for words in copied if words[0].startswith("--from=")]
    assert [Path(name).name for name in built] == [path.name for path in PAGE_BUILT]


def put_together(source: Path) -> None:
    """Copy what the Dockerfile copies; what its first stage builds is taken from `make page`."""
    for _, *words in (step for step in steps() if step[0] == "COPY"):
        *names, to = [word for word in words if not word.startswith("--")]
        for name in names:
            if words[0].startswith("--from="):
                shutil.copytree(ROOT / "signal_ctrl/web" / Path(name).name, source / to)
            elif (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, source / to, ignore=ignored)
            else:
                shutil.copy(ROOT / name, source / to)


def ignored(folder: str, names: list[str]) -> list[str]:
    at = Path(folder).relative_to(ROOT)
    return [name for name in names if is_left_out((at / name).as_posix())]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the installed program, made as the Dockerfile makes it; its libraries are those here."""
    if not all((path / "index.html").exists() for path in PAGE_BUILT):
        pytest.skip("the page is not built: make page")
    source, site = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("site")
    put_together(source)
    run = next(" ".join(step[1:]) for step in steps() if step[0] == "RUN" and "--no-deps" in step)
    words = run.split(" && ", maxsplit=1)[0].split()
    assert words[:2] == ["pip", "install"]
    command = [sys.executable, "-m", *words, "--quiet", "--target", str(site)]
    done = subprocess.run(command, cwd=source, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    return site


@pytest.mark.slow
def test_the_image_holds_the_program_and_both_pages(installed: Path) -> None:
    for path in PAGE_BUILT:
        there = installed / path.relative_to(ROOT)
        assert {each.name for each in there.iterdir()} == {each.name for each in path.iterdir()}
    assert list((installed / "bench/tuned").glob("*.json"))
    assert not (installed / "tests").exists() and not (installed / "bench/results").exists()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture
def centre(installed: Path, tmp_path: Path, new_database: Callable[[], str]) -> Iterator[tuple[int, Path]]:
    """Start the command of compose on what was installed, with this machine's folders in place of the container's."""
    service: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]["centre"]
    (tmp_path / "run/secrets").mkdir(parents=True)
    certificate, key = write_certificate(tmp_path)
    certificate.rename(tmp_path / "run/secrets/cert")
    key.rename(tmp_path / "run/secrets/key")
    secret = tmp_path / "run/secrets/backup-secret"
    secret.touch(0o600)
    secret.write_text("0123456789abcdef" * 4)
    port = free_port()
    command = [
        word.replace("=/", f"={tmp_path}/").replace("=8443", f"={port}").replace("=0.0.0.0", "=127.0.0.1")
        if not word.startswith("--database=")
        else f"--database={new_database()}"
        for word in service["command"]
    ]
    assert {word.split("=")[0] for word in command} == {word.split("=")[0] for word in service["command"]}
    program = [sys.executable, "-P", "-c", "from signal_ctrl.cli.main import main; main()"]
    environment = {**os.environ, "PYTHONPATH": str(installed), "HOME": str(tmp_path)}
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen([*program, *command], stdout=log, stderr=log, cwd=tmp_path, env=environment)
    until_s = time.monotonic() + 60
    while "listening on" not in (tmp_path / "log").read_text() and time.monotonic() < until_s:
        assert process.poll() is None, (tmp_path / "log").read_text()
        time.sleep(0.1)
    yield port, tmp_path
    process.send_signal(signal.SIGTERM)
    assert process.wait(int(service["stop_grace_period"].removesuffix("s"))) == 0, (tmp_path / "log").read_text()


@pytest.mark.slow
def test_what_compose_starts_serves_the_page_and_is_healthy(centre: tuple[int, Path]) -> None:
    port, folder = centre
    service: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]["centre"]
    kind, program, *check = service["healthcheck"]["test"]
    assert (kind, program) == ("CMD", "python")
    code = [word.replace(":8443", f":{port}") for word in check]
    done = subprocess.run([sys.executable, *code], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    bad = [word.replace(":8443", f":{free_port()}") for word in check]
    assert subprocess.run([sys.executable, *bad], capture_output=True, timeout=30, check=False).returncode != 0
    answer = httpx.get(f"https://127.0.0.1:{port}/", verify=False)
    assert answer.status_code == 200 and re.search(r'src="/?[^"]*page-[0-9a-f]{16}\.js"', answer.text)
    assert (folder / "data/first-admin").stat().st_mode & 0o077 == 0
