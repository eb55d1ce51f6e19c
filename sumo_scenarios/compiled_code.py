"""Whether the rollout's compiled code is at hand; without it the first run of an installation takes longer."""

import importlib.util
import os
from pathlib import Path
from typing import Final

NOTICE: Final = "compiling the rollout for this machine, once: this run takes up to 30 s more"


def compiled_before() -> bool:
    """Return whether numba has kept compiled code of the rollout."""
    spec = importlib.util.find_spec("optimiser")
    places = list(spec.submodule_search_locations or ()) if spec is not None else []
    folder = Path(os.environ.get("NUMBA_CACHE_DIR") or Path(places[0]) / "__pycache__")
    return any(folder.rglob("rollout_core.evaluate_flat-*.nbc"))
