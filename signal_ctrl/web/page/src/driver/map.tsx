// The driver's map: roads as lines, car parks with their free spaces, the way. No tiles, nothing from outside.
import { effect } from "@preact/signals";
import L from "leaflet";
import { useEffect, useRef } from "preact/hooks";
import { car, type Facility, facilities, here, kind, type LonLat, roads, target, told } from "./service";
import { language, say } from "./words";

const at = ([lon, lat]: LonLat): L.LatLngTuple => [lat, lon];

/** What is shown of a facility's free spaces of the kind that is looked for: a number only where it is surely true. */
export function freeText(each: Facility): { text: string; state: "count" | "full" | "closed" | "unknown" } {
  const count = each.occupancy.kinds[kind.value];
  if (!each.open) return { text: say("closed"), state: "closed" };
  if (each.occupancy.trust !== "good" || !count) return { text: "?", state: "unknown" };
  if (count.at_least > 0) return { text: String(count.at_least), state: "count" };
  return count.free === 0 ? { text: say("full"), state: "full" } : { text: "?", state: "unknown" };
}

export function DriverMap({ picked }: { picked: (place: LonLat) => void }) {
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!element.current) return;
    const map = L.map(element.current, { attributionControl: false, zoomControl: false, zoomSnap: 0.5, maxZoom: 20, preferCanvas: true });
    map.setView([0, 0], 2);
    const streets = L.layerGroup().addTo(map);
    const parks = L.layerGroup().addTo(map);
    const own = L.layerGroup().addTo(map);
    let fitted = false;
    let placed = false;
    map.on("click", ({ latlng }: L.LeafletMouseEvent) => picked([latlng.lng, latlng.lat]));
    const stops = [
      effect(() => {
        streets.clearLayers();
        for (const line of roads.value) L.polyline(line.map(at), { color: "#8a94a6", weight: 2, interactive: false }).addTo(streets);
        if (!fitted && roads.value.length > 0) {
          map.fitBounds(L.latLngBounds(roads.value.flat().map(at)), { animate: false });
          fitted = true;
        }
      }),
      effect(() => {
        parks.clearLayers();
        void language.value;
        for (const each of facilities.value) marker(each).addTo(parks);
        const first = facilities.value[0];
        if (fitted || placed || !first) return; // once: whoever has moved the map since is not taken back
        placed = true;
        map.setView(at(first.place), 15, { animate: false });
      }),
      effect(() => drawOwn(own)),
    ];
    const watch = new ResizeObserver(() => map.invalidateSize({ animate: false }));
    watch.observe(element.current);
    return () => {
      watch.disconnect();
      for (const stop of stops) stop();
      map.remove();
    };
  }, []);
  return <div ref={element} class="map" role="application" aria-label={say("map")} />;
}

function marker(each: Facility): L.Marker {
  const { text, state } = freeText(each);
  const badge = document.createElement("span");
  badge.className = `badge ${state}`;
  badge.textContent = `P ${text}`;
  const name = language.value === "zh" ? each.name : each.name_en;
  const icon = L.divIcon({ html: badge, className: "park", iconSize: [64, 28] });
  return L.marker(at(each.place), { icon, title: name, alt: `${name}: ${text}` });
}

function drawOwn(layer: L.LayerGroup): void {
  layer.clearLayers();
  const way = told.value?.way;
  if (way) L.polyline(way.line.map(at), { color: "#1f5fd0", weight: 6, opacity: 0.8, interactive: false }).addTo(layer);
  if (target.value) dot(target.value, "#d55e00").addTo(layer);
  if (here.value) dot(here.value, "#1f5fd0").addTo(layer);
  if (car.value) {
    dot(car.value.place, "#009e73").addTo(layer);
    if (here.value) L.polyline([here.value, car.value.place].map(at), { color: "#009e73", weight: 4, dashArray: "6 8", interactive: false }).addTo(layer);
  }
}

const dot = (place: LonLat, color: string) => L.circleMarker(at(place), { radius: 8, color, weight: 3, fillOpacity: 0.4, interactive: false });
