"""How `signal-ctrl signs follow` asks, and how it ends."""

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from signal_ctrl.cabinet.signer import Signer
from signal_ctrl.cli.cabinet_run import read_credential
from signal_ctrl.cli.stopping import tidy_end
from signal_ctrl.domain.errors import BackendLostError
from signal_ctrl.domain.link.identity import ID_BYTES
from signal_ctrl.gateways.cabinet_wire import CabinetWire
from signal_ctrl.gateways.sign_follower import SignFace, SignFollower
from signal_ctrl.gateways.sign_guard import GuardProcess
from signal_ctrl.gateways.system_clock import SystemClock
from signal_ctrl.gateways.whole_file import write_whole

_LOOK_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class Following:
    """Whom to ask, how often [s], where to put what it says; whether a guard blanks that if this process is killed."""

    centre: str
    credential: Path
    out: Path
    authority: Path | None
    every_s: float
    once: bool
    watchdog: bool = False


@contextmanager
def _guarded(following: Following) -> Iterator[None]:
    """Keep a guard beside this process, where one is wanted."""
    guard = GuardProcess(following.out) if following.watchdog and not following.once else None
    try:
        yield
    finally:
        if guard is not None:
            guard.close()


def follow_signs(following: Following) -> Iterator[SignFace]:
    """Follow until asked to end; yield the face of each sign whenever it changes. At the end all signs are blank.

    Raises: InvalidInputError for a credential that is none or is refused; BackendError; BackendLostError with `once`.
    """
    credential = read_credential(following.credential)
    wire = CabinetWire(following.centre, str(following.authority) if following.authority else None)
    clock, boot = SystemClock(), secrets.token_bytes(ID_BYTES).hex()
    signer = Signer(credential.cabinet, credential.key, boot, clock, secrets.token_bytes)
    follower = SignFollower(wire, signer, clock, lambda text: write_whole(following.out, f"{text}\n"))
    with _guarded(following):
        try:
            yield from _faces(following, follower)
        finally:
            wire.close()
            if not following.once:
                follower.blank()


def _faces(following: Following, follower: SignFollower) -> Iterator[SignFace]:
    known: dict[str, SignFace] = {}
    with tidy_end() as stop:
        due_s = time.monotonic()
        while not stop.asked:
            if time.monotonic() >= due_s:
                answered, due_s = follower.poll(), due_s + following.every_s
                if following.once and not answered:
                    raise BackendLostError("the centre does not answer")
            faces = {face.sign_id: face for face in follower.look()}
            yield from (face for name, face in faces.items() if known.get(name) != face)
            known = faces
            if following.once:
                return
            time.sleep(min(_LOOK_S, following.every_s))
