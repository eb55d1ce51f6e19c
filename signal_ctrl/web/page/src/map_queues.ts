// Queues on the map: the part of a road on which vehicles stand, a broad band below the line of the road.
import L from "leaflet";
import { besides, lastOf } from "./beside";
import type { Road, RoadState } from "./roads";

export const QUEUE_STYLE = { color: "#7b3fa0", weight: 12 } as const;
const LEAST_M = 15; // two vehicles: less is no queue
const STEP_M = 5;

export class Queues {
  private readonly layer = L.layerGroup();
  private readonly bands = new Map<string, { band: L.Polyline; metres: number }>();
  private shapes = new Map<string, L.LatLng[]>();
  private of: readonly Road[] = [];

  constructor(map: L.Map) {
    this.layer.addTo(map);
  }

  draw(roads: readonly Road[], states: ReadonlyMap<string, RoadState>): void {
    if (roads !== this.of) {
      this.of = roads;
      this.shapes = new Map(roads.map((road) => [road.road, besides(road.shape)]));
      this.layer.clearLayers();
      this.bands.clear();
    }
    for (const name of this.shapes.keys()) this.show(name, states.get(name)?.queueM ?? 0);
  }

  private show(name: string, queueM: number): void {
    const known = this.bands.get(name);
    const metres = queueM < LEAST_M ? 0 : STEP_M * Math.round(queueM / STEP_M);
    if (metres === (known?.metres ?? 0)) return;
    if (metres === 0) {
      known?.band.remove();
      this.bands.delete(name);
      return;
    }
    const places = lastOf(this.shapes.get(name) ?? [], metres);
    const band = known?.band ?? L.polyline(places, { ...QUEUE_STYLE, opacity: 0.75, lineCap: "butt", interactive: false }).addTo(this.layer);
    band.setLatLngs(places).bringToBack();
    this.bands.set(name, { band, metres });
  }
}
