"""Rows of a summary, as many as a test wants."""

from typing import Any


def row(controller: str, seed: int, delay_s: float | None, **more: Any) -> dict[str, Any]:
    found = {
        "scenario": "town", "controller": controller, "seed": seed, "demand_seed": 0, "sensing": "loops",
        "profile": "published", "scale": 1.0, "failure_rate": 0.0, "closures": [], "options": [],
        "status": "complete", "delay_s_per_vehicle": delay_s, "valid": True, "invalid": [],
        "begin_s": 0.0, "end_s": 3600.0, "vehicles": {"total": 1000},
    } | more  # fmt: skip
    return {"run_dir": f"runs/{found['scenario']}/{controller}-s{seed}-d{found['demand_seed']}", **found}


def runs(controller: str, delays_s: list[float], **more: Any) -> list[dict[str, Any]]:
    """Return a row per delay, seeds from 1."""
    return [row(controller, seed, delay_s, **more) for seed, delay_s in enumerate(delays_s, start=1)]
