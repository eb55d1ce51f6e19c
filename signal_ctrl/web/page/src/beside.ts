// Where a road is drawn: a little beside its axis, so that both directions can be seen.
import L from "leaflet";

export type LonLat = [number, number];
const ASIDE_M = 3;

/** Returns a shape moved a little to its right, as traffic keeps right. */
export function besides(shape: readonly LonLat[]): L.LatLng[] {
  const metre = 1 / 111_319;
  return shape.map(([lon, lat], at) => {
    const [before, after] = [shape[Math.max(0, at - 1)] ?? [lon, lat], shape[Math.min(shape.length - 1, at + 1)] ?? [lon, lat]];
    const scale = Math.cos((lat * Math.PI) / 180);
    const [east, north] = [(after[0] - before[0]) * scale, after[1] - before[1]];
    const length = Math.hypot(east, north) || 1;
    return L.latLng(lat - (east / length) * ASIDE_M * metre, lon + ((north / length) * ASIDE_M * metre) / scale);
  });
}

/** Returns the last metres of a shape, in its direction. */
export function lastOf(places: readonly L.LatLng[], metres: number): L.LatLng[] {
  const found: L.LatLng[] = [];
  let left = metres;
  for (let at = places.length - 1; at >= 0; at -= 1) {
    const [place, before] = [places[at] as L.LatLng, places[at - 1]];
    found.unshift(place);
    if (before === undefined) break;
    const length = place.distanceTo(before);
    if (length >= left) {
      const share = length > 0 ? left / length : 0;
      found.unshift(L.latLng(place.lat + (before.lat - place.lat) * share, place.lng + (before.lng - place.lng) * share));
      break;
    }
    left -= length;
  }
  return found;
}

/** Returns the place at a share of a line's length, and what of the line is ahead of it. */
export function cutAt(places: readonly L.LatLng[], share: number): [L.LatLng | null, L.LatLng[]] {
  const lengths = places.map((place, at) => (at === 0 ? 0 : place.distanceTo(places[at - 1] as L.LatLng)));
  const whole = lengths.reduce((sum, each) => sum + each, 0);
  const ahead = lastOf(places, Math.max(whole * (1 - Math.min(Math.max(share, 0), 1)), 0));
  return [ahead[0] ?? null, ahead];
}
