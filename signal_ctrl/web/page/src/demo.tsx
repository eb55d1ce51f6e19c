// A demo: a banner that says so, a session without an account, and the clock of the simulated city.
import { DEMO_ROLES, enterDemo, entry, IS_DEMO, me, renewToken } from "./api";
import { setClock } from "./clock";
import { type Label, say } from "./labels";

const EVERY_MS = 10_000;

/** Follows the clock of the demo, which may go faster than this one, or fall behind. */
export async function followDemoClock(): Promise<void> {
  if (!IS_DEMO) return;
  const look = async () => {
    const answer = await fetch("/v1/demo").catch(() => null);
    if (!answer?.ok) return;
    const told = (await answer.json()) as { utc_ms: number; speed: number };
    setClock(told.utc_ms, told.speed);
    if (told.speed > 1 && entry.value === "in") await renewToken(); // tokens age by the demo's clock
  };
  await look();
  setInterval(() => void look(), EVERY_MS);
}

export function DemoBanner() {
  if (!IS_DEMO) return null;
  return (
    <p class="demo" role="note">
      <strong>DEMO</strong> {say("demo.text")}
      {me.value &&
        DEMO_ROLES.filter((each) => each !== me.value?.role).map((each) => (
          <button key={each} type="button" data-role={each} onClick={() => void enterDemo(each)}>
            {say(`actas.${each}` as Label)}
          </button>
        ))}
    </p>
  );
}
