// From rows to the page. Only text and properties are set, never HTML.

const element = (id) => document.getElementById(id);

function tag(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

// A time in the site's zone (else the reader's), with UTC on hover.
function moment(iso, timeZone) {
  const text = new Intl.DateTimeFormat(undefined, { dateStyle: "short", timeStyle: "medium", timeZone }).format(new Date(iso));
  return tag("time", { dateTime: iso, title: new Date(iso).toISOString() }, text);
}

// Bring the children of a list to the wanted ones, by key: what stays is not touched unless its row differs.
function reconcile(parent, wanted, make) {
  const present = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  const first = present.size === 0;
  wanted.forEach(({ key, row }, index) => {
    const version = JSON.stringify(row);
    let child = present.get(key);
    present.delete(key);
    if (!child || child.version !== version) {
      const made = make(row);
      Object.assign(made, { version });
      made.dataset.key = key;
      if (!first) made.classList.add("fresh");
      child?.replaceWith(made);
      child = made;
    }
    if (parent.children[index] !== child) parent.insertBefore(child, parent.children[index] ?? null);
  });
  present.forEach((child) => child.remove());
}

function number(value) {
  return tag("td", { className: "number" }, value === null || value === undefined ? "–" : String(value));
}

function percent(session) {
  const { expected_wake_count: expected, completed_wake_count: completed } = session;
  if (!expected) return tag("td", {}, "–");
  const text = `${Math.round((100 * completed) / expected)} %`;
  return tag("td", {}, tag("progress", { max: expected, value: completed, ariaLabel: "Completeness" }), ` ${text}`);
}

export function showSessions(rows) {
  reconcile(element("sessions").tBodies[0], rows.map((row) => ({ key: row.session_id, row })), (row) => tag("tr", {},
    tag("th", { scope: "row" }, row.sites?.name ?? "?"),
    tag("td", { title: row.timezone }, row.session_date),
    number(row.expected_wake_count), number(row.completed_wake_count), number(row.failed_wake_count), number(row.extra_wake_count),
    percent(row)));
  element("sessions-empty").hidden = rows.length > 0;
}

export function showImages(rows) {
  // a new signed address for the same photograph is no news
  const wanted = rows.map((row) => ({ key: row.image_id, row: { ...row, address: undefined }, address: row.address }));
  const addresses = new Map(rows.map((row) => [row.image_id, row.address]));
  reconcile(element("images"), wanted, (row) => {
    const site = row.site_device_sessions;
    const name = `${row.devices?.name ?? "?"}, ${row.image_name}`;
    const image = tag("img", { alt: `Photograph ${name}`, loading: "lazy", src: addresses.get(row.image_id) ?? "" });
    const caption = tag("figcaption", {}, name, tag("br"), site?.sites?.name ?? "", " ", moment(row.captured_at, site?.timezone));
    return tag("li", {}, tag("figure", {}, image, caption));
  });
  element("images-empty").hidden = rows.length > 0;
}

export function showRuns(rows, chosen) {
  reconcile(element("run"), rows.map((row) => ({ key: row.deployment_id, row })), (row) =>
    tag("option", { value: row.deployment_id }, `${row.experiments?.name ?? "?"} on ${row.devices?.name ?? "?"}`));
  element("run").value = chosen ?? "";
}

export function showTrials(rows) {
  const read = (value) => (value === null || value === undefined ? "–" : typeof value === "string" ? value : JSON.stringify(value));
  reconcile(element("trials").tBodies[0], rows.map((row) => ({ key: row.trial_id, row })), (row) => tag("tr", {},
    number(row.trial_number), tag("td", {}, moment(row.started_at)), number(row.reaction_time),
    tag("td", {}, row.correct === null ? "–" : row.correct ? "✓ yes" : "✗ no"),
    tag("td", {}, read(row.response)), tag("td", { className: "data" }, read(row.custom_data))));
  element("trials-empty").hidden = rows.length > 0;
  element("run-count").textContent = rows.length ? `${rows.length} trials shown, newest first` : "";
}

export function showPerson(email, companyName) {
  element("signed-in").hidden = !email;
  element("signed-out").hidden = Boolean(email);
  for (const id of ["person", "sign-out", "live"]) element(id).hidden = !email;
  element("person").textContent = email ?? "";
  element("company").textContent = companyName ?? "";
}

export function showLive(live) {
  element("live").dataset.state = live ? "live" : "waiting";
  element("live").textContent = live ? "live" : "connecting…";
}

export function showError(text) {
  element("error").textContent = text ?? "";
  element("error").hidden = !text;
}
