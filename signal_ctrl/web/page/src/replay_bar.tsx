// The bar of the past: that it is the past, which time of it, and how fast it goes by.
import { useEffect } from "preact/hooks";
import { language, say, sayTime } from "./labels";
import { isPast, pastMs } from "./past";
import type { View } from "./places";
import { busy, extent, HOUR_MS, leave, playing, seek, seekSoon, speed, SPEEDS, unseenSince, wrong } from "./replay";
import { When, Wrong } from "./parts";

/** Views that know the past; the others are of now alone. */
export const PAST_VIEWS: ReadonlySet<View> = new Set<View>(["map", "wall", "cockpit", "incidents", "dispatch", "buses", "responses", "special", "overrides", "alarms", "tickets", "audit"]);
const STEP_MS = 10_000;
const HOURS = [...Array(24).keys()];

export function ReplayButton() {
  return (
    <button type="button" aria-pressed={isPast.value} disabled={busy.value && !isPast.value} onClick={() => void (isPast.value ? leave() : seek())}>
      {say("replay")}
    </button>
  );
}

export function NotOfThePast() {
  return <p class="view empty">{say("replay.view")}</p>;
}

export function ReplayBar() {
  const at = pastMs.value;
  useEffect(() => {
    document.documentElement.toggleAttribute("data-past", at !== null);
  }, [at === null]);
  if (at === null) return <Wrong text={wrong.value} />;
  return (
    <section class="replay" aria-label={say("replay")}>
      <p>
        <strong role="status">{say("replay.past")}</strong> <When at={at} />
      </p>
      <Choice at={at} />
      <Slider at={at} />
      <div class="replay-keys">
        <button type="button" onClick={() => seekSoon(at - STEP_MS * 6)}>
          {say("replay.back")}
        </button>
        <button type="button" class="play" aria-pressed={playing.value} onClick={() => (playing.value = !playing.value)}>
          {playing.value ? `❚❚ ${say("replay.pause")}` : `▶ ${say("replay.play")}`}
        </button>
        <button type="button" onClick={() => seekSoon(at + STEP_MS * 6)}>
          {say("replay.on")}
        </button>
        <label>
          <span>{say("replay.speed")}</span>
          <select name="replay-speed" value={speed.value} onChange={(e) => (speed.value = Number(e.currentTarget.value))}>
            {SPEEDS.map((each) => (
              <option key={each} value={each}>
                ×{each}
              </option>
            ))}
          </select>
        </label>
        <button type="button" class="live" onClick={() => void leave()}>
          {say("replay.leave")}
        </button>
      </div>
      {unseenSince.value !== null && <p role="alert">⚠ {say("replay.unseen", { time: sayTime(unseenSince.value) })}</p>}
      <Wrong text={wrong.value} />
    </section>
  );
}

const two = (number: number): string => String(number).padStart(2, "0");
const dayOf = (ms: number): string => {
  const day = new Date(ms);
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
};

/** The hour of local time that a time lies in. */
function hourOf(ms: number): number {
  const hour = new Date(ms);
  return hour.setMinutes(0, 0, 0);
}

/** Which day and which hour; minutes and seconds stay as they are. */
function Choice({ at }: { at: number }) {
  const known = extent.value;
  const go = (day: string, hour: number) => {
    const begin = new Date(`${day}T00:00:00`);
    if (Number.isNaN(begin.getTime())) return;
    begin.setHours(hour);
    seekSoon(begin.getTime() + (at - hourOf(at)));
  };
  return (
    <div class="replay-time">
      <label>
        <span>{say("replay.day")}</span>
        <input
          type="date"
          name="replay-day"
          lang={language.value}
          value={dayOf(at)}
          min={known ? dayOf(known.first) : undefined}
          max={known ? dayOf(known.last) : undefined}
          onChange={(e) => go(e.currentTarget.value, new Date(at).getHours())}
        />
      </label>
      <label>
        <span>{say("replay.hour")}</span>
        <select name="replay-hour" value={new Date(at).getHours()} onChange={(e) => go(dayOf(at), Number(e.currentTarget.value))}>
          {HOURS.map((hour) => (
            <option key={hour} value={hour}>
              {two(hour)}:00
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}

function Slider({ at }: { at: number }) {
  const begin = hourOf(at);
  return (
    <label class="replay-slider">
      <span>{say("replay.time")}</span>
      <input
        type="range"
        name="replay-time"
        min={begin}
        max={begin + HOUR_MS - STEP_MS}
        step={STEP_MS}
        value={at}
        aria-valuetext={sayTime(at)}
        onInput={(e) => seekSoon(Number(e.currentTarget.value))}
      />
    </label>
  );
}
