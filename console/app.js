// The page: sign in, then read, listen, and read again whenever a channel is (re)joined. Rows are merged by their key, so
// that nothing is lost and nothing is shown twice, however often the connection breaks.

import { api, company, images, runs, sessions, trials } from "./data.js";
import { showError, showImages, showLive, showPerson, showRuns, showSessions, showTrials } from "./view.js";

const PAUSE_MS = 150; // many pushes within this time are one request
const RETRY_MS = 2000;

let person = null; // id of the signed-in person
let state = null; // what belongs to this sign-in

const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

// Run a loader at once, one at a time, with a last run for what came meanwhile; a failed one is tried again.
function calm(load) {
  let busy = false;
  let again = false;
  return async function run() {
    again = true;
    if (busy) return;
    busy = true;
    while (again) {
      again = false;
      try {
        await load();
        await pause(PAUSE_MS);
      } catch (error) {
        showError(`Could not load: ${error.message}`);
        again = true;
        await pause(RETRY_MS);
        showError(null);
      }
    }
    busy = false;
  };
}

// A private channel that reads again each time it is joined, and says whether it is.
function listen(mine, topic, handlers, joined) {
  const channel = api.channel(topic, { config: { private: true } });
  for (const [event, handle] of Object.entries(handlers)) {
    channel.on("broadcast", { event }, (message) => { if (state === mine) handle(message.payload); });
  }
  channel.subscribe((status) => {
    if (state !== mine) return;
    mine.joined.set(topic, status === "SUBSCRIBED");
    showLive([...mine.joined.values()].every(Boolean));
    if (status === "SUBSCRIBED") joined();
  });
  return channel;
}

async function begin(session) {
  const mine = { joined: new Map(), run: null, runChannel: null, trials: new Map(), readTo: null };
  state = mine;
  showPerson(session.user.email, "");
  showLive(false);
  await api.realtime.setAuth(session.access_token);
  const current = (load) => calm(async () => { if (state === mine) await load(); });
  const readSessions = current(async () => showSessions(await sessions()));
  const readImages = current(async () => showImages(await images()));
  const readRuns = current(async () => chooseRun(mine, await runs()));
  mine.readTrials = current(() => readTrials(mine));
  try {
    const looked = await company();
    if (state !== mine) return;
    if (!looked) { showError("This account belongs to no company."); return; }
    showPerson(session.user.email, looked.name);
    const all = () => { readSessions(); readImages(); readRuns(); };
    all();
    listen(mine, `company:${looked.company_id}`, {
      session_update: readSessions,
      wake_update: () => { readSessions(); readImages(); },
      deployment_update: readRuns,
    }, all);
  } catch (error) {
    showError(`Could not load: ${error.message}`);
  }
}

// The run in the address, while it goes on; else the newest.
function chooseRun(mine, found) {
  const asked = new URLSearchParams(location.search).get("run");
  const chosen = found.find((run) => run.deployment_id === asked) ?? found[0];
  showRuns(found, chosen?.deployment_id);
  followRun(mine, chosen?.deployment_id ?? null);
}

function followRun(mine, id) {
  if (mine.run === id) return;
  if (mine.runChannel) {
    mine.joined.delete(`deployment:${mine.run}`);
    api.removeChannel(mine.runChannel);
  }
  Object.assign(mine, { run: id, trials: new Map(), readTo: null, runChannel: null });
  showTrials([]);
  if (!id) return;
  mine.readTrials();
  mine.runChannel = listen(mine, `deployment:${id}`, { new_trial: (payload) => push(mine, payload) }, mine.readTrials);
}

async function readTrials(mine) {
  const id = mine.run;
  if (!id) return;
  const found = await trials(id, mine.readTo);
  if (state !== mine || mine.run !== id) return;
  // only what was read moves the cursor: a push may have come before the rows that a broken connection kept from us
  for (const row of found) if (!mine.readTo || row.trial_id > mine.readTo) mine.readTo = row.trial_id;
  merge(mine, found);
}

// A push brings the rows themselves, unless they were too many for one message.
function push(mine, payload) {
  if (Array.isArray(payload?.rows) && !payload.truncated) merge(mine, payload.rows);
  else mine.readTrials();
}

function merge(mine, found) {
  for (const row of found) mine.trials.set(row.trial_id, row);
  // of a corrected trial the newest revision is shown
  const newest = new Map();
  for (const row of mine.trials.values()) {
    const key = row.seq ?? row.trial_id;
    if (!newest.has(key) || newest.get(key).rev < row.rev) newest.set(key, row);
  }
  showTrials([...newest.values()].sort(byAge));
}

// Newest first: by the rig's own number, where it gives one.
function byAge(a, b) {
  if (a.seq !== null && b.seq !== null) return b.seq - a.seq;
  return a.trial_id < b.trial_id ? 1 : -1;
}

async function end() {
  state = null;
  showPerson(null);
  showSessions([]);
  showImages([]);
  showTrials([]);
  await api.removeAllChannels();
}

document.getElementById("sign-in").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.currentTarget;
  const button = form.querySelector("button");
  button.disabled = true;
  showError(null);
  const { error } = await api.auth.signInWithPassword({ email: form.email.value, password: form.password.value });
  button.disabled = false;
  if (error) showError(error.message);
  else form.reset();
});

document.getElementById("sign-out").addEventListener("click", async () => {
  const { error } = await api.auth.signOut();
  if (error) showError(error.message);
});

document.getElementById("run").addEventListener("change", (event) => {
  const address = new URL(location.href);
  address.searchParams.set("run", event.target.value);
  history.replaceState(null, "", address);
  if (state) followRun(state, event.target.value);
});

api.auth.onAuthStateChange((_event, session) => {
  // the client must not be called inside this callback: it holds its lock
  setTimeout(() => {
    if (session && session.user.id !== person) { person = session.user.id; begin(session); }
    if (!session) { person = null; end(); }
  });
});
