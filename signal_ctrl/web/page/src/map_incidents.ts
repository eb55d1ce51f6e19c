// Incidents on the map: a sign on the road, full once somebody has confirmed it; words of others are text, never markup.
import L from "leaflet";
import { besides, cutAt } from "./beside";
import { nowMs } from "./city";
import type { IncidentPlace } from "./incidents_now";
import { say, sayAge, sayWord } from "./labels";
import { open } from "./places";
import type { Road } from "./roads";

const MOST = 200;
const MIDDLE = 0.5;

export class Incidents {
  private readonly layer = L.layerGroup();

  constructor(map: L.Map) {
    this.layer.addTo(map);
  }

  draw(all: readonly IncidentPlace[], roads: readonly Road[]): void {
    this.layer.clearLayers();
    if (all.length === 0) return;
    const known = new Map(roads.map((road) => [road.road, road]));
    for (const each of all.slice(0, MOST)) {
      const road = known.get(each.road);
      if (road) this.sign(each, road);
    }
  }

  private sign(incident: IncidentPlace, road: Road): void {
    const line = besides(road.shape);
    const metres = line.reduce((sum, place, at) => sum + (at === 0 ? 0 : place.distanceTo(line[at - 1] as L.LatLng)), 0);
    const share = incident.position_m === null || metres === 0 ? MIDDLE : incident.position_m / metres;
    const [at] = cutAt(line, share);
    if (at === null) return;
    const sign = document.createElement("span");
    sign.className = incident.state;
    sign.textContent = `${incident.state === "confirmed" ? "⬣" : "△"} ${sayWord("ikind", incident.kind)}`;
    const icon = L.divIcon({ className: "incident-sign", html: sign, iconSize: undefined });
    const marker = L.marker(at, { icon, alt: sign.textContent, keyboard: false, zIndexOffset: 400 });
    marker.bindTooltip(() => told(incident, road)).on("click", () => open("incidents"));
    marker.addTo(this.layer);
  }
}

function told(incident: IncidentPlace, road: Road): HTMLElement {
  const text = document.createElement("span");
  text.textContent = [
    sayWord("ikind", incident.kind),
    road.name || road.road,
    sayWord("istate", incident.state),
    say("incident.since", { age: sayAge((nowMs.peek() - incident.began_utc_ms) / 1000) }),
    say("incident.left", { percent: Math.round(incident.capacity_left * 100) }),
  ].join(" · ");
  return text;
}
