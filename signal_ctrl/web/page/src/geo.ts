// Distances and directions between places on earth, good enough within a city.
export interface Placed {
  lon: number | null;
  lat: number | null;
}

const EARTH_M = 6_371_000;
const radians = (degrees: number): number => (degrees * Math.PI) / 180;

/** Returns the way east and north from one place to another; null where one of them is not known. [m] */
function wayBetween(a: Placed, b: Placed): [number, number] | null {
  if (a.lon === null || a.lat === null || b.lon === null || b.lat === null) return null;
  return [EARTH_M * radians(b.lon - a.lon) * Math.cos(radians((a.lat + b.lat) / 2)), EARTH_M * radians(b.lat - a.lat)];
}

/** Returns the distance as the crow flies; 0 where a place is not known. [m] */
export function metresBetween(a: Placed, b: Placed): number {
  const way = wayBetween(a, b);
  return way === null ? 0 : Math.hypot(...way);
}

/** Returns the direction from one place to another, counted from east; null where one is not known or both are one. [rad] */
export function headingOf(a: Placed, b: Placed): number | null {
  const way = wayBetween(a, b);
  return way === null || Math.hypot(...way) < 0.01 ? null : Math.atan2(way[1], way[0]);
}

/** Returns by how much two directions differ. [rad, 0 to pi] */
export function turnBetween(a: number, b: number): number {
  const turn = Math.abs(a - b) % (2 * Math.PI);
  return turn > Math.PI ? 2 * Math.PI - turn : turn;
}
