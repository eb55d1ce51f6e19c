// Units on the map: where each is, filled while it has something to do, and the bases; names are text, never markup.
import L from "leaflet";
import { sayAge, sayWord, say } from "./labels";
import { unitAgeS, type UnitRow } from "./units_now";

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
      const names = `${say("units.base")}: ${own.map((each) => each.unit.unit).join(", ")}`;
      this.sign("base-sign", "", "⌂", names, () => names, [lat, lon]);
    }
  }

  private unit({ unit, position_age_s, position_old }: UnitRow, { lon, lat }: { lon: number; lat: number }): void {
    const state = position_old ? "old" : unit.mission ? "busy" : "";
    const name = `${unit.unit}, ${sayWord("ukind", unit.kind)}, ${sayWord("ustate", unit.state)}`;
    this.sign("unit-sign", state, unit.unit, name, () => `${name}, ${sayAge(unitAgeS(position_age_s ?? 0))}${position_old ? " ⚠" : ""}`, [lat, lon]);
  }

  private sign(className: string, state: string, told: string, alt: string, more: () => string, at: L.LatLngTuple): void {
    const sign = document.createElement("span");
    sign.className = state;
    sign.textContent = told;
    const tooltip = () => Object.assign(document.createElement("span"), { textContent: more() });
    const zIndexOffset = className === "unit-sign" ? 300 : 0; // its name is read, whatever stands beside it
    L.marker(at, { icon: L.divIcon({ className, html: sign, iconSize: undefined }), alt, keyboard: false, zIndexOffset }).bindTooltip(tooltip).addTo(this.layer);
  }
}
