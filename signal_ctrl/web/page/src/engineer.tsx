// The engineer's views: plans and schedules, diagrams, detectors, reports.
import { DetectorsView } from "./detectors";
import { PurdueView, TimeSpaceView } from "./diagrams";
import { type Label, say } from "./labels";
import { addressOf, place } from "./places";
import { PlansView } from "./plans";
import { ReportsView } from "./reports";

const TABS = { plans: PlansView, space: TimeSpaceView, purdue: PurdueView, detectors: DetectorsView, reports: ReportsView } as const;
type Tab = keyof typeof TABS;

export function EngineerView() {
  const chosen = (Object.keys(TABS) as Tab[]).find((each) => each === place.value.junction) ?? "plans";
  const Shown = TABS[chosen];
  return (
    <section class="view wide">
      <h1>{say("view.engineer")}</h1>
      <nav class="tabs" aria-label={say("view.engineer")}>
        {(Object.keys(TABS) as Tab[]).map((each) => (
          <a key={each} href={addressOf("engineer", each)} aria-current={each === chosen ? "page" : undefined}>
            {say(`engineer.${each}` as Label)}
          </a>
        ))}
      </nav>
      <Shown key={chosen} />
    </section>
  );
}
