"""What a machine needs to run the engine, looked at one by one."""

import importlib.util
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from signal_ctrl.cli.versions import version_of

OK: Final = "ok"
WARN: Final = "warn"
FAIL: Final = "fail"

OLDEST_PYTHON: Final = (3, 11)
SUMO_PACKAGES: Final = ("eclipse-sumo", "libsumo", "traci", "sumolib")
LIBRARIES: Final = ("numpy", "numba", "scipy", "polars", "typer", "rich")
SETUP: Final = "run 'make setup'"
WEB: Final = Path(__file__).parents[1] / "web"
PAGES: Final = ("built", "built_parking")
SUMO_LIBRARIES: Final = "libatomic1 libgl1 libx11-6 libxext6 libxrender1"
_WANTED_BYTES: Final = 2 * 10**9
_NEEDED_BYTES: Final = 2 * 10**8
_TINY_RUN_S: Final = 60

_TINY_NETWORK: Final = """<net version="1.20">
 <location netOffset="0,0" convBoundary="0,0,100,0" origBoundary="0,0,100,0" projParameter="!"/>
 <edge id="e" from="a" to="b" priority="1">
  <lane id="e_0" index="0" speed="10" length="100" shape="0,0 100,0"/>
 </edge>
 <junction id="a" type="dead_end" x="0" y="0" incLanes="" intLanes="" shape="0,0 0,3"/>
 <junction id="b" type="dead_end" x="100" y="0" incLanes="e_0" intLanes="" shape="100,0 100,3"/>
</net>
"""
_TINY_PROGRAMME: Final = (
    "import sys, libsumo; libsumo.start(['sumo', '-n', sys.argv[1], '--no-step-log', '--end', '5'])\n"
    "libsumo.simulationStep(); assert libsumo.simulation.getTime() == 1.0; libsumo.close()"
)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at: ok, warn or fail, what was found, and the fix where one is due."""

    name: str
    verdict: str
    detail: str
    fix: str = ""


def examine() -> tuple[Check, ...]:
    """Look at everything, the quick things first."""
    return tuple(check for look in _LOOKS for check in look())


def python_version() -> Iterator[Check]:
    """Look at the interpreter."""
    wanted = ".".join(map(str, OLDEST_PYTHON))
    new_enough = sys.version_info >= OLDEST_PYTHON
    fix = "" if new_enough else f"make setup PYTHON=python{wanted}"
    yield Check("Python", OK if new_enough else FAIL, f"{platform.python_version()}, needs {wanted} or newer", fix)


def libraries() -> Iterator[Check]:
    """Look whether the libraries are installed, without importing them."""
    missing = [name for name in LIBRARIES if version_of(name) is None]
    if missing:
        yield Check("libraries", FAIL, f"missing: {', '.join(missing)}", SETUP)
    else:
        yield Check("libraries", OK, ", ".join(f"{name} {version_of(name)}" for name in LIBRARIES))


def sumo_packages() -> Iterator[Check]:
    """Look whether SUMO's packages are there and of one version."""
    found = {name: version_of(name) for name in SUMO_PACKAGES}
    missing = [name for name, version in found.items() if version is None]
    if missing:
        yield Check("SUMO packages", FAIL, f"missing: {', '.join(missing)}", SETUP)
    elif len(set(found.values())) > 1:
        detail = ", ".join(f"{name} {version}" for name, version in found.items())
        yield Check("SUMO packages", FAIL, f"of different versions: {detail}", SETUP)
    else:
        yield Check("SUMO packages", OK, f"{found['libsumo']}, all of one version")


def sumo_home() -> Iterator[Check]:
    """Look whether SUMO_HOME points to another SUMO than the packages."""
    home = os.environ.get("SUMO_HOME")
    spec = importlib.util.find_spec("sumo")
    places = list(spec.submodule_search_locations or ()) if spec is not None else []
    if not home:
        yield Check("SUMO_HOME", OK, "not set, the packages are used")
    elif any(Path(home).resolve() == Path(place).resolve() for place in places):
        yield Check("SUMO_HOME", OK, "the packages")
    else:
        fix = "unset SUMO_HOME, so that schemas and emission tables come from the same version"
        yield Check("SUMO_HOME", WARN, f"points to another SUMO: {home}", fix)


def tiny_simulation() -> Iterator[Check]:
    """Start libsumo on one street, in a process of its own: it may take its process down."""
    with tempfile.TemporaryDirectory(prefix="signal-ctrl-") as folder:
        net = Path(folder) / "tiny.net.xml"
        net.write_text(_TINY_NETWORK, encoding="utf-8")
        command = [sys.executable, "-c", _TINY_PROGRAMME, str(net)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=_TINY_RUN_S, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            yield Check("libsumo", FAIL, f"does not start: {error}", SETUP)
            return
    if done.returncode == 0:
        yield Check("libsumo", OK, "runs a tiny simulation")
        return
    last = (done.stderr.strip() or done.stdout.strip() or f"exit code {done.returncode}").splitlines()[-1]
    yield Check("libsumo", FAIL, f"cannot run a simulation: {last}", _libsumo_fix(last))


def networks() -> Iterator[Check]:
    """Look whether the networks of the catalogue are there."""
    from signal_ctrl.domain.errors import SignalCtrlError
    from sumo_scenarios.catalogue import names, resolve
    from sumo_scenarios.configuration import read_configuration

    broken = []
    for name in names():
        try:
            read_configuration(resolve(name).config)
        except SignalCtrlError as error:
            broken.append(f"{name} ({error})")
    if broken:
        yield Check("networks", FAIL, f"missing: {'; '.join(broken)}", SETUP)
    else:
        yield Check("networks", OK, f"all {len(names())} of the catalogue")


def compiler_cache() -> Iterator[Check]:
    """Look whether compiled code can be kept, so that only the first run waits for the compiler."""
    place = os.environ.get("NUMBA_CACHE_DIR")
    spec = importlib.util.find_spec("optimiser")
    beside = list(spec.submodule_search_locations or ()) if spec is not None else []
    folders = [Path(place)] if place else [Path(found) for found in beside]
    if any(_writable(folder) for folder in folders) or (not place and _writable(Path.home() / ".cache")):
        yield Check("compiler cache", OK, "writable")
    else:
        fix = "set NUMBA_CACHE_DIR to a folder you may write to"
        yield Check("compiler cache", WARN, "not writable: every run compiles anew", fix)


def pages() -> Iterator[Check]:
    """Look whether the pages of the centre and of the parking service were built."""
    missing = [name for name in PAGES if not (WEB / name / "index.html").exists()]
    if missing:
        detail = "not built: 'serve', 'demo --city' and 'parking serve' have none to show"
        yield Check("pages", WARN, detail, "run 'make page' (Node 18 or newer and npm)")
    else:
        yield Check("pages", OK, "built")


def disk() -> Iterator[Check]:
    """Look at the current folder: may it be written, is there room."""
    here = Path.cwd()
    if _writable(here):
        yield Check("current folder", OK, f"{here} can be written")
    else:
        yield Check("current folder", WARN, f"{here} cannot be written", "give --out a folder you may write to")
    free = shutil.disk_usage(here).free
    verdict = OK if free >= _WANTED_BYTES else WARN if free >= _NEEDED_BYTES else FAIL
    fix = "" if verdict == OK else "make room, or give --out a folder on another disk"
    yield Check("disk", verdict, f"{free / 1e9:.1f} GB free", fix)


def processors() -> Iterator[Check]:
    """Look how many processors this process may use."""
    count = len(os.sched_getaffinity(0))
    fix = "" if count > 1 else "two let the demo and the bench run simulations side by side"
    yield Check("processors", OK if count > 1 else WARN, f"{count} usable", fix)


_LOOKS: Final[tuple[Callable[[], Iterator[Check]], ...]] = (
    python_version,
    libraries,
    sumo_packages,
    sumo_home,
    tiny_simulation,
    networks,
    compiler_cache,
    pages,
    disk,
    processors,
)


def _libsumo_fix(line: str) -> str:
    if ".so" in line:
        return f"install the shared library that it names (Debian: apt-get install {SUMO_LIBRARIES})"
    return SETUP


def _writable(folder: Path) -> bool:
    existing = next((path for path in (folder, *folder.parents) if path.exists()), folder)
    return existing.is_dir() and os.access(existing, os.W_OK | os.X_OK)
