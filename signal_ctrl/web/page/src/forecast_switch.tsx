// The switch between now and what is foreseen, and the list of jams that are foreseen.
import { useEffect, useState } from "preact/hooks";
import { ask } from "./api";
import { ahead, AHEAD_MIN, type Forecast, forecast, forecastWrong, type Jam } from "./forecast";
import { figures } from "./figures";
import { say, sayClock } from "./labels";
import { Table } from "./parts";
import { isPast } from "./past";
import { roads } from "./roads";

export function ForecastSwitch() {
  if (isPast.value || roads.value.length === 0) return null;
  const found = forecast.value;
  return (
    <fieldset class="ahead">
      <legend>{say("ahead")}</legend>
      {AHEAD_MIN.map((minutes) => (
        <label key={minutes}>
          <input type="radio" name="ahead" checked={ahead.value === minutes} onChange={() => (ahead.value = minutes)} />
          <span>{minutes === 0 ? say("ahead.now") : say("ahead.min", { n: minutes })}</span>
        </label>
      ))}
      {ahead.value !== 0 && (
        <p role="status">
          {found === null
            ? forecastWrong.value || say("loading")
            : `${say("ahead.for", { time: sayClock(found.at_utc_ms + 60_000 * found.ahead_min) })} · ${
                found.learned_days > 0 ? say("ahead.learned", { n: found.learned_days }) : say("ahead.unlearned")
              }`}
        </p>
      )}
    </fieldset>
  );
}

const MOST = 10;

/** Jams that are foreseen within the hour, the surest first. */
export function ForeseenJams() {
  const [found, setFound] = useState<Forecast | null>(null);
  const madeMs = figures.value?.forecast_utc_ms ?? null;
  useEffect(() => {
    let wanted = true;
    if (!isPast.value && madeMs !== null)
      ask<Forecast>("GET", "/v1/congestion/forecast?ahead=60").then(
        (forecast) => wanted && setFound(forecast),
        () => wanted && setFound(null),
      );
    return () => {
      wanted = false;
    };
  }, [madeMs, isPast.value]);
  if (isPast.value) return null;
  return (
    <section>
      <h2>{say("wall.foreseen")}</h2>
      {found === null ? <p class="empty">{say("ahead.none")}</p> : <JamsOf forecast={found} />}
    </section>
  );
}

function JamsOf(props: { forecast: Forecast }) {
  const names = new Map(roads.value.map((road) => [road.road, road.name || road.road]));
  const ahead = props.forecast.jams.filter((jam) => !jam.now).sort((a, b) => b.probability - a.probability);
  return (
    <>
      {props.forecast.learned_days === 0 && <p class="empty">{say("ahead.unlearned")}</p>}
      <Table
        label={say("wall.foreseen")}
        head={[say("column.road"), say("column.from"), say("column.until"), say("column.sure"), say("column.minutes")]}
        rows={ahead.slice(0, MOST).map((jam) => [names.get(jam.link) ?? jam.link, clock(jam.from_utc_ms), jam.until_utc_ms === null ? say("ahead.beyond") : clock(jam.until_utc_ms), `${Math.round(jam.probability * 100)} %`, minutesOf(jam)])}
        empty={say("wall.foreseen.none")}
      />
    </>
  );
}

const clock = (utcMs: number): string => sayClock(utcMs).slice(0, 5);
const minutesOf = (jam: Jam): string => `${(jam.travel_time_s / 60).toFixed(1)} (${(jam.low_s / 60).toFixed(1)}–${(jam.high_s / 60).toFixed(1)})`;
