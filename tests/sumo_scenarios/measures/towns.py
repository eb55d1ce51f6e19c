"""A junction with buses that halt, pedestrians who cross and cars, for the tests of the measures."""

from pathlib import Path

from tests.sumo_scenarios.networks import all_ways, flows, walked, walks, write_config

BUSES = """<vType id="bus" vClass="bus"/>
<flow id="line7" type="bus" line="7" begin="0" end="{end}" period="100" from="WC" to="CE">
  <stop busStop="halt" duration="20"/>
</flow>
<personFlow id="rider" begin="0" end="{end}" period="90">
  <walk from="WC" busStop="halt"/><ride lines="7" to="CE"/><walk to="CE"/>
</personFlow>"""


def bus_town(folder: Path, options: str = "", end_s: float = 600.0) -> Path:
    """Write the town; return its configuration."""
    walked(2).build(folder)
    cars = flows(all_ways(), 150.0, end_s).replace("<routes>", "").replace("</routes>", "")
    people = walks(all_ways(), 60.0, end_s).replace("<routes>", "").replace("</routes>", "")
    routes = f"<routes>\n{BUSES.format(end=end_s)}\n{cars}\n{people}</routes>\n"
    halt = '<busStop id="halt" lane="WC_1" startPos="100" endPos="120"/>'
    return write_config(folder, routes=routes, additional=halt, options=options, end_s=end_s)
