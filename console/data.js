// What the page asks of the public API. Every function is one request (images: two) and returns rows as the API gives them.

const IMAGES_SHOWN = 12;
const TRIALS_SHOWN = 200;
const TRIALS_PAGE = 1000;
const SIGNED_FOR_S = 3600;
const OVERLAP_MS = 10_000;

const TRIAL = "trial_id,seq,rev,trial_number,started_at,reaction_time,correct,response,custom_data";

export const api = window.supabase.createClient(window.LICS.url, window.LICS.anonKey);

function rows({ data, error }) {
  if (error) throw new Error(error.message || String(error));
  return data;
}

// The company that the signed-in person looks at.
export async function company() {
  const id = rows(await api.rpc("get_active_company_id"));
  if (!id) return null;
  return rows(await api.from("companies").select("company_id,name").eq("company_id", id))[0] ?? null;
}

// The site days that are going on now, each in its own zone.
export async function sessions() {
  const now = new Date().toISOString();
  return rows(await api.from("site_device_sessions")
    .select("session_id,session_date,timezone,expected_wake_count,completed_wake_count,failed_wake_count,extra_wake_count,sites(name)")
    .lte("starts_at", now).gt("ends_at", now).order("session_date").order("session_id"));
}

// The newest photographs, with addresses that a browser may load.
export async function images() {
  const found = rows(await api.from("device_images")
    .select("image_id,image_name,captured_at,image_url,devices(name),site_device_sessions(timezone,sites(name))")
    .eq("status", "complete").order("captured_at", { ascending: false }).order("image_id").limit(IMAGES_SHOWN));
  if (!found.length) return [];
  const signed = rows(await api.storage.from("images").createSignedUrls(found.map((image) => image.image_url), SIGNED_FOR_S));
  const addresses = new Map(signed.map((one) => [one.path, one.signedUrl]));
  return found.map((image) => ({ ...image, address: addresses.get(image.image_url) }));
}

// Runs that are going on, the newest first.
export async function runs() {
  return rows(await api.from("experiment_deployments")
    .select("deployment_id,started_at,experiments(name),devices(name)")
    .eq("status", "running")
    .order("deployed_at", { ascending: false }).order("deployment_id", { ascending: false }).limit(20));
}

// The smallest key (uuid, version 7: it begins with its milliseconds) of 10 s before a key: what was given its key earlier
// may have been committed later.
function overlapping(key) {
  const ms = parseInt(key.replaceAll("-", "").slice(0, 12), 16) - OVERLAP_MS;
  const hex = ms.toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
}

// Trials of a run since a known one; without one, the newest. `trial_id` rises with time.
export async function trials(deploymentId, sinceId) {
  const of = () => api.from("trial_current").select(TRIAL).eq("deployment_id", deploymentId);
  if (!sinceId) return rows(await of().order("trial_id", { ascending: false }).limit(TRIALS_SHOWN));
  const found = [];
  for (let afterId = overlapping(sinceId); ;) {
    const page = rows(await of().gt("trial_id", afterId).order("trial_id").limit(TRIALS_PAGE));
    found.push(...page);
    if (page.length < TRIALS_PAGE) return found;
    afterId = page.at(-1).trial_id;
  }
}
