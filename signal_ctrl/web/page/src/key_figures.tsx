// The key figures of the city, large enough for a wall.
import { useEffect } from "preact/hooks";
import { alarms, junctions, nowMs, overrides, tickets } from "./city";
import { figures, loadFigures } from "./figures";
import { say, sayAge, sayClock } from "./labels";
import { congestion } from "./roads";
import { lately } from "./use_list";

const known = (value: number | null | undefined, digits = 0, unit = ""): string => (value == null ? "–" : `${value.toFixed(digits)}${unit}`);

export function KeyFigures() {
  useEffect(() => void loadFigures(), [lately.value]);
  const trunk = congestion.value?.trunk;
  const all = [...junctions.value.values()];
  const found = figures.value;
  const shown: [string, string][] = [
    [say("wall.clock"), sayClock(nowMs.value)],
    [say("wall.asof"), found?.minute_utc_ms == null ? "–" : say("junction.ago", { age: sayAge((nowMs.value - found.minute_utc_ms) / 1000) })],
    [say("wall.trunk", { wanted: trunk?.wanted_kmh ?? 40 }), trunk?.speed_kmh == null ? "–" : `${trunk.speed_kmh.toFixed(1)} km/h ${trunk.reached ? "✔" : "✖"}`],
    [say("wall.vehicles"), known(found?.figures?.vehicles)],
    [say("wall.delay"), known(found?.figures?.delay_veh_h_h, 1)],
    [say("wall.jammed"), known(congestion.value?.whole.jammed)],
    [say("wall.junctions"), `${all.length}`],
    [say("wall.online"), `${all.filter((each) => each.link === "online").length}`],
    [say("wall.alarms"), `${alarms.value.length}`],
    [say("wall.overrides"), `${overrides.value.filter((each) => each.state === "active").length}`],
    [say("wall.detectors"), known(found?.detectors_down)],
    [say("wall.tickets"), `${tickets.value.filter((each) => each.state !== "closed").length}`],
  ];
  return (
    <dl class="figures">
      {shown.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
