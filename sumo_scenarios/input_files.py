"""The files that a run reads, told apart by what is in them."""

import hashlib
import os
from pathlib import Path
from typing import Final

from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.configuration import Configuration

_HASH_CHUNK: Final = 1 << 20


def input_hashes(config: Configuration) -> dict[str, str]:
    """Return the SHA-256 of every input file, by its path from the folder of the configuration.

    Raises: InvalidInputError if a file cannot be read.
    """
    files = (config.path, config.net, *config.routes, *config.additional)
    return {os.path.relpath(file, config.path.parent): _hash(file) for file in files}


def _hash(path: Path) -> str:
    state = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_HASH_CHUNK):
                state.update(chunk)
    except OSError as error:
        raise InvalidInputError(f"cannot read {path}: {error.strerror or error}") from error
    return state.hexdigest()
