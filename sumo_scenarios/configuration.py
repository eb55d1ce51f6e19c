"""A `.sumocfg` read into a value: its inputs as absolute paths, its times, and the options worth keeping."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.xml_input import elements, parse_time_s

_SYNONYMS: Final = {
    "n": "net-file", "net": "net-file", "r": "route-files", "routes": "route-files",
    "a": "additional-files", "additional": "additional-files", "b": "begin", "e": "end",
    "weights": "weight-files", "w": "weight-files", "s": "route-steps", "srand": "seed", "abs-rand": "random",
}  # fmt: skip
_FILE_LISTS: Final = frozenset({"route-files", "additional-files", "weight-files", "device.fcd-replay.files"})
_FILES: Final = _FILE_LISTS | {"net-file", "load-state", "astar.all-distances", "astar.landmark-distances"}
_OURS: Final = {
    "time-to-teleport": "-1",
    "max-depart-delay": "-1",
    "scale": "1",
    "seed": None,
    "random": "false",
    "mesosim": "false",
    "no-internal-links": "false",
    "tls.all-off": "false",
    "ignore-junction-blocker": "-1",
    "emergency-insert": "false",
}
"""What a run sets itself, with the value that makes no difference."""
_TELEPORTS: Final = "time-to-teleport."
_TRUE: Final = frozenset({"true", "1", "x", "yes", "on", "t"})
_DROPPED: Final = frozenset(
    [
        "c",
        "configuration",
        "configuration-file",
        "C",
        "save-config",
        "save-configuration",
        "save-template",
        "save-template.commented",
        "save-schema",
        "save-commented",
        "write-license",
        "write-metadata",
        "precision",
        "precision.geo",
        "human-readable-time",
        "H",
        "netstate",
        "ndump",
        "dump-empty-edges",
        "dump-precision",
        "person-fcd",
        "summary",
        "tripinfo",
        "personinfo",
        "personroutes",
        "vehroutes",
        "route-steps",
        "threads",
        "thread-rngs",
        "verbose",
        "v",
        "print-options",
        "help",
        "?",
        "version",
        "V",
        "xml-validation",
        "X",
        "no-warnings",
        "W",
        "suppress-warnings",
        "aggregate-warnings",
        "log",
        "log-file",
        "l",
        "message-log",
        "error-log",
        "language",
        "no-duration-log",
        "t",
        "no-step-log",
        "remote-port",
        "num-clients",
        "gui-settings-file",
        "g",
        "quit-on-end",
        "Q",
        "game",
        "G",
        "start",
        "S",
        "delay",
        "d",
        "breakpoints",
        "B",
        "edgedata-files",
        "data-files",
        "m",
        "alternative-net-file",
        "N",
        "selection-file",
        "demo",
        "D",
        "disable-textures",
        "T",
        "registry-viewport",
        "window-size",
        "window-pos",
        "tracker-interval",
        "osg-view",
        "gui-testing",
        "gui-testing-debug",
        "device.toc.file",
    ]
)
"""Output, report and display: none of them changes who drives where."""
_DROPPED_STARTS: Final = (
    "output-", "output.", "netstate", "vehroutes.", "save-", "device.ssm.", "xml-validation.", "log.",
    "duration-log.", "step-log.", "game.", "gui-testing", "pedestrian.jupedsim.wkt", "pedestrian.jupedsim.py",
    "device.fcd.", "person-device.fcd.",  # what is written of a run does not depend on the user's configuration
)  # fmt: skip
_DROPPED_PARTS: Final = ("-output", ".output")
_VARIABLE: Final = re.compile(r"\$\{(.+?)\}")


@dataclass(frozen=True, slots=True)
class Configuration:
    """What a run takes from a `.sumocfg`. Times [s] are None where the file gives none."""

    path: Path
    net: Path
    routes: tuple[Path, ...]
    additional: tuple[Path, ...]
    begin_s: float | None
    end_s: float | None
    step_s: float
    options: tuple[tuple[str, str], ...]
    notices: tuple[str, ...]


def read_configuration(path: Path) -> Configuration:
    """Return the configuration of a file.

    Raises: InvalidInputError if it is damaged, names no network or names files that do not exist.
    """
    values, notices = _options(path)
    nets = _files(path, values.pop("net-file", ""))
    if len(nets) != 1:
        raise InvalidInputError(f"{path} names {len(nets) or 'no'} net-file; it needs one")
    step_s = _time(path, values, "step-length")
    config = Configuration(
        path=path,
        net=nets[0],
        routes=_files(path, values.pop("route-files", "")),
        additional=_files(path, values.pop("additional-files", "")),
        begin_s=_time(path, values, "begin"),
        end_s=_time(path, values, "end"),
        step_s=1.0 if step_s is None else step_s,
        options=tuple(_kept(path, values)),
        notices=tuple(notices),
    )
    if config.end_s is not None and config.end_s < 0:
        config = replace(config, end_s=None)  # SUMO's own default, -1: until the last vehicle has left
    _check(config)
    return config


def _options(path: Path) -> tuple[dict[str, str], list[str]]:
    values: dict[str, str] = {}
    notices: list[str] = []
    for _, element in elements(path):
        given = element.get("value", element.get("v", (element.text or "") if not len(element) else ""))
        given = _expanded(given.strip(), os.environ)
        name = _SYNONYMS.get(element.tag, element.tag)
        if not given or _is_dropped(name):
            continue
        if name in _OURS or name.startswith(_TELEPORTS):
            notices += _overridden(name, given)
        elif name in values:
            raise InvalidInputError(f"{path} sets {name} twice; SUMO takes it once")
        else:
            values[name] = given
    return values, notices


def _is_dropped(name: str) -> bool:
    return name in _DROPPED or name.startswith(_DROPPED_STARTS) or any(part in name for part in _DROPPED_PARTS)


def _overridden(name: str, given: str) -> list[str]:
    """Return the notice that a run sets this option itself; none where that makes no difference."""
    ours = _OURS.get(name)
    if ours == "false":
        same = given.lower() not in _TRUE
    else:
        same = ours is not None and given in (ours, f"{ours}.0", f"{ours}.00")
    return [] if same else [f"the configuration's {name} {given} is overridden"]


def _expanded(text: str, variables: Mapping[str, str]) -> str:
    """Return a value with its environment variables put in, as SUMO does; unknown ones are empty.

    >>> _expanded("${PLACE}/a${NONE}.net.xml", {"PLACE": "town"})
    'town/a.net.xml'
    """
    return _VARIABLE.sub(lambda found: variables.get(found[1], ""), text)


def _files(path: Path, text: str) -> tuple[Path, ...]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    return tuple(_found(path.parent, name) for name in names)


def _found(folder: Path, name: str) -> Path:
    """Return a file's absolute path; a name may hold percent codes, as SUMO writes them."""
    plain, decoded = (Path(os.path.abspath(folder / n)) for n in (name, unquote(name)))
    return decoded if not os.path.isfile(plain) and os.path.isfile(decoded) else plain


def _kept(path: Path, values: dict[str, str]) -> list[tuple[str, str]]:
    kept = []
    for name, value in values.items():
        if name in ("begin", "end", "step-length"):
            continue
        kept.append((name, ",".join(map(str, _files(path, value))) if name in _FILES else value))
    return kept


def _time(path: Path, values: dict[str, str], name: str) -> float | None:
    if name not in values:
        return None
    try:
        return parse_time_s(values[name])
    except InvalidInputError as error:
        raise InvalidInputError(f"{path}: {name}: {error}") from error


def _check(config: Configuration) -> None:
    for kind, files in (("net", (config.net,)), ("route", config.routes), ("additional", config.additional)):
        for file in files:
            if not os.path.isfile(file):
                raise InvalidInputError(f"{config.path} names the {kind} file {file}, which does not exist")
            if "," in str(file):
                raise InvalidInputError(f"{file}: SUMO takes the comma for the end of a name; move or rename it")
    if config.begin_s is not None and config.begin_s < 0:
        raise InvalidInputError(f"{config.path}: begin {config.begin_s:g} s; it needs 0 or more")
    if not 0.01 <= config.step_s <= 1.0:
        raise InvalidInputError(
            f"{config.path}: step-length {config.step_s:g} s; steps of 0.01 to 1 s can be controlled"
        )
