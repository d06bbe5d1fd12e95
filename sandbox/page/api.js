// The sandbox's JSON control API, by name.

class ApiError extends Error {}

async function request(method, path, body) {
  const answer = await fetch(`/control${path}`, {
    method,
    headers: body === undefined ? {} : { "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  }).catch(() => null);
  if (!answer) throw new ApiError("The sandbox does not answer. Is it still running?");
  const result = await answer.json().catch(() => null);
  if (!answer.ok) throw new ApiError(result?.error?.message ?? `The sandbox answered ${answer.status}.`);
  return result;
}

const get = (path) => request("GET", path);
const post = (path, body = {}) => request("POST", path, body);
const part = encodeURIComponent;

export const api = {
  users: () => get("/users"),
  createUser: (person) => post("/users", person),
  messages: (user) => get(`/users/${part(user)}/messages?from=anyone`),
  say: (user, text) => post(`/users/${part(user)}/messages`, { text }),
  share: (user, location) => post(`/users/${part(user)}/messages`, { location }),
  showPicture: (user, photo, text) => post(`/users/${part(user)}/messages`, { photo, text }),
  commands: (user) => get(`/users/${part(user)}/commands`),
  tap: (user, message, button) => post(`/users/${part(user)}/tap`, { message_id: message, button }),
  block: (user) => post(`/users/${part(user)}/block`),
  unblock: (user) => post(`/users/${part(user)}/unblock`),
  bot: () => get("/bot"),
  inbox: () => get("/inbox"),
  mailEvent: (mail, event, details) => post(`/inbox/${part(mail)}/${part(event)}`, details),
  clock: () => get("/clock"),
  advance: (span) => post("/clock", { advance: span }),
  faults: () => get("/faults"),
  fail: (fault) => post("/faults", fault),
  heal: (provider) => request("DELETE", provider ? `/faults?provider=${part(provider)}` : "/faults"),
};

// What happens, as it happens. `onLive(true)` comes after every (re)connect: what was missed is to be read again.
export function listen(kinds, onEvent, onLive) {
  const stream = new EventSource("/control/stream");
  stream.addEventListener("open", () => onLive(true));
  stream.addEventListener("error", () => onLive(false));
  for (const kind of kinds) stream.addEventListener(kind, (event) => onEvent(kind, JSON.parse(event.data)));
}
