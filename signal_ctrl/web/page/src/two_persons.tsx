// What somebody asked for and a second person may approve: who may do what with it, asked again before it happens.
import { useState } from "preact/hooks";
import { me } from "./api";
import { mayApprove, mayOverride } from "./city";
import { say } from "./labels";
import { Ask } from "./parts";

interface Verbs {
  issuer: string;
  waits: boolean;
  busy: boolean;
  /** Under which name the question about approval speaks of it. */
  name: string;
  end: string;
  endQuestion: string;
  onApprove: () => void;
  onEnd: () => void;
}

export function TwoPersons(props: Verbs) {
  const [asking, setAsking] = useState<"approve" | "end" | null>(null);
  const own = props.issuer === me.value?.login;
  const sure = (work: () => void) => () => {
    setAsking(null);
    work();
  };
  return (
    <>
      <div class="buttons">
        {props.waits && own && <span>{say("approve.own")}</span>}
        {props.waits && !own && mayApprove() && (
          <button type="button" class="main" disabled={props.busy} onClick={() => setAsking("approve")}>
            {say("approve")}
          </button>
        )}
        {(mayApprove() || (own && mayOverride())) && (
          <button type="button" disabled={props.busy} onClick={() => setAsking("end")}>
            {props.end}
          </button>
        )}
      </div>
      {asking === "approve" && (
        <Ask
          text={say("approve.ask", { id: props.name, who: props.issuer })}
          yes={say("approve")}
          onNo={() => setAsking(null)}
          onYes={sure(props.onApprove)}
        />
      )}
      {asking === "end" && <Ask text={props.endQuestion} yes={props.end} onNo={() => setAsking(null)} onYes={sure(props.onEnd)} />}
    </>
  );
}
