// What the page asks of the parking service, and what it knows. Nothing of the driver is kept but on this phone.
import { signal } from "@preact/signals";

export type LonLat = [number, number];
export type Kind = "general" | "accessible" | "charging" | "coach" | "short_stay";

export interface Count {
  free: number | null;
  at_least: number;
  capacity: number;
}

export interface Facility {
  facility: string;
  name: string;
  name_en: string;
  place: LonLat;
  open: boolean;
  occupancy: Count & { trust: string; kinds: Partial<Record<Kind, Count>> };
}

export interface Choice {
  facility: string;
  name: string;
  name_en: string;
  place: LonLat;
  drive_s: number | null;
  walk_m: number;
  price_cents: number;
  currency: string;
  chance: number;
}

export interface Told {
  guidance: string;
  space: { space: string; level: string; zone: string } | null;
  choices: Choice[];
  way: { line: LonLat[] } | null;
}

/** Where the car stands; known to this phone alone. */
export interface Car {
  place: LonLat;
  name: string;
  name_en: string;
  space: string;
  since_ms: number;
}

export const facilities = signal<Facility[]>([]);
export const roads = signal<LonLat[][]>([]);
export const failing = signal(false);
export const here = signal<LonLat | null>(null);
export const target = signal<LonLat | null>(null);
export const told = signal<Told | null>(null);
export const car = signal<Car | null>(keptCar());
export const kind = signal<Kind>("general");
export const hours = signal(2);

const CAR = "parking.car";
const EVERY_MS = 15_000;

function keptCar(): Car | null {
  try {
    return JSON.parse(localStorage.getItem("parking.car") ?? "null") as Car | null;
  } catch {
    return null;
  }
}

async function ask<T>(method: string, path: string, body?: unknown): Promise<T | null> {
  try {
    const wish: RequestInit = { method, headers: { accept: "application/json" } };
    if (body !== undefined) Object.assign(wish, { body: JSON.stringify(body), headers: { "content-type": "application/json" } });
    const answer = await fetch(path, wish);
    failing.value = answer.status >= 500 || answer.status === 429;
    if (!answer.ok || answer.status === 204) return null;
    return (await answer.json()) as T;
  } catch {
    failing.value = true;
    return null;
  }
}

export async function loadFacilities(): Promise<void> {
  const found = await ask<{ facilities: Facility[] }>("GET", "/v1/parking/facilities");
  if (found) facilities.value = found.facilities;
}

export async function loadRoads(): Promise<void> {
  const found = await ask<{ features: { geometry: { coordinates: LonLat[] } }[] }>("GET", "/v1/parking/roads.geojson");
  if (found) roads.value = found.features.map((each) => each.geometry.coordinates);
}

/** Asks where to park near the target, from where the driver is. */
export async function find(): Promise<void> {
  if (!target.value) return;
  const position = here.value ?? target.value;
  await stop();
  told.value = await ask<Told>("POST", "/v1/parking/guidance", { position, destination: target.value, kind: kind.value, stay_s: hours.value * 3600 });
}

/** Asks again under way: another facility is told only where that is clearly better. */
export async function again(): Promise<void> {
  if (!told.value || !here.value) return;
  const found = await ask<Told>("POST", `/v1/parking/guidance/${told.value.guidance}`, { position: here.value });
  if (found) told.value = found;
}

export async function stop(): Promise<void> {
  const was = told.value;
  told.value = null;
  if (was) await ask("DELETE", `/v1/parking/guidance/${was.guidance}`);
}

/** Remembers on this phone where the car stands, and has the service forget the driver. */
export async function park(): Promise<void> {
  const best = told.value?.choices[0];
  if (!best) return;
  const space = told.value?.space?.space ?? "";
  car.value = { place: here.value ?? best.place, name: best.name, name_en: best.name_en, space, since_ms: Date.now() };
  localStorage.setItem(CAR, JSON.stringify(car.value));
  await stop();
}

export function leave(): void {
  car.value = null;
  localStorage.removeItem(CAR);
}

/** Follows the phone's position, if its owner lets the page. */
export function followPosition(refused: () => void): void {
  if (!("geolocation" in navigator)) return refused();
  navigator.geolocation.watchPosition(
    ({ coords }) => (here.value = [coords.longitude, coords.latitude]),
    refused,
    { enableHighAccuracy: true, maximumAge: 5_000 },
  );
}

export function keepYoung(): void {
  void loadRoads();
  void loadFacilities();
  setInterval(() => {
    if (document.hidden) return;
    void loadFacilities();
    void again();
  }, EVERY_MS);
}

/** Returns metres and one of eight directions from one place to another. */
export function towards(from: LonLat, to: LonLat): { metres: number; direction: number } {
  const degree = 111_320;
  const east = (to[0] - from[0]) * degree * Math.cos((from[1] * Math.PI) / 180);
  const north = (to[1] - from[1]) * degree;
  const direction = Math.round(((Math.atan2(east, north) * 180) / Math.PI + 360) / 45) % 8;
  return { metres: Math.round(Math.hypot(east, north)), direction };
}
