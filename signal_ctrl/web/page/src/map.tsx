// The map: the network's own geometry and the junctions on it. No tiles, nothing from outside.
import { effect, signal } from "@preact/signals";
import L from "leaflet";
import { useEffect, useRef } from "preact/hooks";
import { type Feature, junctions, type Junction, network, nowMs, STATES, stateLabel, stateOf } from "./city";
import { besides, type LonLat } from "./beside";
import { COLOUR, isHollow, JunctionMarker, OUTLINE } from "./junction_marker";
import { type Label, say, sayAge, sayWord } from "./labels";
import { LAMP_STYLE, LaneLamps } from "./lane_lamps";
import { open, place } from "./places";
import { type Level, LEVELS, minuteMs, type Road, roads, type RoadState } from "./roads";
import { shownRoads } from "./forecast";
import { ForecastSwitch } from "./forecast_switch";
import { buses, followBuses } from "./buses_now";
import { convoys, followConvoys } from "./convoys";
import { corridors, followCorridors } from "./corridors_now";
import { followIncidents, incidents } from "./incidents_now";
import { Buses } from "./map_buses";
import { CONVOY_STYLE, Convoys } from "./map_convoys";
import { CORRIDOR_STYLE, Corridors } from "./map_corridors";
import { Facilities } from "./map_facilities";
import { Incidents } from "./map_incidents";
import { followParking, ParkingSigns } from "./map_parking";
import { QUEUE_STYLE, Queues } from "./map_queues";
import { Units } from "./map_units";
import { followUnits, units } from "./units_now";

/** Junctions picked on the map instead of opened, where a view wants that. */
export const picking = signal<((junction: string) => void) | null>(null);

const STREET = { color: "#8a94a6", weight: 2, opacity: 0.9, interactive: false } as const;
const NAMES_FROM_ZOOM = 16;

/** How a road is drawn by its level: worse is redder, wider, and in pieces, so that colour is not the only sign. */
export const ROAD_STYLE: Readonly<Record<Level, { color: string; weight: number; dashArray?: string }>> = {
  unknown: { color: "#8a94a6", weight: 2, dashArray: "1 5" },
  smooth: { color: "#009e73", weight: 2 },
  basically_smooth: { color: "#56b4e9", weight: 3 },
  light: { color: "#e69f00", weight: 4 },
  moderate: { color: "#d55e00", weight: 6, dashArray: "12 4" },
  severe: { color: "#a11212", weight: 7, dashArray: "4 4" },
};

interface Drawing {
  _ctx?: CanvasRenderingContext2D;
  _redraw(): void;
}

const drawAgain = (L.Canvas.prototype as unknown as Drawing)._redraw;

/** Leaflet's canvas loses track of a frame that it asked for when it draws before it; that frame may come after its map has gone. */
const PatientCanvas = L.Canvas.extend({
  _redraw(this: Drawing) {
    if (this._ctx) drawAgain.call(this);
  },
}) as new () => L.Canvas;

class CityMap {
  private readonly map: L.Map;
  private readonly streets = L.layerGroup();
  private readonly markers = new Map<string, JunctionMarker>();
  private readonly roadLines = new Map<string, { line: L.Polyline; level: Level }>();
  private readonly lamps: LaneLamps;
  private readonly queues: Queues;
  private readonly facilities: Facilities;
  private readonly parking: ParkingSigns;
  private readonly buses: Buses;
  private readonly convoys: Convoys;
  private readonly corridors: Corridors;
  private readonly units: Units;
  private readonly incidents: Incidents;
  /** What the map was fitted to: nothing, junctions, streets, both; and whether somebody has moved it since. */
  private fitted = 0;
  private moved = false;
  private readonly stops: (() => void)[];

  constructor(element: HTMLElement) {
    this.map = L.map(element, { renderer: new PatientCanvas(), attributionControl: false, zoomSnap: 0.5, keyboard: true, maxZoom: 21 });
    this.map.setView([0, 0], 2);
    for (const act of ["pointerdown", "wheel", "keydown"]) element.addEventListener(act, () => (this.moved = true), { passive: true });
    this.queues = new Queues(this.map); // below the streets
    this.streets.addTo(this.map);
    this.lamps = new LaneLamps(this.map);
    this.facilities = new Facilities(this.map);
    this.parking = new ParkingSigns(this.map);
    this.buses = new Buses(this.map);
    this.units = new Units(this.map);
    this.convoys = new Convoys(this.map);
    this.incidents = new Incidents(this.map);
    this.corridors = new Corridors(this.map);
    this.map.on("zoomend moveend", () => this.nameJunctions());
    this.stops = [
      effect(() => this.drawStreets(roads.value.length > 0 ? [] : network.value)),
      effect(() => this.lamps.draw(network.value)),
      effect(() => this.drawRoads(roads.value)),
      effect(() => this.colourRoads(shownRoads.value)),
      effect(() => this.queues.draw(roads.value, shownRoads.value)),
      effect(() => this.facilities.draw(network.value)),
      effect(() => this.buses.draw(buses.value)),
      followBuses(),
      followParking(),
      followUnits(),
      followConvoys(),
      followCorridors(),
      followIncidents(),
      effect(() => this.incidents.draw(incidents.value, roads.value)),
      effect(() => this.units.draw(units.value)),
      effect(() => this.convoys.draw(convoys.value)),
      effect(() => this.corridors.draw(corridors.value, roads.value)),
      effect(() => this.drawJunctions([...junctions.value.values()])),
      effect(() => this.look(place.value.junction)),
    ];
    const watch = new ResizeObserver(() => this.map.invalidateSize({ animate: false }));
    watch.observe(element);
    this.stops.push(() => watch.disconnect());
  }

  end(): void {
    for (const stop of this.stops) stop();
    this.lamps.end();
    this.parking.end();
    this.map.off();
    this.map.stop();
    this.map.remove();
  }

  showAll(): void {
    const bounds = L.latLngBounds([]);
    for (const each of this.markers.values()) bounds.extend(each.getLatLng());
    this.streets.eachLayer((each) => bounds.extend((each as L.Polyline).getBounds()));
    if (bounds.isValid()) this.map.fitBounds(bounds.pad(0.05), { animate: false });
  }

  private drawStreets(features: readonly Feature[]): void {
    this.streets.clearLayers();
    for (const { geometry, properties } of features) {
      if (geometry.type !== "LineString" || properties.kind === "link") continue;
      const places = (geometry.coordinates as LonLat[]).map(([lon, lat]) => L.latLng(lat, lon));
      const lanes = Number(properties.lanes ?? 1);
      this.streets.addLayer(L.polyline(places, { ...STREET, weight: Math.min(1 + lanes, 6) }));
    }
    this.raise();
    this.fitOnce();
  }

  private drawRoads(all: readonly Road[]): void {
    for (const { line } of this.roadLines.values()) this.streets.removeLayer(line);
    this.roadLines.clear();
    for (const road of all) {
      const line = L.polyline(besides(road.shape), { ...ROAD_STYLE.unknown, opacity: 1 });
      line.bindTooltip(() => roadText(road), { sticky: true });
      this.streets.addLayer(line);
      this.roadLines.set(road.road, { line, level: "unknown" });
    }
    this.colourRoads(shownRoads.peek());
    this.raise();
    this.fitOnce();
  }

  private colourRoads(states: ReadonlyMap<string, RoadState>): void {
    for (const [name, drawn] of this.roadLines) {
      const level = states.get(name)?.level ?? "unknown";
      if (level === drawn.level) continue;
      drawn.level = level;
      drawn.line.setStyle({ dashArray: undefined, ...ROAD_STYLE[level] });
    }
  }

  private drawJunctions(all: readonly Junction[]): void {
    const seen = new Set<string>();
    for (const each of all) {
      if (each.lon === null || each.lat === null) continue;
      seen.add(each.junction);
      const marker = this.markers.get(each.junction) ?? this.place(each);
      marker.show(stateOf(each));
    }
    for (const [name, marker] of this.markers) {
      if (seen.has(name)) continue;
      marker.remove();
      this.markers.delete(name);
    }
    this.fitOnce();
  }

  private place(junction: Junction): JunctionMarker {
    const marker = new JunctionMarker([junction.lat ?? 0, junction.lon ?? 0], stateOf(junction));
    const name = document.createElement("span");
    name.textContent = junction.junction; // text, never markup: names come from people
    marker.bindTooltip(name, { direction: "top", offset: [0, -8] });
    marker.on("click", () => (picking.value ? picking.value(junction.junction) : open("map", junction.junction)));
    marker.addTo(this.map);
    this.markers.set(junction.junction, marker);
    return marker;
  }

  /** Draws the junctions above streets that came after them. */
  private raise(): void {
    for (const marker of this.markers.values()) marker.bringToFront();
  }

  /** Fits the map to what has come so far, whichever comes first, until somebody moves it. */
  private fitOnce(): void {
    const here = (this.markers.size > 0 ? 1 : 0) + (this.streets.getLayers().length > 0 ? 2 : 0);
    if (this.moved || here <= this.fitted) return;
    this.fitted = here;
    this.showAll();
  }

  private look(name: string): void {
    const marker = this.markers.get(name);
    if (marker) this.moved = true;
    if (marker) this.map.setView(marker.getLatLng(), Math.max(this.map.getZoom(), 15), { animate: false });
  }

  private nameJunctions(): void {
    const close = this.map.getZoom() >= NAMES_FROM_ZOOM;
    const inView = this.map.getBounds();
    for (const marker of this.markers.values()) {
      if (close && inView.contains(marker.getLatLng())) marker.openTooltip();
      else marker.closeTooltip();
    }
  }
}

function roadText(road: Road): HTMLElement {
  const state = shownRoads.peek().get(road.road);
  const element = document.createElement("span"); // text, never markup
  const speed = state?.speedMps === null || state?.speedMps === undefined ? "–" : Math.round(state.speedMps * 3.6);
  const told = [`${road.name || road.road}: ${sayWord("level", state?.level ?? "unknown")}, ${speed} km/h`];
  if (state?.queueM) told.push(say("map.queue", { n: Math.round(state.queueM) }));
  if (state && "jam" in state) told.push(say("map.foreseen", { jam: Math.round(state.jam * 100), s: Math.round(state.travelTimeS ?? 0), low: Math.round(state.lowS), high: Math.round(state.highS) }));
  if (minuteMs.peek() > 0) told.push(say("junction.ago", { age: sayAge((nowMs.peek() - minuteMs.peek()) / 1000) }));
  element.textContent = told.join(" · ");
  return element;
}

export function CityMapView() {
  const element = useRef<HTMLDivElement>(null);
  const shown = useRef<CityMap | null>(null);
  useEffect(() => {
    if (element.current === null) return;
    const map = new CityMap(element.current);
    shown.current = map;
    return () => map.end();
  }, []);
  const unplaced = [...junctions.value.values()].filter((each) => each.lon === null).length;
  return (
    <div class="map-frame">
      <div ref={element} class="map" role="application" aria-label={say("map.label")} />
      <button type="button" class="map-all" onClick={() => shown.current?.showAll()}>
        {say("map.all")}
      </button>
      <ForecastSwitch />
      {unplaced > 0 && <p class="map-unplaced">{say("map.unplaced", { n: unplaced })}</p>}
      <Legend />
    </div>
  );
}

function Legend() {
  return (
    <details class="legend">
      <summary>{say("legend")}</summary>
      <ul tabIndex={0}>
        {STATES.map((state) => (
          <li key={state}>
            <Sign state={state} /> {say(stateLabel(state))}
          </li>
        ))}
        {roads.value.length > 0 &&
          LEVELS.map((level) => (
            <li key={level}>
              <LineSign style={ROAD_STYLE[level]} /> {say(`level.${level}` as Label)}
            </li>
          ))}
        {roads.value.length > 0 && (
          <li>
            <LineSign style={QUEUE_STYLE} /> {say("column.queue")}
          </li>
        )}
        {incidents.value.length > 0 && (
          <li>
            <span class="sign incident-sign" aria-hidden="true">
              <span class="confirmed">⬣</span>
            </span>{" "}
            {say("view.incidents")}
          </li>
        )}
        {convoys.value.length > 0 && (
          <li>
            <LineSign style={CONVOY_STYLE} /> {say("kind.green_route")}
          </li>
        )}
        {corridors.value.length > 0 && (
          <li>
            <LineSign style={CORRIDOR_STYLE} /> {say("view.special")}
          </li>
        )}
        {units.value.length > 0 && (
          <li>
            <span class="sign base-sign" aria-hidden="true">
              <span>⌂</span>
            </span>{" "}
            {say("units.base")}
          </li>
        )}
        {network.value.some((each) => each.properties.kind === "camera") && (
          <li>
            <span class="sign camera-sign" aria-hidden="true">
              ▣
            </span>{" "}
            {say("map.camera")}
          </li>
        )}
        {network.value.some((each) => each.properties.kind === "link") &&
          Object.entries(LAMP_STYLE).map(([aspect, style]) => (
            <li key={aspect}>
              <LineSign style={style} /> {sayWord("aspect", aspect)}
            </li>
          ))}
      </ul>
    </details>
  );
}

function LineSign({ style }: { style: { color: string; weight: number; dashArray?: string } }) {
  return (
    <svg class="sign" viewBox="0 0 24 24" aria-hidden="true">
      <path d="M1 12H23" stroke={style.color} stroke-width={style.weight} stroke-dasharray={style.dashArray} />
    </svg>
  );
}

export function Sign({ state }: { state: (typeof STATES)[number] }) {
  const hollow = isHollow(state);
  return (
    <svg class="sign" viewBox="-1.7 -1.7 3.4 3.4" aria-hidden="true">
      <path
        d={OUTLINE[state]}
        fill={hollow ? "#ffffff" : COLOUR[state]}
        stroke={hollow ? COLOUR[state] : "#ffffff"}
        stroke-width="0.28"
        stroke-dasharray={state === "never" ? "0.28 0.28" : undefined}
      />
    </svg>
  );
}
