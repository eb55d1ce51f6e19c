// Overrides that wait, are to come or are in force: countdown, release, approval by a second person.
import { ask } from "./api";
import { ConvoyProgress } from "./convoy_progress";
import { nowMs, type Override, overrides, refreshOverrides } from "./city";
import { type Label, say, sayAge, sayWord } from "./labels";
import { useAct, Wrong } from "./parts";
import { addressOf } from "./places";
import { PriceText, secondsTo, stateWord } from "./take_over";
import { TwoPersons } from "./two_persons";

export function OverridesView() {
  return (
    <section class="view">
      <h1>{say("view.overrides")}</h1>
      <OverrideList shown={overrides.value} />
    </section>
  );
}

export function OverrideList({ shown }: { shown: readonly Override[] }) {
  if (shown.length === 0) return <p class="empty">{say("override.none")}</p>;
  return (
    <ul class="cards">
      {shown.map((each) => (
        <OverrideCard key={each.override_id} override={each} />
      ))}
    </ul>
  );
}

function OverrideCard({ override }: { override: Override }) {
  const { busy, wrong, act } = useAct();
  const { document: what } = override;
  const path = `/v1/overrides/${override.override_id}`;
  const finish = (work: () => Promise<unknown>) =>
    act(async () => {
      await work();
      await refreshOverrides();
    });
  return (
    <li class={`card override ${override.state === "active" ? "active" : ""}`} data-override={override.override_id}>
      <h2>
        {sayWord("kind", what.kind)} · {sayWord("ostate", stateWord(override.state))}
      </h2>
      {what.kind === "green_route" ? (
        <ConvoyProgress override={override} />
      ) : (
        <p class="legs">
          {what.legs.map((leg) => (
            <a key={leg.cabinet} href={addressOf("map", leg.cabinet)}>
              {leg.cabinet}
              {leg.stage && ` → ${leg.stage}`}
            </a>
          ))}
        </p>
      )}
      <p>
        <Countdown override={override} /> · {say("override.by", { who: override.issuer })} · {say(`reason.${what.reason}` as Label)} ·{" "}
        {what.case}
      </p>
      {override.estimate && <PriceText price={override.estimate} />}
      <Wrong text={wrong} />
      <TwoPersons
        issuer={override.issuer}
        waits={override.state === "waiting for approval"}
        busy={busy}
        name={override.override_id}
        end={say("release")}
        endQuestion={say("release.ask", { id: override.override_id })}
        onApprove={() => void finish(() => ask("POST", `${path}/approve`, { sha256: override.sha256 }))}
        onEnd={() => void finish(() => ask("DELETE", path))}
      />
    </li>
  );
}

function Countdown({ override }: { override: Override }) {
  const { start_utc_ms, end_utc_ms } = override.document;
  const comes = start_utc_ms > nowMs.value;
  const age = sayAge(secondsTo(comes ? start_utc_ms : end_utc_ms));
  return <strong class="countdown">{say(comes ? "override.starts" : "override.ends", { age })}</strong>;
}
