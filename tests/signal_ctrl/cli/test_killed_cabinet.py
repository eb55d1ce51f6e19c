"""A cabinet killed with SIGKILL while its fault is latched: the next start is latched, whatever its clock and lamps."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bench.link.site import trial_site
from signal_ctrl.cli.main import call
from signal_ctrl.domain.link.credential import Credential, credential_to_json
from signal_ctrl.domain.site_json import site_to_json
from tests.patience import PATIENCE_S, until
from tests.signal_ctrl.cli.test_killed_centre import shown_in
from tests.signal_ctrl.cli.test_serve import COMMAND

NOBODY = "http://127.0.0.1:9"


class Cabinet:
    """`signal-ctrl cabinet run` without a centre, on a folder that outlives it; each start ends by SIGKILL."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.data = folder, folder / "cab"
        self.boots: set[str] = set()
        (folder / "site.json").write_text(site_to_json(trial_site("cab-1")))
        (folder / "c.json").write_text(credential_to_json(Credential("cab-1", bytes(32), bytes(32))))
        (folder / "c.json").chmod(0o600)

    @contextmanager
    def running(self, lamps: str) -> Iterator[Path]:
        """Start it, and yield the file that it writes its lamps to once it runs."""
        run = ["cabinet", "run", "--centre", NOBODY, "--site", str(self.folder / "site.json"), "--json"]
        run += ["--credential", str(self.folder / "c.json"), "--data", str(self.data)]
        file = self.folder / lamps
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen([*COMMAND, *run, "--lamps", str(file)], stdout=log, stderr=log)
        try:
            until(lambda: self.status().get("boot", "") not in {"", *self.boots} and file.exists(), "another start")
            self.boots.add(self.status()["boot"])
            yield file
        finally:
            process.kill()
            assert process.wait(PATIENCE_S) == -9

    def status(self) -> dict[str, Any]:
        try:
            return dict(json.loads((self.data / "status.json").read_text()))
        except (FileNotFoundError, ValueError):
            return {}


@pytest.mark.slow
def test_a_latch_is_there_after_kill_9_and_ends_by_a_reset_at_the_cabinet_alone(tmp_path: Path) -> None:
    cabinet = Cabinet(tmp_path)
    with cabinet.running("first") as lamps:
        until(lambda: "G" in lamps.read_text(), "a green")
        assert call(["cabinet", "lamp", "--data", str(cabinet.data), "side=red+green"]) == 0
        until((cabinet.data / "latch").exists, "a latch on the disk")
    assert call(["cabinet", "lamp", "--data", str(cabinet.data)]) == 0  # the lamps work again, and nobody resets it
    for name in ("second", "third"):
        with cabinet.running(name) as lamps:
            until(lambda: cabinet.status()["frames"]["made"] > 60, "some seconds of flashing")
            status = cabinet.status()
        assert status["mode"] == "fault" and "side" in status["reason"]
        assert {letter for _, lit in shown_in(lamps) for letter in lit} in ({"o"}, {"o", "O"}), "flashing, or dark"
    with cabinet.running("last"):
        until(lambda: cabinet.status()["frames"]["made"] > 50, "lamps that were sound for 3 s")
        assert call(["cabinet", "reset", "--data", str(cabinet.data)]) == 0
        until(lambda: cabinet.status()["mode"] == "running", "service")
        assert not (cabinet.data / "latch").exists()
    assert len(cabinet.boots) == 4
