// What the page knows of the city: junctions by the stream, the rest asked for again when an act concerns it.
import { computed, signal } from "@preact/signals";
import { ask, entry, may, Problem } from "./api";
import { nowMs } from "./clock";
import { refreshCorridors } from "./corridors_now";
import { refreshIncidents } from "./incidents_now";
import type { Label } from "./labels";
import { isPast } from "./past";
import { loadRoads, takeLinks } from "./roads";
import { forget, type News } from "./stream";

export interface Version {
  epoch: number;
  revision: number;
}

export interface Junction {
  junction: string;
  district: string;
  corridor: string;
  place: string;
  lon: number | null;
  lat: number | null;
  link: "online" | "offline" | "never heard";
  sent: Version | null;
  sent_why: string;
  acknowledged: string | null;
  reasons: string[];
  runs: Version | null;
  says: Record<string, string>;
}

export interface Price {
  added_veh_h: [number, number, number] | null;
  method: string;
  unknown: string[];
  groups: { cabinet: string; group: string; added_veh_h: number[] | null; why: string }[];
  crossings: { cabinet: string; group: string; added_wait_s: number | null; why: string }[];
}

export interface Leg {
  cabinet: string;
  stage: string;
  start_utc_ms: number;
  end_utc_ms: number;
  /** When a convoy is expected there; null where there is none. */
  arrives_utc_ms?: number | null;
}

export interface Override {
  override_id: string;
  document: { kind: string; legs: Leg[]; start_utc_ms: number; end_utc_ms: number; reason: string; case: string; note: string };
  sha256: string;
  second: string[];
  issuer: string;
  approver: string;
  state: string;
  estimate: Price | null;
  measured: Price | null;
  /** Cabinets that were given back before their end. */
  given_back?: { cabinet: string; at_utc_ms: number; by: string }[];
}

export interface Alarm {
  alarm_id: string;
  kind: string;
  subject: string;
  severity: "critical" | "warning" | "notice";
  text: string;
  raised_utc_ms: number;
  times: number;
  state: string;
  acknowledged_by: string;
}

export interface Ticket {
  ticket_id: string;
  facility: string;
  cabinet: string;
  device: string;
  text: string;
  opened_utc_ms: number;
  state: string;
  assigned_to: string;
}

export interface Feature {
  geometry: { type: string; coordinates: unknown };
  properties: Record<string, unknown>;
}

export type State = "adaptive" | "plan" | "override" | "fallback" | "fault" | "offline" | "never";

export const STATES: readonly State[] = ["adaptive", "plan", "override", "fallback", "fault", "offline", "never"];

export const junctions = signal<ReadonlyMap<string, Junction>>(new Map());
export const overrides = signal<readonly Override[]>([]);
export const alarms = signal<readonly Alarm[]>([]);
export const tickets = signal<readonly Ticket[]>([]);
export const network = signal<readonly Feature[]>([]);
export const acts = signal(0);
/** What could not be asked for, by its path, until it comes. */
const wrongs = signal<ReadonlyMap<string, string>>(new Map());
export const failed = computed(() => [...new Set(wrongs.value.values())].join(" · "));
export { nowMs };

const NOT_RUNNING = new Set(["0", "1", "4", "5", "6"]); // modes of the kernel, in its order: all but running and clearing
const NOT_ASKED_FOR = new Set(["0", "1", "6"]); // starting up, and a fault: no override leads there, and none decides there
const RUNG_CENTRE = "0";

/** Whether an override was given back at a cabinet, or its time there is over. */
export const isGivenBack = (override: Override, leg: Leg): boolean =>
  leg.end_utc_ms <= nowMs.value || (override.given_back ?? []).some((each) => each.cabinet === leg.cabinet);

/** Which legs hold their cabinets now, as one text, so that not every second is news. */
const holding = computed(() =>
  overrides.value
    .filter((each) => each.state === "active")
    .flatMap((each) => each.document.legs.filter((leg) => leg.start_utc_ms <= nowMs.value && !isGivenBack(each, leg)).map((leg) => `${each.override_id} ${leg.cabinet}`))
    .join("\n"),
);

/** The overrides in force by cabinet: of a route those junctions alone that are held for the convoy now. */
export const inForce = computed(() => {
  const found = new Map<string, string>();
  for (const line of holding.value ? holding.value.split("\n") : []) {
    const [id = "", cabinet = ""] = line.split(" ");
    found.set(cabinet, id);
  }
  return found;
});

export function stateOf(junction: Junction): State {
  if (junction.link === "never heard") return "never";
  if (junction.link === "offline") return "offline";
  if (NOT_ASKED_FOR.has(junction.says.mode ?? "")) return "fault";
  if (inForce.value.has(junction.junction)) return "override";
  if (junction.says.mode === undefined) return "never";
  if (NOT_RUNNING.has(junction.says.mode)) return "fault";
  if (junction.says.rung !== RUNG_CENTRE) return "fallback";
  return junction.says.adaptive === "1" ? "adaptive" : "plan";
}

export const stateLabel = (state: State): Label => `state.${state}`;

const TOPICS: readonly [RegExp, () => void][] = [
  [/override/, () => void refreshOverrides()],
  [/alarm/, () => void refreshAlarms()],
  [/ticket/, () => void refreshTickets()],
  [/network/, () => void loadNetwork()],
  [/corridor/, () => refreshCorridors()],
  [/incident/, () => refreshIncidents()],
];

/** Takes news of the stream. */
export function take(news: News): void {
  if (isPast.peek()) return; // what comes meanwhile is asked for again when the page is live again
  if (news.kind === "junctions") {
    const next = new Map(junctions.value);
    for (const each of news.data as Junction[]) next.set(each.junction, each);
    junctions.value = next;
  } else if (news.kind === "changes") {
    const next = new Map(junctions.value);
    for (const [name, changes] of Object.entries(news.data as Record<string, Partial<Junction>>)) {
      const known = next.get(name);
      if (known) next.set(name, changed(known, changes));
    }
    junctions.value = next;
  } else if (news.kind === "gone") {
    const next = new Map(junctions.value);
    for (const name of news.data as string[]) next.delete(name);
    junctions.value = next;
  } else if (news.kind === "act") takeAct(news.data as { action: string; object: string });
  else if (news.kind === "links") takeLinks(news);
  else if (news.kind === "alarms") void refreshAlarms();
  else if (news.kind === "here" && (news.data as { links?: boolean }).links) void loadRoads();
  else if (news.kind === "reset") void loadAll();
  else if (news.kind === "end") forget();
}

/** Returns a junction with what the centre says of it now; what it says of itself comes by parts too, null for what is gone. */
function changed(known: Junction, { says, ...changes }: Partial<Junction>): Junction {
  if (says === undefined) return { ...known, ...changes };
  const all = Object.entries({ ...known.says, ...says } as Record<string, string | null>);
  return { ...known, ...changes, says: Object.fromEntries(all.filter((each): each is [string, string] => each[1] !== null)) };
}

function takeAct(act: { action: string; object: string }): void {
  acts.value += 1;
  for (const [topic, again] of TOPICS) if (topic.test(act.action) || topic.test(act.object)) again();
}

/** Questions under way by path, and those that follow: many acts at once are two questions, and no older answer comes last. */
const underWay = new Map<string, Promise<void>>();
const following = new Map<string, Promise<void>>();

function oneAtATime(path: string, look: () => Promise<void>): Promise<void> {
  const now = underWay.get(path);
  if (now === undefined) {
    const looking = look().finally(() => underWay.delete(path));
    underWay.set(path, looking);
    return looking;
  }
  const next =
    following.get(path) ??
    now.catch(() => undefined).then(() => {
      following.delete(path);
      return oneAtATime(path, look);
    });
  following.set(path, next);
  return next;
}

function said(path: string, wrong: string): void {
  if ((wrongs.peek().get(path) ?? "") === wrong) return;
  const next = new Map(wrongs.peek());
  if (wrong) next.set(path, wrong);
  else next.delete(path);
  wrongs.value = next;
}

/** Asks for something and hands it on, unless the page shows the past by then. */
const refresh = <T,>(path: string, show: (found: T) => void): Promise<void> =>
  oneAtATime(path, async () => {
    if (entry.value !== "in" || isPast.peek()) return;
    try {
      const found = await ask<T>("GET", path);
      if (!isPast.peek()) show(found);
      said(path, "");
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      said(path, problem.message);
    }
  });

export const refreshOverrides = (): Promise<void> => refresh<Override[]>("/v1/overrides", (found) => (overrides.value = found));
export const refreshAlarms = (): Promise<void> => refresh<Alarm[]>("/v1/alarms", (found) => (alarms.value = found));
const refreshTickets = (): Promise<void> => refresh<Ticket[]>("/v1/tickets", (found) => (tickets.value = found));
const loadNetwork = (): Promise<void> => refresh<{ features: Feature[] }>("/v1/network.geojson", (found) => (network.value = found.features));

/** Asks for everything that the stream does not bring by itself. */
export async function loadAll(): Promise<void> {
  await Promise.all([loadNetwork(), refreshOverrides(), refreshAlarms(), refreshTickets()]);
}

export const mayOverride = (): boolean => may("issue_override");
export const mayApprove = (): boolean => may("approve_override");
export const mayHandle = (): boolean => may("handle_alarms");
export const mayAudit = (): boolean => may("read_audit");
