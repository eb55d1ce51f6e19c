"""Every mutant of the table in mutants.py is caught by the scenario it names; a plain copy is not."""

import importlib
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

import signal_ctrl.domain.site as site_module
from tests.signal_ctrl.kernel.mutants import MUTANTS, Mutant
from tests.signal_ctrl.kernel.scenarios import CORE_MODULES, SCENARIOS
from tests.signal_ctrl.kernel.worlds import REAL, Library

PACKAGE: Final = Path(site_module.__file__).resolve().parent.parent
COPIED: Final = (
    *(
        f"domain/{name}.py"
        for name in ("__init__", "documents", "errors", "schedule", "site", "site_json", "site_parts", "site_rota")
    ),
    *(f"kernel/{name}.py" for name in ("__init__", *CORE_MODULES)),
)


@contextmanager
def mutated(folder: Path, mutant: Mutant | None) -> Iterator[Library]:
    """Give the library of a fresh copy of the package with the fault put in, and forget it afterwards."""
    package = folder / "mutant_ctrl"
    for name in ("__init__.py", *COPIED):
        target = package / name
        target.parent.mkdir(parents=True, exist_ok=True)
        source = (PACKAGE / name).read_text(encoding="utf-8")
        if mutant is not None and name == mutant.file:
            assert source.count(mutant.old) == 1, f"{mutant.name}: its text occurs {source.count(mutant.old)} times"
            source = source.replace(mutant.old, mutant.new)
        target.write_text(source.replace("signal_ctrl.", "mutant_ctrl."), encoding="utf-8")
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    try:
        yield Library("mutant_ctrl")
    finally:
        sys.path.remove(str(folder))
        for name in [name for name in sys.modules if name.partition(".")[0] == "mutant_ctrl"]:
            del sys.modules[name]
        shutil.rmtree(package)


def test_a_copy_without_fault_passes(tmp_path: Path) -> None:
    with mutated(tmp_path, None) as library:
        assert library.kernel.Kernel is not REAL.kernel.Kernel
        for name in ("prompt_changes", "panel_and_police", "monitor", "sources", "broken_sequencer"):
            assert not SCENARIOS[name](library), name


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: f"{mutant.rule}-{mutant.name}".replace(" ", "-"))
def test_mutant_is_caught(mutant: Mutant, tmp_path: Path) -> None:
    with mutated(tmp_path, mutant) as library:
        try:
            complaints = SCENARIOS[mutant.scenario](library)
        except (
            library.errors.SignalCtrlError,
            AssertionError,
        ) as error:  # any other error: not what the table says
            complaints = [repr(error)]
    assert complaints, f"{mutant.name} passes {mutant.scenario}"


def test_the_table_covers_the_rules() -> None:
    assert {mutant.rule for mutant in MUTANTS} == {"K1", "K2", "K3", "K4", "K5", "K6", "K7", "K8", "K10", "C"}
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)
