"""SUMO's programs run as processes of their own: what they say when they fail, as one line."""

import subprocess
from collections.abc import Sequence

from signal_ctrl.domain.errors import BackendError


def run_program(command: Sequence[str], name: str, timeout_s: float) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, which need not be a good one.

    Args: name, what it is for people (`SUMO`).
    Raises: BackendError if it cannot be run or takes longer than allowed [s].
    """
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=timeout_s, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BackendError(f"{name} cannot be run: {error}; 'signal-ctrl doctor' says what is missing") from error


def said_of(done: subprocess.CompletedProcess[str]) -> str:
    """Return the first error that a program of SUMO's wrote."""
    return next((line for line in done.stderr.splitlines() if line.startswith("Error")), "it gives no reason")
