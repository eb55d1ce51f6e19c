// The driver's page: find a space, drive there, and back to the car. No account; only this phone knows where the car is.
import "leaflet/dist/leaflet.css";
import "./style.css";
import { signal } from "@preact/signals";
import { render } from "preact";
import { DriverMap, freeText } from "./map";
import {
  car, type Choice, facilities, failing, find, followPosition, here, hours, keepYoung, kind, type Kind, leave, type LonLat, notice, nowMs, OLD_MS, park, stop, target,
  told, toldAtMs, towards,
} from "./service";
import { changeLanguage, language, say, type Word } from "./words";

const KINDS: readonly Kind[] = ["general", "accessible", "charging", "coach", "short_stay"];
const HOURS = [0.5, 1, 2, 4, 8, 24];
const NEAREST = 8;
const refused = signal(false);
const following = signal(false);

function Page() {
  document.documentElement.lang = language.value === "zh" ? "zh-CN" : "en";
  document.title = say("title");
  return (
    <>
      <header>
        <strong>P {say("title")}</strong>
        <button type="button" onClick={changeLanguage} lang={language.value === "en" ? "zh" : "en"}>
          {say("language")}
        </button>
      </header>
      <DriverMap picked={picked} />
      <main>
        {failing.value && <p role="alert">{say("wrong")}</p>}
        {notice.value && <p role="alert">{say(notice.value)}</p>}
        {car.value ? <Parked /> : told.value ? <Guided /> : <Looking />}
      </main>
    </>
  );
}

/** A tap says where one is, where the phone does not know; else where one wants to go. */
function picked(place: LonLat): void {
  if (car.value || told.value || (refused.value && !here.value)) here.value = place;
  else target.value = place;
}

function follow(): void {
  following.value = true;
  refused.value = false;
  followPosition(() => {
    refused.value = true;
    following.value = false;
  });
}

function Looking() {
  return (
    <section>
      <p>{refused.value && !here.value ? say("noposition") : say("tap")}</p>
      <div class="row">
        <label>
          {say("kind")}
          <select name="kind" value={kind.value} onChange={(e) => (kind.value = e.currentTarget.value as Kind)}>
            {KINDS.map((each) => (
              <option key={each} value={each}>
                {say(`kind.${each}`)}
              </option>
            ))}
          </select>
        </label>
        <label>
          {say("stay")}
          <select name="stay" value={hours.value} onChange={(e) => (hours.value = Number(e.currentTarget.value))}>
            {HOURS.map((each) => (
              <option key={each} value={each}>
                {say("hours", { n: each })}
              </option>
            ))}
          </select>
        </label>
      </div>
      <div class="row">
        <button type="button" disabled={following.value} onClick={follow}>
          {say("position")}
        </button>
        <button type="button" class="main" disabled={!target.value} onClick={() => void find()}>
          {say("find")}
        </button>
      </div>
      <Nearest />
    </section>
  );
}

function Nearest() {
  const from = target.value ?? here.value;
  const sorted = [...facilities.value].sort((a, b) => (from ? towards(from, a.place).metres - towards(from, b.place).metres : a.facility.localeCompare(b.facility)));
  return (
    <ul aria-label={say("list")}>
      {sorted.slice(0, NEAREST).map((each) => {
        const { text, state } = freeText(each);
        return (
          <li key={each.facility}>
            <span>{language.value === "zh" ? each.name : each.name_en}</span>
            <strong class={state}>{state === "count" ? say("free", { n: text }) : say(state)}</strong>
          </li>
        );
      })}
    </ul>
  );
}

function Guided() {
  const [best, ...others] = told.value?.choices ?? [];
  const space = told.value?.space;
  if (!best) return null;
  const age_ms = nowMs.value - toldAtMs.value;
  return (
    <section>
      <h1>{nameOf(best)}</h1>
      {age_ms > OLD_MS && <p role="alert">{say("old", { n: Math.round(age_ms / 60_000) })}</p>}
      {space && (
        <p class="space">
          {say("space", { n: space.space })} {space.level && say("level", { n: space.level })} {space.zone}
        </p>
      )}
      <Facts choice={best} />
      <div class="row">
        <button type="button" class="main" onClick={() => void park()}>
          {say("parked")}
        </button>
        <button type="button" onClick={() => void stop()}>
          {say("stop")}
        </button>
        {!following.value && (
          <button type="button" onClick={follow}>
            {say("position")}
          </button>
        )}
      </div>
      {others.length > 0 && (
        <details>
          <summary>{say("others")}</summary>
          {others.map((each) => (
            <div key={each.facility}>
              <strong>{nameOf(each)}</strong>
              <Facts choice={each} />
            </div>
          ))}
        </details>
      )}
    </section>
  );
}

const nameOf = (choice: { name: string; name_en: string }) => (language.value === "zh" ? choice.name : choice.name_en);

function Facts({ choice }: { choice: Choice }) {
  const price = choice.price_cents ? say("price", { n: (choice.price_cents / 100).toFixed(2), currency: choice.currency }) : say("nothing");
  return (
    <p class="facts">
      {choice.drive_s !== null && <span>{say("drive", { n: Math.max(1, Math.round(choice.drive_s / 60)) })}</span>}
      <span>{say("walk", { n: Math.round(choice.walk_m) })}</span>
      <span>{price}</span>
      <span>{choice.chance === null ? say("unforeseen") : say("chance", { n: Math.round(choice.chance * 100) })}</span>
    </p>
  );
}

function Parked() {
  const own = car.value;
  if (!own) return null;
  const way = here.value ? towards(here.value, own.place) : null;
  const time = new Date(own.since_ms).toLocaleTimeString(language.value === "zh" ? "zh-CN" : "en-GB", { hour: "2-digit", minute: "2-digit" });
  return (
    <section>
      <h1>{say("mycar")}</h1>
      <p class="space">
        {nameOf(own)} {own.space && say("space", { n: own.space })} {say("since", { time })}
      </p>
      {way && <p role="status">{say("away", { n: way.metres, direction: say(`direction.${way.direction}` as Word) })}</p>}
      <div class="row">
        <button type="button" class="main" disabled={following.value} onClick={follow}>
          {say("back")}
        </button>
        <button type="button" onClick={leave}>
          {say("forget")}
        </button>
      </div>
      <p>
        <small>{say("onphone")}</small>
      </p>
    </section>
  );
}

keepYoung();
const root = document.getElementById("page");
if (root) render(<Page />, root);
