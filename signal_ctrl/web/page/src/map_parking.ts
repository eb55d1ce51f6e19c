// Parking on the map: each facility with its free spaces, or a question mark where nobody knows; names are text, never markup.
import { effect, signal } from "@preact/signals";
import L from "leaflet";
import { keepYoung } from "./keep_young";
import { say, sayAge } from "./labels";
import { isPast } from "./past";
import { nameOf, share, type Heard, type Row } from "./parking";

const found = signal<readonly Row[]>([]);

/** Keeps them young; returns what ends it. What the service said last stands while it is silent, without numbers. */
export const followParking = (): (() => void) =>
  keepYoung<Heard>("/v1/parking/overview", ({ overview, reachable }) => {
    found.value = (overview?.facilities ?? []).map((row) => (reachable ? row : { ...row, free: null }));
    return overview !== null;
  });

export class ParkingSigns {
  private readonly layer = L.layerGroup();
  private readonly stop: () => void;

  constructor(map: L.Map) {
    this.layer.addTo(map);
    this.stop = effect(() => this.draw(isPast.value ? [] : found.value));
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
      const text = document.createElement("span");
      const age = row.age_s === null ? "" : ` · ${say("junction.ago", { age: sayAge(row.age_s) })}`;
      text.textContent = `${nameOf(row)}: ${row.free ?? "?"} / ${row.capacity}${age}`;
      L.marker([row.place[1], row.place[0]], { icon, alt: text.textContent, keyboard: false }).bindTooltip(text).addTo(this.layer);
    }
  }
}
