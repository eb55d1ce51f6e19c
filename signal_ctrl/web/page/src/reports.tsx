// Reports of the bench: a list; each opens beside the page, where it can show itself and do nothing.
import { useState } from "preact/hooks";
import { say, sayTime } from "./labels";
import { Table, Wrong } from "./parts";
import { useFresh } from "./use_fresh";

interface Reports {
  reports: { report: string; name: string; bytes: number; written_utc_ms: number }[];
  first: number;
  total: number;
}

const PAGE = 50;
const EVERY_MS = 30_000;

export function ReportsView() {
  const [first, setFirst] = useState(0);
  const { found, wrong } = useFresh<Reports>(`/v1/reports?first=${first}&limit=${PAGE}`, EVERY_MS);
  const rows = (found?.reports ?? []).map((each) => [
    <a href={`/v1/reports/${each.report}`} target="_blank" rel="noopener noreferrer">
      {each.name}
    </a>,
    sayTime(each.written_utc_ms),
    `${Math.max(1, Math.round(each.bytes / 1024))} KiB`,
  ]);
  return (
    <>
      <p>{say("reports.text")}</p>
      <Wrong text={wrong} />
      {found && <Table label={say("engineer.reports")} head={[say("engineer.reports"), say("column.time"), say("reports.size")]} rows={rows} empty={say("reports.none")} />}
      <div class="buttons">
        {first > 0 && (
          <button type="button" onClick={() => setFirst(Math.max(0, first - PAGE))}>
            {say("page.back")}
          </button>
        )}
        {found && first + PAGE < found.total && (
          <button type="button" onClick={() => setFirst(first + PAGE)}>
            {say("page.on")}
          </button>
        )}
      </div>
    </>
  );
}
