// Lamps at lane level: close by, each way through a junction is drawn by what its signal group shows now.
import L from "leaflet";
import { ask, Problem } from "./api";
import { type Feature, junctions } from "./city";
import { isOld, type Lamps, lampsOf, lampsThen } from "./lamps";
import { isPast, wantLamps } from "./past";

const FROM_ZOOM = 17;
const EVERY_MS = 1_000;
const MOST = 20; // the centre answers for so many at once

const DARK: L.PolylineOptions = { color: "#6b7280", weight: 2, dashArray: "1 6" };
/** Go is thick and whole, wait is thin and dotted, flashing is dashed: colour is not the only sign. */
export const LAMP_STYLE: Readonly<Record<string, { color: string; weight: number; dashArray?: string }>> = {
  green: { color: "#00a878", weight: 6 },
  walk: { color: "#00a878", weight: 6 },
  "green flash": { color: "#00a878", weight: 6, dashArray: "8 8" },
  amber: { color: "#e69f00", weight: 6, dashArray: "12 4" },
  "red-amber": { color: "#e69f00", weight: 3, dashArray: "12 4" },
  "flashing amber": { color: "#e69f00", weight: 4, dashArray: "4 8" },
  red: { color: "#d55e00", weight: 2, dashArray: "2 5" },
  "don't walk": { color: "#d55e00", weight: 2, dashArray: "2 5" },
  "pedestrian clearance": { color: "#d55e00", weight: 4, dashArray: "4 8" },
  "flashing red": { color: "#d55e00", weight: 4, dashArray: "4 8" },
};

const NOT_KNOWN: Lamps = { at_utc_ms: 0, age_ms: Infinity, stage: null, stage_began_utc_ms: 0, aspects: [], remaining_ds: [] };

interface Site {
  signal_id: string;
  groups: { links: number[] }[];
}

export class LaneLamps {
  private readonly sites = new Map<string, Site>();
  private readonly heard = new Map<string, Lamps>();
  private readonly lines = new Map<string, L.Polyline>();
  private readonly layer = L.layerGroup();
  private ways = new Map<string, L.LatLng[]>();
  private readonly timer: number;

  constructor(private readonly map: L.Map) {
    this.layer.addTo(map);
    this.timer = window.setInterval(() => void this.look(), EVERY_MS);
  }

  end(): void {
    clearInterval(this.timer);
    wantLamps("lanes", []);
  }

  /** Takes the ways of the links from the picture of the network. */
  draw(features: readonly Feature[]): void {
    this.clear();
    this.ways = new Map();
    for (const { geometry, properties } of features) {
      if (properties.kind !== "link") continue;
      const places = (geometry.coordinates as [number, number][]).map(([lon, lat]) => L.latLng(lat, lon));
      this.ways.set(`${properties.id} ${properties.link}`, places);
    }
  }

  private clear(): void {
    this.layer.clearLayers();
    this.lines.clear();
  }

  private async look(): Promise<void> {
    if (this.map.getZoom() < FROM_ZOOM || this.ways.size === 0) {
      this.clear();
      wantLamps("lanes", []);
      return;
    }
    const names = this.inView();
    wantLamps("lanes", names);
    if (names.length === 0 || document.hidden) return;
    try {
      if (!isPast.peek()) {
        const { lamps } = await ask<{ lamps: Record<string, Lamps> }>("GET", lampsOf(names));
        for (const [name, told] of Object.entries(lamps)) this.heard.set(name, told);
      }
      await this.learn(names.find((each) => !this.sites.has(each)));
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
    }
    for (const name of names) this.show(this.sites.get(name), (isPast.peek() ? lampsThen(name) : this.heard.get(name)) ?? NOT_KNOWN);
  }

  private inView(): string[] {
    const view = this.map.getBounds().pad(0.2);
    const here = [...junctions.value.values()].filter((each) => each.lat !== null && each.lon !== null && view.contains([each.lat, each.lon]));
    return here.slice(0, MOST).map((each) => each.junction);
  }

  /** Asks for the site of one junction a second, so that many in view are no burst. */
  private async learn(name: string | undefined): Promise<void> {
    if (name === undefined) return;
    this.sites.set(name, (await ask<{ site: Site }>("GET", `/v1/junctions/${encodeURIComponent(name)}`)).site);
  }

  private show(site: Site | undefined, lamps: Lamps): void {
    if (site === undefined) return;
    const old = isOld(lamps);
    site.groups.forEach(({ links }, at) => {
      for (const link of links) this.light(`${site.signal_id} ${link}`, old ? "" : (lamps.aspects[at] ?? ""));
    });
  }

  private light(key: string, aspect: string): void {
    const style = { dashArray: undefined, opacity: 1, interactive: false, ...(LAMP_STYLE[aspect] ?? DARK) };
    const line = this.lines.get(key);
    if (line) {
      line.setStyle(style);
      return;
    }
    const way = this.ways.get(key);
    if (way) this.lines.set(key, L.polyline(way, style).addTo(this.layer));
  }
}
