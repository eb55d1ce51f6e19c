"""A `.sumocfg` read into a value: its inputs as absolute paths, its times, and the options worth keeping."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.xml_input import elements, parse_time_s

_SYNONYMS: Final = {
    "n": "net-file", "net": "net-file", "r": "route-files", "routes": "route-files",
    "a": "additional-files", "additional": "additional-files", "b": "begin", "e": "end",
    "weights": "weight-files", "w": "weight-files", "step-length": "step-length",
}  # fmt: skip
_FILE_LISTS: Final = frozenset({"route-files", "additional-files", "weight-files"})
_FILES: Final = _FILE_LISTS | {"net-file", "alternative-net-file", "load-state"}
_OURS: Final = {
    "time-to-teleport": "-1",
    "max-depart-delay": "-1",
    "scale": None,
    "seed": None,
    "random": None,
    "begin": None,
    "end": None,
}
_DROPPED_SECTIONS: Final = frozenset({"output", "report", "gui_only", "traci_server", "random_number"})
_DROPPED: Final = frozenset({"threads", "quit-on-end", "start", "gui-settings-file", "remote-port", "num-clients"})
_TELEPORTS: Final = ("time-to-teleport.", "ignore-junction-blocker", "emergency-insert")


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
    if "net-file" not in values:
        raise InvalidInputError(f"{path} names no net-file")
    step_s = _time(values, "step-length")
    config = Configuration(
        path=path,
        net=_files(path, values.pop("net-file"))[0],
        routes=_files(path, values.pop("route-files", "")),
        additional=_files(path, values.pop("additional-files", "")),
        begin_s=_time(values, "begin"),
        end_s=_time(values, "end"),
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
    section = ""
    depth = 0
    for event, element in elements(path, ("start", "end")):
        depth += 1 if event == "start" else -1
        if event == "start" and depth == 2:
            section = element.tag
        given = element.get("value", element.get("v"))
        if event == "end" or given is None:
            continue
        name = _SYNONYMS.get(element.tag, element.tag)
        notice = _take(values, name, given, section)
        notices += [notice] if notice else []
    return values, notices


def _take(values: dict[str, str], name: str, given: str, section: str) -> str | None:
    """Put an option into values, unless it is one that a run sets itself; then say so if it differs."""
    if name in _OURS and name not in ("begin", "end"):
        ours = _OURS[name]
        same = ours is not None and given in (ours, f"{ours}.0")
        return None if same else f"the configuration's {name} {given} is overridden"
    if name.startswith(_TELEPORTS):
        return f"the configuration's {name} {given} is overridden"
    if section in _DROPPED_SECTIONS or name in _DROPPED or name.endswith("-output") or ".output" in name:
        return None
    values[name] = given
    return None


def _files(path: Path, text: str) -> tuple[Path, ...]:
    names = [name.strip() for name in text.replace(";", ",").split(",") if name.strip()]
    return tuple((path.parent / name).resolve() for name in names)


def _kept(path: Path, values: dict[str, str]) -> list[tuple[str, str]]:
    kept = []
    for name, value in values.items():
        if name in ("begin", "end", "step-length"):
            continue
        kept.append((name, ",".join(map(str, _files(path, value))) if name in _FILES else value))
    return kept


def _time(values: dict[str, str], name: str) -> float | None:
    return parse_time_s(values[name]) if name in values else None


def _check(config: Configuration) -> None:
    for kind, files in (("net", (config.net,)), ("route", config.routes), ("additional", config.additional)):
        for file in files:
            if not file.is_file():
                raise InvalidInputError(f"{config.path} names the {kind} file {file}, which does not exist")
    if not 0.01 <= config.step_s <= 1.0:
        raise InvalidInputError(f"{config.path}: step-length {config.step_s:g} s; steps of 0.1 to 1 s can be controlled")
