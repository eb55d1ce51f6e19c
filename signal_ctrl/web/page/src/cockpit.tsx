// The cockpit of whoever leads: how the day goes, against the usual one, and what is in force.
import { useEffect, useState } from "preact/hooks";
import { ask, Problem } from "./api";
import { nowMs } from "./city";
import { DayChart, type Point } from "./chart";
import type { Slot, Trend } from "./figures";
import { KeyFigures } from "./key_figures";
import { say, sayDay } from "./labels";
import { Wrong } from "./parts";
import { IncidentsBrief, ResponsesBrief, WorstJunctions } from "./wall_parts";

const SLOT_MS = 300_000;
const WANTED_KMH = 40;

/** Midnight of local time before a time. */
function midnight(ms: number): number {
  return new Date(ms).setHours(0, 0, 0, 0);
}

function useTrend(): { trend: Trend | null; fromMs: number; wrong: string } {
  const [trend, setTrend] = useState<Trend | null>(null);
  const [wrong, setWrong] = useState("");
  const untilMs = Math.floor(nowMs.value / SLOT_MS) * SLOT_MS;
  const fromMs = midnight(untilMs);
  useEffect(() => {
    let wanted = true;
    ask<Trend>("GET", `/v1/trend?from_utc_ms=${fromMs}&until_utc_ms=${untilMs}`).then(
      (found) => {
        if (!wanted) return;
        setTrend(found);
        setWrong("");
      },
      (problem) => {
        if (wanted && problem instanceof Problem) setWrong(problem.message);
      },
    );
    return () => {
      wanted = false;
    };
  }, [fromMs, untilMs]);
  return { trend, fromMs, wrong };
}

export function CockpitView() {
  const { trend, fromMs, wrong } = useTrend();
  const line = (slots: readonly Slot[], name: "trunk_kmh" | "vehicles" | "alarms" | "delay_veh_h_h"): Point[] =>
    slots.map((slot) => ({ atMs: slot.from_utc_ms + SLOT_MS / 2, value: slot[name] }));
  const [today, usual] = [trend?.slots ?? [], trend?.usual ?? []];
  return (
    <section class="view cockpit">
      <h1>
        {say("view.cockpit")} · {sayDay(fromMs)}
      </h1>
      <KeyFigures />
      <Wrong text={wrong} />
      <p class="empty">{trend && (trend.usual_days > 0 ? say("trend.days", { n: trend.usual_days }) : say("trend.nodays"))}</p>
      <div class="charts">
        <DayChart title={say("trend.speed")} unit="km/h" fromMs={fromMs} today={line(today, "trunk_kmh")} usual={line(usual, "trunk_kmh")} wanted={WANTED_KMH} />
        <DayChart title={say("wall.vehicles")} unit="veh" fromMs={fromMs} today={line(today, "vehicles")} usual={line(usual, "vehicles")} />
        <DayChart title={say("trend.delay")} unit="veh·h/h" fromMs={fromMs} today={line(today, "delay_veh_h_h")} usual={line(usual, "delay_veh_h_h")} />
        <DayChart title={say("wall.alarms")} unit={say("trend.count")} fromMs={fromMs} today={line(today, "alarms")} usual={line(usual, "alarms")} />
      </div>
      <div class="briefs">
        <WorstJunctions />
        <IncidentsBrief />
        <ResponsesBrief />
      </div>
    </section>
  );
}
