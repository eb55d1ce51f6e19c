// The wall: key figures, the map, and everything that somebody has to know of at a glance.
import { alarms, junctions, mayAudit, overrides, STATES, stateLabel, stateOf } from "./city";
import { ForeseenJams } from "./forecast_switch";
import { KeyFigures } from "./key_figures";
import { say } from "./labels";
import { AlarmTable, AuditList } from "./lists";
import { CityMapView, Sign } from "./map";
import { OverrideList } from "./overrides";
import { addressOf } from "./places";
import { congestion } from "./roads";
import { CorridorList } from "./special";
import { DispatchBrief, IncidentsBrief, ResponsesBrief, WorstJunctions, WorstRoads } from "./wall_parts";

const MOST_ALARMS = 10;
const MOST_RECORDS = 10;

export function WallView() {
  const all = [...junctions.value.values()];
  return (
    <div class="wall">
      <KeyFigures />
      <CityMapView />
      <div class="wall-side" role="region" aria-label={say("view.wall")} tabIndex={0}>
        <section class="whole">
          <h2>{say("view.alarms")}</h2>
          <AlarmTable shown={alarms.value.slice(0, MOST_ALARMS)} />
        </section>
        <section>
          <h2>{say("view.overrides")}</h2>
          <OverrideList shown={overrides.value} />
        </section>
        <section>
          <h2>
            <a href={addressOf("special")}>{say("view.special")}</a>
          </h2>
          <CorridorList />
        </section>
        <IncidentsBrief />
        {congestion.value !== null && <WorstJunctions />}
        {congestion.value !== null && <WorstRoads />}
        {congestion.value !== null && <ForeseenJams />}
        <ResponsesBrief />
        <DispatchBrief />
        <section>
          <h2>{say("wall.states")}</h2>
          <ul class="states">
            {STATES.map((state) => (
              <li key={state}>
                <Sign state={state} /> {all.filter((each) => stateOf(each) === state).length} {say(stateLabel(state))}
              </li>
            ))}
          </ul>
        </section>
        {mayAudit() && (
          <section>
            <h2>{say("view.audit")}</h2>
            <AuditList newest={100} most={MOST_RECORDS} />
          </section>
        )}
      </div>
    </div>
  );
}
