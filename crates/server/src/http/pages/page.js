(() => {
  "use strict";
  const does = document.documentElement.dataset.does;
  const at = (id) => document.getElementById(id);
  const [form, note, button] = [at("form"), at("note"), at("button")];
  const token = decodeURIComponent(location.hash.slice(1));
  // The link is not to stand in the history of a shared machine.
  history.replaceState(null, "", location.pathname);
  const say = (text, kind) => {
    note.textContent = text;
    note.className = "note " + kind;
    note.hidden = false;
  };
  if (does !== "join") {
    at("name-field").hidden = true;
    at("name").required = false;
  }
  if (!token) {
    form.hidden = true;
    say("This link is not whole. Open it from the mail once more, or ask for a new one.", "bad");
    return;
  }
  const call = async () => {
    const body = { token, password: at("password").value };
    if (does === "join") body.name = at("name").value;
    const path = does === "join" ? "/v1/invites/accept" : "/v1/password/reset";
    const answer = await fetch(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    return [answer.status, await answer.json()];
  };
  const failed = (status, problem) => {
    if (status === 401) {
      form.hidden = true;
      return "This link holds no longer. Ask for a new one.";
    }
    if (status === 429) return "Too many attempts. Try again in a minute.";
    const error = problem.errors && problem.errors[0];
    return error ? error.field + " " + error.message : problem.detail || "That did not work.";
  };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (at("password").value !== at("again").value) {
      say("The two passwords are not the same.", "bad");
      at("again").focus();
      return;
    }
    button.disabled = true;
    note.hidden = true;
    try {
      const [status, answer] = await call();
      if (status >= 300) {
        say(failed(status, answer), "bad");
        return;
      }
      form.hidden = true;
      const where = answer.workspace ? " to " + answer.workspace.name : "";
      const joined = "Welcome" + where + ", " + answer.agent.name + ". You can sign in now.";
      say(does === "join" ? joined : "The password is set. You can sign in now.", "good");
    } catch {
      say("The server cannot be reached. Try again.", "bad");
    } finally {
      button.disabled = false;
    }
  });
})();
