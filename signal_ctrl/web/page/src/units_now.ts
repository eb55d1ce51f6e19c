// The units that go out: where each is, where its base is, what it does; for the map, dispatch and convoys.
import { kept } from "./keep_young";

export interface UnitRow {
  unit: { unit: string; kind: string; state: string; district: string; mission: string; home: [number, number] };
  manned: boolean;
  position: { lon: number; lat: number; source: string } | null;
  position_age_s: number | null;
  position_old: boolean;
}

/** Units with their places, now or at the time that is shown. */
export const { rows: units, heard: unitsHeard, follow: followUnits, ageS: unitAgeS } = kept<UnitRow>("/v1/units", (found) => found);
