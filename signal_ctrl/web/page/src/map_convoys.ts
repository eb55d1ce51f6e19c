// Convoys on the map: the line of the way, and each junction of it with its number and a sign of where it stands.
import L from "leaflet";
import { junctions, type Override } from "./city";
import { dueMs, legState } from "./convoys";
import { LEG_SIGN } from "./convoy_progress";
import { sayClock, sayWord } from "./labels";

export const CONVOY_STYLE = { color: "#cc79a7", weight: 6, dashArray: "2 8" } as const;

export class Convoys {
  private readonly layer = L.layerGroup();
  private drawn = "";

  constructor(map: L.Map) {
    this.layer.addTo(map);
  }

  draw(convoys: readonly Override[]): void {
    const key = convoys.map((each) => each.override_id + each.document.legs.map((leg) => legState(each, leg)).join()).join("\n");
    const placed = `${key} ${convoys.length > 0 ? junctions.value.size : 0}`;
    if (placed === this.drawn) return; // a second went by, and nothing changed
    this.drawn = placed;
    this.layer.clearLayers();
    for (const each of convoys) this.way(each);
  }

  private way(convoy: Override): void {
    const places: L.LatLng[] = [];
    convoy.document.legs.forEach((leg, at) => {
      const junction = junctions.value.get(leg.cabinet);
      if (junction === undefined || junction.lat === null || junction.lon === null) return;
      const place = L.latLng(junction.lat, junction.lon);
      places.push(place);
      const state = legState(convoy, leg);
      const sign = document.createElement("span"); // text, never markup
      sign.className = state;
      sign.textContent = `${LEG_SIGN[state]} ${at + 1}`;
      const text = document.createElement("span");
      text.textContent = `${leg.cabinet}: ${sayWord("leg", state)}, ${sayClock(dueMs(leg))}`;
      const icon = L.divIcon({ className: "convoy-sign", html: sign, iconSize: undefined });
      L.marker(place, { icon, alt: text.textContent, keyboard: false, interactive: true }).bindTooltip(text).addTo(this.layer);
    });
    if (places.length > 1) L.polyline(places, { ...CONVOY_STYLE, opacity: 1, interactive: false }).addTo(this.layer);
  }
}
