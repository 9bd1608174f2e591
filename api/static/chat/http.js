/** Calls to the hotline's interface, relative to where this script came from. */
const root = new URL("../../", import.meta.url);

// The hotline answers within seconds even when Rasa is down; beyond this the line itself is dead.
const TIMEOUT_MS = 30000;

/** The hotline said no. `message` is its sentence for the citizen, `code` the problem's name. */
export class Refusal extends Error {
  constructor(status, problem, retryAfter) {
    super(problem.citizen_message || "");
    this.status = status;
    this.code = (problem.type || "").replace("urn:hotline:", "");
    this.retryAfterMs = retryAfter * 1000;
  }

  /** The conversation is over or unknown: a new one has to be opened. */
  get conversationGone() {
    return ["unknown_conversation", "conversation_closed", "not_signed_in"].includes(this.code);
  }

  /** Sending the same again cannot help. */
  get final() {
    return this.status >= 400 && this.status < 500 && ![401, 404, 408, 409, 425, 429].includes(this.status);
  }
}

export function address(path) {
  return new URL(path, root);
}

async function refusal(response) {
  let problem = {};
  try {
    problem = await response.json();
  } catch (notJson) {
    // A proxy's error page; only its status counts.
  }
  return new Refusal(response.status, problem, Number(response.headers.get("Retry-After")) || 0);
}

/** Open a request; throws Refusal, or TypeError/AbortError when the line is dead. */
export async function open(path, { method = "GET", body, token, headers = {}, signal } = {}) {
  const sent = Object.assign({ Accept: "application/json" }, headers);
  if (token) sent.Authorization = `Bearer ${token}`;
  if (body) sent["Content-Type"] = "application/json";
  const response = await fetch(address(path), {
    method,
    headers: sent,
    body: body && JSON.stringify(body),
    signal,
    cache: "no-store",
    credentials: "omit",
  });
  if (!response.ok) throw await refusal(response);
  return response;
}

function content(response) {
  return response.status === 204 ? null : response.json();
}

/** Ask and wait for the whole answer; `read` takes it from the response, by default its JSON. */
export async function ask(path, options = {}, read = content) {
  const control = new AbortController();
  const timer = setTimeout(() => control.abort(), TIMEOUT_MS);
  try {
    return await read(await open(path, Object.assign({ signal: control.signal }, options)));
  } finally {
    clearTimeout(timer);
  }
}
