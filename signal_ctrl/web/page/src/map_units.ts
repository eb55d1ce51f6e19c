// Units on the map: where each is, filled while it has something to do, and the bases; names are text, never markup.
import L from "leaflet";
import { sayAge, sayWord, say } from "./labels";
import type { UnitRow } from "./units_now";

const MOST = 300;

export class Units {
  private readonly layer = L.layerGroup();

  constructor(map: L.Map) {
    this.layer.addTo(map);
  }

  draw(rows: readonly UnitRow[]): void {
    this.layer.clearLayers();
    const bases = new Map<string, UnitRow[]>();
    for (const row of rows.slice(0, MOST)) {
      const key = row.unit.home.join();
      bases.set(key, [...(bases.get(key) ?? []), row]);
      if (row.position) this.unit(row, row.position);
    }
    for (const own of bases.values()) {
      const [lon, lat] = own[0]?.unit.home ?? [0, 0];
      this.sign("base-sign", "", "⌂", `${say("units.base")}: ${own.map((each) => each.unit.unit).join(", ")}`, [lat, lon]);
    }
  }

  private unit({ unit, position_age_s, position_old }: UnitRow, { lon, lat }: { lon: number; lat: number }): void {
    const age = `${sayAge(position_age_s ?? 0)}${position_old ? " ⚠" : ""}`;
    const state = position_old ? "old" : unit.mission ? "busy" : "";
    this.sign("unit-sign", state, unit.unit, `${unit.unit}, ${sayWord("ukind", unit.kind)}, ${sayWord("ustate", unit.state)}, ${age}`, [lat, lon]);
  }

  private sign(className: string, state: string, told: string, more: string, at: L.LatLngTuple): void {
    const sign = document.createElement("span");
    sign.className = state;
    sign.textContent = told;
    const text = document.createElement("span");
    text.textContent = more;
    const zIndexOffset = className === "unit-sign" ? 300 : 0; // its name is read, whatever stands beside it
    L.marker(at, { icon: L.divIcon({ className, html: sign, iconSize: undefined }), alt: more, keyboard: false, zIndexOffset }).bindTooltip(text).addTo(this.layer);
  }
}
