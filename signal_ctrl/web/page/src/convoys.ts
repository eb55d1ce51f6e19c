// Convoys on green routes: where each junction of the way stands, when the convoy is due, and what the lamps show meanwhile.
import { computed, effect, signal } from "@preact/signals";
import { ask, Problem } from "./api";
import { isGivenBack, type Leg, nowMs, type Override, overrides } from "./city";
import { shared } from "./keep_young";
import { isOld, type Lamps, lampsOf, lampsThen } from "./lamps";
import { isPast, wantLamps } from "./past";
import { type UnitRow, units } from "./units_now";

/** asked: a second person has to agree; waits: its time is to come; turning: on its way to the stage; green: for the convoy. */
export type LegState = "asked" | "waits" | "turning" | "green" | "dark" | "released";

export const convoys = computed((): readonly Override[] => overrides.value.filter((each) => each.document.kind === "green_route"));

/** The lamps of each watched junction, as they were heard last. */
const heard = signal<ReadonlyMap<string, Lamps>>(new Map());
const sites = new Map<string, string[]>();
const EVERY_MS = 2_000;
const MOST = 20; // the centre answers for so many

/** Returns the stage that a junction shows; null: none, undefined: not known, or no longer. */
function stageAt(junction: string): string | null | undefined {
  const last = heard.value.get(junction); // is read in the past too: it rises when a site is known
  const lamps = isPast.value ? lampsThen(junction) : last;
  if (!lamps || isOld(lamps)) return undefined;
  return lamps.stage === null ? null : sites.get(junction)?.[lamps.stage];
}

export function legState(override: Override, leg: Leg): LegState {
  if (isGivenBack(override, leg)) return "released";
  if (override.state.startsWith("waiting")) return "asked";
  if (leg.start_utc_ms > nowMs.value) return "waits";
  const stage = stageAt(leg.cabinet);
  if (stage === undefined) return "dark";
  return stage === leg.stage ? "green" : "turning";
}

/** When the convoy is due at a junction; the end of the leg where the centre does not tell. [ms] */
export const dueMs = (leg: Leg): number => leg.arrives_utc_ms ?? leg.end_utc_ms;

/** Returns the next junction of the way, none once all are behind the convoy. */
export const nextLeg = (override: Override): Leg | undefined =>
  override.document.legs.find((leg) => dueMs(leg) > nowMs.value && !isGivenBack(override, leg));

/** Returns the unit that leads a convoy: the one on the mission that is its case, or the one that its note names. */
export function leaderOf(override: Override): UnitRow | undefined {
  const named = /^unit (\S+?)(;|$)/.exec(override.document.note)?.[1];
  return units.value.find(({ unit }) => unit.unit === named || (unit.mission !== "" && unit.mission === override.document.case));
}

export async function stagesOf(junction: string): Promise<string[]> {
  const known = sites.get(junction);
  if (known) return known;
  const { site } = await ask<{ site: { stages?: { name: string }[] } }>("GET", `/v1/junctions/${encodeURIComponent(junction)}`);
  const found = (site.stages ?? []).map((each) => each.name);
  sites.set(junction, found);
  return found;
}

/** The junctions that are kept for convoys now. */
const watched = computed(() => {
  const held = convoys.value.flatMap((each) =>
    each.state === "active" ? each.document.legs.filter((leg) => leg.start_utc_ms <= nowMs.value && !isGivenBack(each, leg)) : [],
  );
  return [...new Set(held.map((leg) => leg.cabinet))].slice(0, MOST).join("\n");
});

async function look(): Promise<void> {
  const names = watched.peek() ? watched.peek().split("\n") : [];
  wantLamps("convoys", names);
  if (names.length === 0 || document.hidden) return;
  try {
    const found = isPast.peek() ? {} : (await ask<{ lamps: Record<string, Lamps> }>("GET", lampsOf(names))).lamps;
    await Promise.all(names.map((each) => stagesOf(each).catch(() => []))); // one that is not known hides no other
    heard.value = new Map(Object.entries(found));
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
  }
}

/** Keeps the lamps of convoys young while somebody looks; returns what ends it. */
export const followConvoys = shared(() => {
  const stop = effect(() => {
    if (watched.value || heard.peek().size > 0) void look();
  });
  const timer = setInterval(() => void look(), EVERY_MS);
  return () => {
    clearInterval(timer);
    stop();
    wantLamps("convoys", []);
  };
});
