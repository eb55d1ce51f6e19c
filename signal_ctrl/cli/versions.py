"""Versions of the engine and of what it stands on, read without importing any of it."""

import platform
from importlib import metadata


def version_of(package: str) -> str | None:
    """Return the installed version of a package, or None."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def versions() -> dict[str, str | None]:
    """Return the versions that a report or a fault message needs."""
    return {
        "signal-ctrl": version_of("signal-ctrl"),
        "sumo": version_of("libsumo"),
        "python": platform.python_version(),
    }


def version_line() -> str:
    """Return the line of `--version`."""
    found = versions()
    sumo = found["sumo"] or "missing: run 'make setup'"
    return f"signal-ctrl {found['signal-ctrl'] or 'not installed'} (SUMO {sumo}, Python {found['python']})"
