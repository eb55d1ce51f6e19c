// The units that go out: where each is, where its base is, what it does; for the map, dispatch and convoys.
import { computed, signal } from "@preact/signals";
import { keepYoung, shared } from "./keep_young";
import { isPast, pastList } from "./past";

export interface UnitRow {
  unit: { unit: string; kind: string; state: string; district: string; mission: string; home: [number, number] };
  manned: boolean;
  position: { lon: number; lat: number; source: string } | null;
  position_age_s: number | null;
  position_old: boolean;
}

const found = signal<readonly UnitRow[]>([]);

/** Units with their places, now or at the time that is shown. */
export const units = computed((): readonly UnitRow[] => (isPast.value ? pastList<UnitRow>("/v1/units") : found.value));

/** Keeps them young; returns what ends it. */
export const followUnits = shared(() =>
  keepYoung<UnitRow[]>("/v1/units", (answer) => {
    found.value = answer;
    return answer.length > 0;
  }),
);
