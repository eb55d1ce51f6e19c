"""The files of a calibrated scenario: the user's own without vehicle types, and those types with other drivers."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, tostring
from xml.sax.saxutils import quoteattr

from sumo_scenarios.arguments import own_copy
from sumo_scenarios.configuration import Configuration
from sumo_scenarios.fleet import DISTRIBUTION, TYPE
from sumo_scenarios.plain_net import write_rows
from sumo_scenarios.xml_input import open_xml, parse_xml

TYPES: Final = "vtypes.add.xml"


def write_calibrated(config: Configuration, kinds: Sequence[Element], folder: Path, name: str) -> Path:
    """Write the scenario with other vehicle types into a folder and return its configuration."""
    with open_xml(config.net) as source, (folder / f"{name}.net.xml").open("wb") as target:
        shutil.copyfileobj(source, target)
    write_rows(folder / TYPES, "additional", [tostring(kind, encoding="unicode").strip() for kind in kinds])
    routes = [_without_types(path, folder / f"{name}.{k}.rou.xml") for k, path in enumerate(config.routes)]
    more = [_without_types(path, folder / f"{name}.{k}.add.xml") for k, path in enumerate(config.additional)]
    inputs = [f'<net-file value="{name}.net.xml"/>', f"<additional-files value={_names([TYPES, *more])}/>"]
    inputs += [f"<route-files value={_names(routes)}/>"] if routes else []
    times = [f'<begin value="{config.begin_s:.12g}"/>'] if config.begin_s is not None else []
    times += [f'<end value="{config.end_s:.12g}"/>'] if config.end_s is not None else []
    times.append(f'<step-length value="{config.step_s:g}"/>')
    kept = [f"<{option} value={quoteattr(value)}/>" for option, value in config.options]
    rows = [f"<input>{''.join(inputs)}</input>", f"<time>{''.join(times)}</time>"]
    rows += [f"<processing>{''.join(kept)}</processing>"] if kept else []
    write_rows(folder / f"{name}.sumocfg", "configuration", rows)
    return folder / f"{name}.sumocfg"


def _without_types(path: Path, target: Path) -> str:
    """Write a copy of a file without the vehicle types that it defines; return its name."""
    root = parse_xml(own_copy(path, target, frozenset()))
    for parent in list(root.iter()):
        for kind in [child for child in parent if child.tag in (TYPE, DISTRIBUTION)]:
            parent.remove(kind)
    ElementTree.ElementTree(root).write(target, encoding="utf-8", xml_declaration=True)
    return target.name


def _names(names: Sequence[str]) -> str:
    return quoteattr(",".join(names))
