// Parking on the map: each facility with its free spaces, or a question mark where nobody knows; names are text, never markup.
import { effect } from "@preact/signals";
import L from "leaflet";
import { kept } from "./keep_young";
import { say, sayAge } from "./labels";
import { nameOf, share, type Heard, type Row } from "./parking";

/** What the service said last stands while it is silent, without numbers. */
const { rows, follow, ageS } = kept<Row, Heard>("/v1/parking/overview", ({ overview, reachable }) => (overview?.facilities ?? []).map((row) => (reachable ? row : { ...row, free: null })));
export const followParking = follow;

export class ParkingSigns {
  private readonly layer = L.layerGroup();
  private readonly stop: () => void;

  constructor(map: L.Map) {
    this.layer.addTo(map);
    this.stop = effect(() => this.draw(rows.value));
  }

  end(): void {
    this.stop();
  }

  private draw(rows: readonly Row[]): void {
    this.layer.clearLayers();
    for (const row of rows) {
      const taken = share(row);
      const sign = document.createElement("span");
      sign.className = taken === null ? "unknown" : taken > 0.95 ? "full" : "free";
      sign.textContent = `P ${row.free ?? "?"}`;
      const icon = L.divIcon({ className: "parking-sign", html: sign, iconSize: undefined });
      const alt = `${nameOf(row)}: ${row.free ?? "?"} / ${row.capacity}`;
      L.marker([row.place[1], row.place[0]], { icon, alt, keyboard: false }).bindTooltip(() => told(row, alt)).addTo(this.layer);
    }
  }
}

function told(row: Row, name: string): HTMLElement {
  const text = document.createElement("span");
  text.textContent = row.age_s === null ? name : `${name} · ${say("junction.ago", { age: sayAge(ageS(row.age_s)) })}`;
  return text;
}
