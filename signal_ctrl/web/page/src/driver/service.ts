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
  /** That a space is free on arrival; null: nobody can say. */
  chance: number | null;
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
/** What the driver has to know besides of the answer on the screen. */
export const notice = signal<"anew" | "outside" | null>(null);
/** When the answer on the screen was told; 0 if there is none. */
export const toldAtMs = signal(0);
/** Now, as often as is looked. */
export const nowMs = signal(Date.now());

/** What was heard so long ago is no longer shown as if it were true: a sign that hears nothing goes blank as soon. */
export const OLD_MS = 90_000;
const CAR = "parking.car";
const EVERY_MS = 15_000;
const GONE = 404;
let heardMs = 0;
const PATIENCE_MS = 10_000;
let wanted = false; // whether the driver waits for an answer, on the screen or not there yet
let turn = 0; // of what the driver wants: what was asked before he stopped or looked anew is no answer any more
let asking = false;

function keptCar(): Car | null {
  try {
    return JSON.parse(localStorage.getItem("parking.car") ?? "null") as Car | null;
  } catch {
    return null;
  }
}

async function ask<T>(method: string, path: string, body?: unknown): Promise<{ status: number; found: T | null }> {
  try {
    const wish: RequestInit = { method, headers: { accept: "application/json" }, signal: AbortSignal.timeout(PATIENCE_MS) };
    if (body !== undefined) Object.assign(wish, { body: JSON.stringify(body), headers: { "content-type": "application/json" } });
    const answer = await fetch(path, wish);
    failing.value = answer.status >= 500 || answer.status === 429;
    const found = answer.ok && answer.status !== 204 ? ((await answer.json()) as T) : null;
    return { status: answer.status, found };
  } catch {
    failing.value = true;
    return { status: 0, found: null };
  }
}

export async function loadFacilities(): Promise<void> {
  const { found } = await ask<{ facilities: Facility[] }>("GET", "/v1/parking/facilities");
  if (!found) return;
  facilities.value = found.facilities;
  heardMs = Date.now();
}

/** Takes the counts off the screen when nothing was heard for long: the street has gone on. */
function forgetOld(): void {
  if (Date.now() - heardMs <= OLD_MS || facilities.value.every((each) => each.occupancy.trust === "stale")) return;
  facilities.value = facilities.value.map((each) => ({ ...each, occupancy: { ...each.occupancy, trust: "stale" } }));
}

export async function loadRoads(): Promise<void> {
  const { found } = await ask<{ features: { geometry: { coordinates: LonLat[] } }[] }>("GET", "/v1/parking/roads.geojson");
  if (found) roads.value = found.features.map((each) => each.geometry.coordinates);
}

/** Asks where to park near the target, from where the driver is. */
export async function find(): Promise<void> {
  await stop();
  wanted = true;
  await askAnew();
}

async function askAnew(): Promise<void> {
  if (!target.value) return;
  const own = turn;
  const wish = { position: here.value, destination: target.value, kind: kind.value, stay_s: hours.value * 3600 };
  const { status, found } = await ask<Told>("POST", "/v1/parking/guidance", wish);
  if (own !== turn) {
    if (found) void ask("DELETE", `/v1/parking/guidance/${found.guidance}`);
    return;
  }
  wanted = status === 0 || status === 429 || status >= 500 || found !== null;
  if (!wanted) notice.value = "outside";
  tell(found);
}

function tell(found: Told | null): void {
  told.value = found;
  toldAtMs.value = found ? Date.now() : 0;
}

/** Asks again under way: another facility is told only where that is clearly better. A request that has ended is asked anew. */
async function again(): Promise<void> {
  const was = told.value;
  if (!was) return wanted ? askAnew() : undefined;
  const own = turn;
  const { status, found } = await ask<Told>("POST", `/v1/parking/guidance/${was.guidance}`, { position: here.value });
  if (own !== turn) return;
  if (found) tell(found);
  if (status !== GONE) return;
  tell(null);
  notice.value = "anew";
  await askAnew();
}

/** Asks again, one question at a time however slowly they are answered. */
async function goOn(): Promise<void> {
  if (asking) return;
  asking = true;
  await again().finally(() => (asking = false));
}

export async function stop(): Promise<void> {
  const was = told.value;
  turn += 1;
  wanted = false;
  notice.value = null;
  tell(null);
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

let watch: number | null = null;

/** Follows the phone's position, if its owner lets the page. What was followed before ends: an error may pass, and no two run side by side. */
export function followPosition(refused: () => void): void {
  if (!("geolocation" in navigator)) return refused();
  if (watch !== null) navigator.geolocation.clearWatch(watch);
  watch = navigator.geolocation.watchPosition(
    ({ coords }) => (here.value = [coords.longitude, coords.latitude]),
    refused,
    { enableHighAccuracy: true, maximumAge: 5_000 },
  );
}

export function keepYoung(): void {
  void loadRoads();
  void loadFacilities();
  setInterval(() => {
    nowMs.value = Date.now();
    forgetOld();
    if (document.hidden) return;
    if (roads.value.length === 0) void loadRoads();
    void loadFacilities();
    void goOn();
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
