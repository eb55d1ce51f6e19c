// Corridors of special vehicles on the map: the way ahead, the vehicle, and the junctions that are kept for it.
import L from "leaflet";
import { besides, cutAt } from "./beside";
import { junctions } from "./city";
import type { CorridorRow } from "./corridors_now";
import { say, sayWord } from "./labels";
import type { Road } from "./roads";

export const CORRIDOR_STYLE = { color: "#14181f", weight: 5, dashArray: "10 6" } as const;
const CASING = { color: "#f0e442", weight: 11, opacity: 0.9, interactive: false } as const;

export class Corridors {
  private readonly layer = L.layerGroup();

  constructor(map: L.Map) {
    this.layer.addTo(map);
  }

  draw(rows: readonly CorridorRow[], roads: readonly Road[]): void {
    this.layer.clearLayers();
    if (rows.length === 0) return;
    const shapes = new Map(roads.map((road) => [road.road, road.shape]));
    for (const row of rows) this.corridor(row, shapes);
  }

  private corridor(row: CorridorRow, shapes: ReadonlyMap<string, [number, number][]>): void {
    const way = row.corridor.roads.flatMap((road) => besides(shapes.get(road) ?? []));
    const share = row.along_m !== null && row.length_m ? row.along_m / row.length_m : 0;
    const [at, ahead] = cutAt(way, share);
    if (ahead.length > 1) {
      L.polyline(ahead, CASING).addTo(this.layer);
      L.polyline(ahead, { ...CORRIDOR_STYLE, interactive: false }).addTo(this.layer);
    }
    const kept = new Set(row.kept.map((each) => each.cabinet));
    for (const { cabinet, expected_s } of row.arrivals) {
      const junction = junctions.peek().get(cabinet);
      if (!kept.has(cabinet) || junction === undefined || junction.lat === null || junction.lon === null) continue;
      this.sign("kept-sign", "◉", say("special.kept.for", { junction: cabinet, vehicle: row.corridor.vehicle, s: Math.round(expected_s) }), L.latLng(junction.lat, junction.lon));
    }
    const { vehicle, kind } = row.corridor;
    if (at) this.sign("special-sign", `▲ ${vehicle}`, `${vehicle}, ${sayWord("ukind", kind)}`, at);
  }

  /** Places a sign; names are text, never markup. */
  private sign(className: string, told: string, more: string, at: L.LatLng): void {
    const sign = document.createElement("span");
    sign.textContent = told;
    const text = document.createElement("span");
    text.textContent = more;
    const icon = L.divIcon({ className, html: sign, iconSize: undefined });
    L.marker(at, { icon, alt: more, keyboard: false, zIndexOffset: 500 }).bindTooltip(text).addTo(this.layer);
  }
}
