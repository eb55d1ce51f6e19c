// Buses on the map, each with its line; names are text, never markup.
import L from "leaflet";
import { type BusPlace, busAgeS } from "./buses_now";
import { say, sayAge } from "./labels";

const MOST = 300;

export class Buses {
  private readonly layer = L.layerGroup();
  private readonly shown = new Map<string, L.Marker>();
  private here: ReadonlyMap<string, BusPlace> = new Map();

  constructor(map: L.Map) {
    this.layer.addTo(map);
  }

  draw(buses: readonly BusPlace[]): void {
    const here = new Map(buses.slice(0, MOST).map((each) => [each.vehicle, each]));
    this.here = here;
    for (const [name, marker] of this.shown) {
      if (here.has(name)) continue;
      marker.remove();
      this.shown.delete(name);
    }
    for (const [name, bus] of here) {
      const known = this.shown.get(name);
      if (known) known.setLatLng([bus.lat, bus.lon]);
      else this.shown.set(name, this.marker(bus));
    }
  }

  private marker(bus: BusPlace): L.Marker {
    const sign = document.createElement("span");
    sign.textContent = bus.line;
    const icon = L.divIcon({ className: "bus-sign", html: sign, iconSize: undefined });
    const alt = `${bus.line} · ${bus.vehicle}`;
    return L.marker([bus.lat, bus.lon], { icon, alt, keyboard: false }).bindTooltip(() => this.told(bus.vehicle)).addTo(this.layer);
  }

  private told(vehicle: string): HTMLElement {
    const text = document.createElement("span");
    const bus = this.here.get(vehicle);
    text.textContent = bus ? `${bus.line} · ${vehicle} · ${say("junction.ago", { age: sayAge(busAgeS(bus.heard_s)) })}` : vehicle;
    return text;
  }
}
