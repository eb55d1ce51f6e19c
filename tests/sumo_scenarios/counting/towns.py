"""Hand-written streets for counts: a chain of two signals with side streets, and one street between two signals."""

from pathlib import Path

from signal_ctrl.domain.place_counts import PlaceCounts
from sumo_scenarios.counting.streets import Streets, read_streets
from tests.sumo_scenarios.small_nets import edge_row, logic_row, net_of, net_text, node_text

ROWS = (("30", "GGrr"), ("3", "yyrr"), ("20", "rrGG"), ("3", "rryy"))


def chain(middle: str = "") -> str:
    """Return W -> A -> B -> E with side streets S -> A and T -> B, and ways out A -> N and B -> O.

    Args: middle, more edges' nodes; the street between the signals is AB, or AM and MB if it is "M".
    """
    ab = {"AM": ("A", "M"), "MB": ("M", "B")} if middle else {"AB": ("A", "B")}
    ends = {"WA": ("W", "A"), "SA": ("S", "A"), "AN": ("A", "N"), "TB": ("T", "B"), "BE": ("B", "E"), "BO": ("B", "O")}
    edges = "".join(edge_row(name, nodes) for name, nodes in (ends | ab).items())
    first, last = ("AM", "MB") if middle else ("AB", "AB")
    of_a = [("WA_0", f"{first}_0", 0), ("WA_0", "AN_0", 1), ("SA_0", f"{first}_0", 2), ("SA_0", "AN_0", 3)]
    of_b = [(f"{last}_0", "BE_0", 0), (f"{last}_0", "BO_0", 1), ("TB_0", "BE_0", 2), ("TB_0", "BO_0", 3)]
    meets, yields = [(0, 2), (0, 3), (1, 2)], [(3, 0), (1, 2)]
    parts = [node_text("A", of_a, meets, yields, "A"), node_text("B", of_b, meets, yields, "B")]
    if middle:
        parts.append(node_text("M", [("AM_0", "MB_0", -1)], [], [], ""))
    return net_text(edges, parts, logic_row("A", ROWS) + logic_row("B", ROWS))


def streets_of(folder: Path, text: str) -> Streets:
    return read_streets(net_of(folder, text))


def turns(**veh: float) -> dict[tuple[str, ...], float]:
    """Return counts of turns named `FROM_TO`; the signal is the letter that they share."""
    found = {}
    for name, value in veh.items():
        start, end = name.split("_")
        signal = start[-1] if start[-1] in "AB" else end[0]
        found[signal, start, end] = value
    return found


def one_hour(vehicles: dict[tuple[str, ...], float]) -> PlaceCounts:
    return PlaceCounts(((3600.0, 7200.0),), (vehicles,))
