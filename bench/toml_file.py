"""Files of the user in TOML."""

import tomllib
from pathlib import Path
from typing import Any

from signal_ctrl.domain.errors import InvalidInputError


def read_toml(path: Path) -> dict[str, Any]:
    """Return what a TOML file holds. Raises: InvalidInputError if it cannot be read or is no TOML."""
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except OSError as error:
        raise InvalidInputError(f"cannot read {path}: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise InvalidInputError(f"{path} is no TOML that can be read: {error}") from error
