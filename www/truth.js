// Asks the daemon over HTTP for what no event tells: once when the socket opens, the clients every
// two seconds while the page is looked at, the log whenever entries are missing.

import { call, list } from './api.js';
import { completeTo, record, startedAt } from './journal.js';
import { can, notice, online, serverIs, state } from './state.js';

const POLL_MS = 2_000;
const UPTIME_TOLERANCE_MS = 3_000;
const CLIENTS_MAX = 200; // more than anybody reads; the daemon has other things to do

let changed = () => {};
let asking = false;
let filling = false;

/** Begins to poll. `render` is called when something has changed. */
export function begin(render) {
  changed = render;
  setInterval(poll, POLL_MS);
  document.addEventListener('visibilitychange', poll);
}

/** The socket is open (again): everything may have changed in between. */
export async function catchUp() {
  await poll();
  await Promise.all([fillLog(), videos(), sources(), config()]);
}

/** Each part fails by itself: an old answer stays until there is a new one. */
async function attempt(action) {
  try {
    await action();
  } catch (problem) {
    if (problem.status === 401) return askAgain();
    if (online()) notice('error', problem.message, problem.hint);
  }
  changed();
}

/** The login has ended: what comes in the place of this page is the page to log in. */
function askAgain() { location.reload(); }

/** Why there is no socket: because the daemon is away, or because it wants a login? */
export async function checkLogin() {
  const problem = await call('/api/v1/status').then(() => null, (reason) => reason);
  if (problem?.status === 401) askAgain();
}

async function poll() {
  if (asking || document.hidden || !online()) return;
  asking = true;
  await attempt(async () => {
    const { server } = state;
    const [status, page] = await Promise.all([
      call('/api/v1/status'), can('admin') ? call(`/api/v1/clients?limit=${CLIENTS_MAX}`) : null,
      state.sources.size > 0 ? sources() : null,
    ]);
    if (!online()) return;
    if (state.status && state.status.rtsp !== status.rtsp) config();
    Object.assign(state, {
      status, statusAt: performance.now(), clients: page?.items ?? [], hasMoreClients: page?.next != null,
    });
    // Unless an event has said something newer meanwhile.
    if (state.server === server && server.state !== status.state) serverIs(status.state);
    if (state.started === null) {
      const started = Date.now() - status.uptime_s * 1000;
      if (startedAt(started, UPTIME_TOLERANCE_MS)) fillLog();
    }
    changed();
    const instances = await siblings(status);
    if (online()) state.instances = instances;
  });
  asking = false;
}

/** What the other instances say; each is asked at its own address. */
function siblings(here) {
  return Promise.all((here.instances ?? []).map(async (address, index) => {
    const isHere = index + 1 === here.instance;
    const status = isHere ? here : await call(`http://${address}/api/v1/status`).catch(() => null);
    return { address, status, isHere };
  }));
}

export const fillLog = () => attempt(async () => {
  if (filling || !can('admin')) return;
  filling = true;
  try {
    record(await list('/api/v1/log', completeTo()), true);
  } finally {
    filling = false;
  }
});

export const videos = () => attempt(async () => {
  state.videos = await list('/api/v1/videos');
});

/** Cameras that are relayed, and what is published. */
export const sources = () => attempt(async () => {
  const items = await list('/api/v1/sources');
  state.sources = new Map(items.map((source) => [source.name, source]));
  state.sourcesAt = performance.now();
});

/** What the form says before anybody has said anything. */
const untouched = { ...state.form };

const config = () => attempt(async () => {
  const before = state.config ?? untouched;
  state.config = await call('/api/config');
  // What nobody has changed follows the daemon, whose port may be another one once it runs.
  for (const [key, value] of Object.entries(state.config)) {
    if (String(state.form[key]) === String(before[key])) state.form[key] = value;
  }
});

export const kick = (client) => attempt(async () => {
  await call(`/api/v1/clients/${encodeURIComponent(client.id)}`, 'DELETE');
  state.clients = state.clients.filter(({ id }) => id !== client.id);
  notice('info', `${client.peer} was disconnected.`);
});
