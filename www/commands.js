// What the buttons do. A command goes out with an id, and its button rests until the answer comes.
// While there is no connection, Start and Stop wait for it (the later one counts: both may be
// repeated without harm), and so does the wish to go on watching. Nothing else is kept.

import { call } from './api.js';
import { notice, online, state } from './state.js';

const ANSWER_MS = 15_000;
const SETUP_ANSWER_MS = 30_000; // a silent server is tried three times within 23 s

let link = { send: () => false };
let changed = () => {};
let count = 0;

export function begin(socket, render) {
  link = socket;
  changed = render;
}

function command(event, fields = {}) {
  count += 1;
  const id = `page-${count}`;
  if (!link.send({ event, id, ...fields })) return;
  state.pending.set(event, id);
  const limit = event === 'setup' ? SETUP_ANSWER_MS : ANSWER_MS;
  setTimeout(() => {
    if (state.pending.get(event) !== id) return;
    state.pending.delete(event);
    notice('error', `No answer to “${event}” within ${limit / 1000} s.`, 'Try once more.');
    changed();
  }, limit);
  changed();
}

function serverCommand(event) {
  if (online()) return command(event);
  state.wish.server = state.wish.server === event ? null : event;
  if (state.wish.server === 'stop_server') state.wish.watch = null;
  changed();
}

export const start = () => serverCommand('start_server');
export const stop = () => serverCommand('stop_server');
export const play = () => command('play');
export const pause = () => command('pause');
export const teardown = () => command('teardown');

/** Joins a session that was set up elsewhere. Returns false when there is none of this name. */
export async function watch(session_id) {
  const path = `/api/v1/sessions/${encodeURIComponent(session_id)}`;
  let isThere = true;
  try {
    const { server_addr, server_port, video_file } = await call(path);
    setup({ server_addr, server_port, video_file, session_id });
  } catch (problem) {
    isThere = problem.status !== 404;
    notice('error', problem.message, problem.hint);
  }
  changed();
  return isThere;
}

export function setup(source = { ...state.form }) {
  const { server_addr, server_port, video_file, transport, session_id } = source;
  state.wanted = source;
  if (session_id) return command('setup', { session_id, frames: 'annotated' });
  command('setup', {
    server_addr, server_port: Number(server_port), video_file,
    ...(transport ? { transport } : {}), frames: 'annotated',
  });
}

export function forget() {
  state.wish = { server: null, watch: null };
  changed();
}

/** The socket is open again: what has waited goes out. */
export function afterReconnect() {
  link.send({ event: 'check_server_status' });
  const { server } = state.wish;
  state.wish.server = null;
  if (server) command(server);
}

/** After each event: the next step back to what was being watched when the connection was lost. */
export function goOn() {
  const { watch } = state.wish;
  if (!watch || !online() || state.pending.size > 0) return;
  const isSettled = state.server.state === 'running' || state.server.state === 'stopped';
  if (state.session.state === 'init') {
    if (isSettled) setup(watch.source);
    return;
  }
  state.wish.watch = null;
  // What others have set up is theirs to play.
  const isOurs = !watch.source?.session_id;
  if (isOurs && state.session.state === 'ready' && watch.state === 'playing') play();
}
