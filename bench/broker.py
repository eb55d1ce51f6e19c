"""A real broker for measurements and tests: Debian's mosquitto on a port of this machine, with settings of its own."""

import contextlib
import getpass
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from signal_ctrl.domain.errors import BackendError, BackendTimeoutError

PACKAGE: Final = "mosquitto"
_START_S: Final = 10.0
_PLACES: Final = "/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin"


def mosquitto() -> str | None:
    """Return the path of the broker's program, None where the machine has none."""
    return shutil.which(PACKAGE) or shutil.which(PACKAGE, path=_PLACES)


@dataclass(slots=True)
class Broker:
    """A broker that can be ended and started again on its port. `keeps`: sessions outlast an orderly end."""

    folder: Path
    port: int
    lines: Sequence[str] = ("allow_anonymous true",)
    keeps: bool = False
    process: "subprocess.Popen[bytes] | None" = field(default=None)

    def start(self) -> None:
        """Start it and wait until it answers. Raises: BackendError if it does not."""
        program = mosquitto()
        if program is None:
            raise BackendError(f"there is no {PACKAGE}: apt-get install {PACKAGE}")
        settings = self.folder / "mosquitto.conf"
        listener = f"listener {self.port} 127.0.0.1"
        more = ("max_queued_messages 100000", "max_inflight_messages 1000", "log_type error")
        who = f"user {getpass.getuser()}"  # started by root it would otherwise become another user
        kept = (f"persistence {str(self.keeps).lower()}", f"persistence_location {self.folder}/")
        settings.write_text("\n".join((who, *kept, *more, listener, *self.lines)) + "\n", encoding="utf-8")
        with (self.folder / "mosquitto.log").open("ab") as log:
            self.process = subprocess.Popen([program, "-c", str(settings)], stdout=log, stderr=log)
        self._await()

    def _await(self) -> None:
        until_s = time.monotonic() + _START_S
        while time.monotonic() < until_s:
            if self.process is None or self.process.poll() is not None:
                raise BackendError(f"{PACKAGE} does not start: {self._said()}")
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 0.5):
                return
            time.sleep(0.02)
        raise BackendTimeoutError(f"{PACKAGE} does not answer on port {self.port}")

    def _said(self) -> str:
        return (self.folder / "mosquitto.log").read_text(encoding="utf-8", errors="replace").strip()[-300:]

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def stop(self) -> None:
        """End it in good order."""
        if self.process is not None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(_START_S)
        self.kill()


def free_port() -> int:
    """Return a port of this machine that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def broker(lines: Sequence[str] = ("allow_anonymous true",), keeps: bool = False) -> Iterator[Broker]:
    """Yield a broker that runs while the block lasts. Args: lines, of its settings; keeps, sessions on disk."""
    with tempfile.TemporaryDirectory(prefix="signal-ctrl-broker-") as folder:
        Path(folder).chmod(0o755)
        own = Broker(Path(folder), free_port(), lines, keeps)
        own.start()
        try:
            yield own
        finally:
            own.kill()
