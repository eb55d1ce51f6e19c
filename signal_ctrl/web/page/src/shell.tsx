// The frame of the page: views, search, who is logged in, and whether what is shown is alive.
import { signal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import { entry, logOut, me } from "./api";
import { alarms, failed, junctions, loadAll, mayAudit, nowMs, overrides, stateLabel, stateOf } from "./city";
import { byName, changeLanguage, type Label, language, say, sayAge } from "./labels";
import { BusesView } from "./buses";
import { DemoBanner } from "./demo";
import { DispatchView, ResponsesView } from "./dispatch";
import { CockpitView } from "./cockpit";
import { corridors, followCorridors } from "./corridors_now";
import { EngineerView } from "./engineer";
import { IncidentsView } from "./incidents";
import { JunctionPanel } from "./junction";
import { AlarmsView, AuditView, TicketsView } from "./lists";
import { Enrol, FactorDialog, Login } from "./login";
import { CityMapView, Sign } from "./map";
import { OverridesView } from "./overrides";
import { Wrong } from "./parts";
import { ParkingView } from "./parking";
import { addressOf, open, place, type View, VIEWS } from "./places";
import { isPast } from "./past";
import { NotOfThePast, PAST_VIEWS, ReplayBar, ReplayButton } from "./replay_bar";
import { RouteView } from "./route";
import { SpecialView } from "./special";
import { heardMs, link } from "./stream";
import { WallView } from "./wall";

const KEPT = "signal-ctrl.night";
const night = signal(localStorage.getItem(KEPT) ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "night" : "day"));

function changeNight(): void {
  night.value = night.value === "night" ? "day" : "night";
  localStorage.setItem(KEPT, night.value);
}

export function Shell() {
  document.documentElement.lang = language.value === "zh" ? "zh-CN" : "en";
  document.documentElement.dataset.scheme = night.value;
  document.title = say("app");
  if (entry.value === "looking") return <p class="card login">{say("loading")}</p>;
  return (
    <>
      <DemoBanner />
      <Head />
      {entry.value === "in" && <DeadLink />}
      {entry.value === "in" && <ReplayBar />}
      {entry.value === "in" && <Wrong text={failed.value} />}
      <main id="content">
        {entry.value === "out" && <Login />}
        {entry.value === "enrolling" && <Enrol />}
        {entry.value === "in" && <Viewed />}
      </main>
      <FactorDialog />
    </>
  );
}

function Viewed() {
  const { view, junction } = place.value;
  if (isPast.value && !PAST_VIEWS.has(view)) return <NotOfThePast />;
  if (view === "map")
    return (
      <div class="split">
        <CityMapView />
        {junction ? <JunctionPanel key={junction} name={junction} /> : <JunctionList />}
      </div>
    );
  const views: Record<Exclude<View, "map">, () => preact.JSX.Element> = {
    wall: WallView,
    cockpit: CockpitView,
    incidents: IncidentsView,
    dispatch: DispatchView,
    buses: BusesView,
    responses: ResponsesView,
    route: RouteView,
    special: SpecialView,
    parking: ParkingView,
    overrides: OverridesView,
    alarms: AlarmsView,
    tickets: TicketsView,
    audit: AuditView,
    engineer: EngineerView,
  };
  const Chosen = views[view];
  return <Chosen />;
}

function Head() {
  const inside = entry.value === "in";
  return (
    <header class="head">
      <a class="skip" href="#content" onClick={(e) => (e.preventDefault(), document.getElementById("content")?.querySelector<HTMLElement>("a,button,input,select")?.focus())}>
        {say("skip")}
      </a>
      <strong class="name">{say("app")}</strong>
      {inside && <Views />}
      <span class="grow" />
      {inside && !isPast.value && <LinkSign />}
      {inside && <ReplayButton />}
      <button type="button" onClick={() => changeLanguage(language.value === "en" ? "zh" : "en")} lang={language.value === "en" ? "zh" : "en"}>
        {say("language")}
      </button>
      <button type="button" aria-pressed={night.value === "night"} onClick={changeNight}>
        {say("night")}
      </button>
      {inside && (
        <button type="button" class="prints" onClick={() => print()}>
          {say("print")}
        </button>
      )}
      {inside && (
        <button type="button" onClick={logOut}>
          {say("login.out")} ({me.value?.login})
        </button>
      )}
    </header>
  );
}

function Views() {
  const count: Partial<Record<View, number>> = { alarms: alarms.value.length, overrides: overrides.value.length, special: corridors.value.length };
  const bar = useRef<HTMLElement>(null);
  useEffect(followCorridors, []);
  useEffect(() => {
    const now = bar.current?.querySelector<HTMLElement>("[aria-current]");
    if (bar.current && now) bar.current.scrollLeft = now.offsetLeft - bar.current.offsetLeft - (bar.current.clientWidth - now.offsetWidth) / 2;
  }, [place.value.view, language.value, mayAudit(), ...Object.values(count)]); // whatever makes it wider or narrower
  return (
    <nav ref={bar} aria-label={say("menu")}>
      {VIEWS.filter((each) => (each !== "audit" || mayAudit()) && (!isPast.value || PAST_VIEWS.has(each))).map((each) => (
        <a key={each} href={addressOf(each)} aria-current={place.value.view === each ? "page" : undefined}>
          {say(`view.${each}` as Label)}
          {count[each] ? <span class="count">{count[each]}</span> : null}
        </a>
      ))}
    </nav>
  );
}

function LinkSign() {
  const state = link.value;
  return (
    <span class={`link ${state}`} role="status">
      {state === "live" ? `● ${say("stream.live")}` : `○ ${say("stream.waiting")}`}
    </span>
  );
}

/** The alarm is read aloud once: the age, which grows every second, stands beside it. */
function DeadLink() {
  if (link.value !== "dead") return null;
  void nowMs.value;
  const age = heardMs.value ? sayAge((Date.now() - heardMs.value) / 1000) : say("age.never");
  return (
    <p class="dead">
      <span role="alert">⚠ {say("stream.dead")}</span> {say("stream.old", { age })}
      <button type="button" onClick={() => void loadAll()}>
        {say("retry")}
      </button>
    </p>
  );
}

const MOST_LISTED = 200;

function JunctionList() {
  const [wanted, setWanted] = useState("");
  const text = wanted.toLowerCase();
  const all = [...junctions.value.values()].sort((a, b) => byName(a.junction, b.junction));
  const fits = all.filter((each) => `${each.junction} ${each.place} ${each.district} ${each.corridor}`.toLowerCase().includes(text));
  return (
    <aside class="panel" aria-label={say("map.list")}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const first = fits[0];
          if (first) open("map", first.junction);
        }}
      >
        <label class="field">
          <span>{say("search")}</span>
          <input type="search" name="search" value={wanted} onInput={(e) => setWanted(e.currentTarget.value)} />
        </label>
      </form>
      {fits.length === 0 && <p class="empty">{say("search.none")}</p>}
      <ul class="junctions">
        {fits.slice(0, MOST_LISTED).map((each) => (
          <li key={each.junction}>
            <a href={addressOf("map", each.junction)}>
              <Sign state={stateOf(each)} /> {each.junction} <small>{say(stateLabel(stateOf(each)))}</small>
            </a>
          </li>
        ))}
      </ul>
      {fits.length > MOST_LISTED && <p class="empty">{say("search.more", { n: fits.length - MOST_LISTED })}</p>}
    </aside>
  );
}
