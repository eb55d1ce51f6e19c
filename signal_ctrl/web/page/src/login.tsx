// Logging in with the second factor, setting it up, and showing it again.
import { useEffect, useState } from "preact/hooks";
import { enrolFactor, enterDemo, IS_DEMO, factorAsked, hasEnded, logIn, offerFactor, showFactor } from "./api";
import { say, sayClock } from "./labels";
import { isUnheard, leaving, left, tryNow } from "./leaving";
import { Dialog, Field, useAct, Wrong } from "./parts";

export function Login() {
  return IS_DEMO ? <DemoEntry /> : <LoginForm />;
}

function DemoEntry() {
  const { busy, wrong, act } = useAct();
  return (
    <div class="card login">
      <Left />
      <Wrong text={wrong} />
      <button type="button" class="main" disabled={busy} onClick={() => void act(async () => void (await enterDemo("supervisor")))}>
        {say("demo.enter")}
      </button>
    </div>
  );
}

/** What has become of the session that was left here: nobody is to think that it has ended before the centre says so. */
function Left() {
  const [now, then] = [leaving.value, left.value];
  if (now && isUnheard.value)
    return (
      <div class="left">
        <p class="wrong" role="alert">
          ⚠ {say("left.unheard", { login: now.login, time: sayClock(now.untilMs) })}
        </p>
        <button type="button" onClick={() => void tryNow()}>
          {say("left.again")}
        </button>
      </div>
    );
  if (now) return <p role="status">{say("left.asking", { login: now.login })}</p>;
  return then && <p role="status">✔ {say(`left.${then.how}`, { login: then.login })}</p>;
}

function LoginForm() {
  const [login, setLogin] = useState("");
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const { busy, wrong, act } = useAct();
  return (
    <form
      class="card login"
      onSubmit={(event) => {
        event.preventDefault();
        void act(() => logIn(login, password, code));
      }}
    >
      <h1>{say("login.title")}</h1>
      <Left />
      {hasEnded.value && <p role="status">{say("login.ended")}</p>}
      <Field label={say("login.name")}>
        <input name="login" autocomplete="username" required autofocus value={login} onInput={(e) => setLogin(e.currentTarget.value)} />
      </Field>
      <Field label={say("login.password")}>
        <input
          name="password"
          type="password"
          autocomplete="current-password"
          required
          value={password}
          onInput={(e) => setPassword(e.currentTarget.value)}
        />
      </Field>
      <Field label={say("login.code")} hint={say("login.code.hint")}>
        <CodeInput value={code} onChange={setCode} required={false} />
      </Field>
      <Wrong text={wrong} />
      <button class="main" disabled={busy}>
        {say("login.go")}
      </button>
    </form>
  );
}

function CodeInput(props: { value: string; onChange: (to: string) => void; required: boolean }) {
  return (
    <input
      name="code"
      inputMode="numeric"
      autocomplete="one-time-code"
      pattern="[0-9]{6}"
      maxLength={6}
      required={props.required}
      value={props.value}
      onInput={(e) => props.onChange(e.currentTarget.value)}
    />
  );
}

export function Enrol() {
  const [secret, setSecret] = useState("");
  const [code, setCode] = useState("");
  const { busy, wrong, act } = useAct();
  useEffect(() => {
    void act(async () => setSecret(await offerFactor()));
  }, []);
  return (
    <form
      class="card login"
      onSubmit={(event) => {
        event.preventDefault();
        void act(() => enrolFactor(code));
      }}
    >
      <h1>{say("enrol.title")}</h1>
      <p>{say("enrol.text")}</p>
      <p class="secret">
        <code>{secret || say("loading")}</code>
      </p>
      <Field label={say("login.code")}>
        <CodeInput value={code} onChange={setCode} required />
      </Field>
      <Wrong text={wrong} />
      <button class="main" disabled={busy || !secret}>
        {say("enrol.go")}
      </button>
    </form>
  );
}

/** Asks for a one-time code where what was asked for needs a fresh one. */
export const FactorDialog = () => factorAsked.value && <FactorForm answer={factorAsked.value} />;

function FactorForm({ answer }: { answer: (shown: boolean) => void }) {
  const [code, setCode] = useState("");
  const { busy, wrong, act } = useAct();
  return (
    <Dialog title={say("factor.title")} onClose={() => answer(false)}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void act(() => showFactor(code)).then(() => setCode(""));
        }}
      >
        <p>{say("factor.text")}</p>
        <Field label={say("login.code")}>
          <CodeInput value={code} onChange={setCode} required />
        </Field>
        <Wrong text={wrong} />
        <div class="buttons">
          <button type="button" onClick={() => answer(false)}>
            {say("cancel")}
          </button>
          <button class="main" disabled={busy}>
            {say("enrol.go")}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
