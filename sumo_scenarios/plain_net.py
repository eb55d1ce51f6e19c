"""Networks in the making: nodes, roads and flows as values, written as SUMO's plain XML and built by netconvert."""

import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import quoteattr

from signal_ctrl.domain.errors import BackendError
from sumo_scenarios.simulation import sumo_home
from sumo_scenarios.xml_input import elements

URBAN_MPS = 13.89


@dataclass
class Plain:
    """Nodes, edges and connections by id, and what netconvert is told beside them."""

    nodes: dict[str, str] = field(default_factory=dict)
    edges: dict[str, str] = field(default_factory=dict)
    connections: list[str] = field(default_factory=list)
    options: tuple[str, ...] = ()

    def node(self, name: str, x: float, y: float, kind: str = "", more: str = "") -> None:
        """Add a node at a place [m], of a kind of SUMO's, with more attributes as XML."""
        shown = f" type={quoteattr(kind)}" if kind else ""
        self.nodes[name] = f'<node id={quoteattr(name)} x="{x}" y="{y}"{shown} {more}/>'

    def edge(self, start: str, end: str, lanes: int = 1, more: str = "", speed: float = URBAN_MPS) -> None:
        """Add a one-way road, named by its ends. Args: speed [m/s], more attributes as XML."""
        name = quoteattr(f"{start}{end}")
        ends = f"from={quoteattr(start)} to={quoteattr(end)}"
        self.edges[f"{start}{end}"] = f'<edge id={name} {ends} numLanes="{lanes}" speed="{speed}" {more}/>'

    def road(self, start: str, end: str, lanes: int = 1, more: str = "", speed: float = URBAN_MPS) -> None:
        """Add a road both ways."""
        self.edge(start, end, lanes, more, speed)
        self.edge(end, start, lanes, more, speed)

    def build(self, folder: Path, name: str = "town.net.xml") -> Path:
        """Write the plain files and return the net that netconvert makes of them.

        Raises: BackendError with netconvert's first error if it makes none.
        """
        folder.mkdir(parents=True, exist_ok=True)
        kinds = (("nod", "nodes", self.nodes.values()), ("edg", "edges", self.edges.values()))
        command = [str(sumo_home() / "bin" / "netconvert"), "--no-turnarounds", "true", "-o", name]
        for (kind, tag, rows), option in zip((*kinds, ("con", "connections", self.connections)), "nex", strict=True):
            write_rows(folder / f"plain.{kind}.xml", tag, rows)
            command += [f"-{option}", f"plain.{kind}.xml"]
        done = subprocess.run([*command, *self.options], cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            said = [line for line in done.stderr.splitlines() if line.startswith("Error")] or ["it does not say why"]
            raise BackendError(f"netconvert made no network of {name}: {said[0]}")
        return folder / name


def write_rows(path: Path, tag: str, rows: Iterable[str]) -> None:
    """Write elements, each on a line, under one root element."""
    path.write_text(f"<{tag}>\n" + "".join(f"    {row}\n" for row in rows) + f"</{tag}>\n", encoding="utf-8")


def crossings_of(net: Path) -> dict[str, str]:
    """Return the edges that each crossing lies over."""
    return {
        edge.get("id", ""): edge.get("crossingEdges", "")
        for _, edge in elements(net)
        if edge.tag == "edge" and edge.get("function") == "crossing"
    }
