"""A junction with cars, people on foot who cross it, and a bus now and then; nothing here is committed."""

from pathlib import Path

from tests.sumo_scenarios.networks import walked, write_config

BUS_EVERY_S = 20.0
STOP = '<busStop id="near" lane="WC_1" startPos="180" endPos="200" lines="9"/>'


def town(folder: Path, end_s: float) -> Path:
    """Return the configuration."""
    folder.mkdir(parents=True, exist_ok=True)
    walked(2).build(folder)
    rows = ['<vType id="bus" vClass="bus"/>', '<vType id="car"/>']
    flows = [
        f'<flow id="{a}{b}" type="car" from="{a}C" to="C{b}" begin="0" end="{end_s:g}" period="exp({rate:g})"/>'
        for a, b, rate in (("N", "S", 0.08), ("S", "N", 0.08), ("W", "E", 0.06), ("E", "W", 0.06))
    ]
    people = [
        f'<personFlow id="p{a}{b}" begin="0" end="{end_s:g}" perHour="60"><walk from="{a}C" to="C{b}"/></personFlow>'
        for a, b in (("N", "W"), ("E", "S"), ("W", "N"))
    ]
    buses = [
        f'<vehicle id="b{at_s}" type="bus" line="9" depart="{at_s}"><route edges="WC CE"/>'
        f'<stop busStop="near" duration="8" until="{at_s + 30}"/></vehicle>'
        for at_s in range(5, int(end_s) - 60, int(BUS_EVERY_S))
    ]
    text = "".join([*rows, *flows, *people, *buses])
    return write_config(folder, routes=f"<routes>{text}</routes>\n", additional=STOP, end_s=end_s)
