// All that the page knows, in one object, and the place where an event of the daemon changes it.
// Panels read it in `render(state)`. Pictures do not pass through here.

import { startedAt } from './journal.js';

const HISTORY_MAX = 240; // a minute at four a second

export const state = {
  /** phase: connecting | open | waiting (for the next attempt, at `retryAt` of performance.now) */
  link: { phase: 'connecting', attempt: 0, retryAt: 0, wasOpen: false },
  version: '',
  /** What `connected` says of the daemon's start: another value is another run of it. */
  started: null,
  /** Who has logged in, null where nobody has to; view | control | admin. */
  user: null,
  role: 'view',
  server: { state: 'unknown', message: '' },
  status: null,
  statusAt: 0,
  config: null,
  /** What the form says. */
  form: { server_addr: '', server_port: 8554, video_file: '', transport: '' },
  /**
   * state: init | ready | playing | paused; `source` is what was set up; `retry` is the attempt to
   * reach a silent or lost server that is under way: {attempt, of} or null.
   */
  session: { state: 'init', id: null, source: null, retry: null },
  /** What the Setup that is on its way asks for. */
  wanted: null,
  /** Commands on their way: the event's name to the id of the command. */
  pending: new Map(),
  /** What waits for the connection: start_server or stop_server, and the session to go on with. */
  wish: { server: null, watch: null },
  stats: null,
  history: [],
  videos: null,
  /** By their numbers, as the API has them. */
  recordings: new Map(),
  /** Live sources by name, as they were at `sourcesAt` of performance.now. */
  sources: new Map(),
  sourcesAt: 0,
  clients: [],
  /** There are more than these. */
  hasMoreClients: false,
  /** Those that share the daemon's ports, and what each says: {address, status or null, isHere} */
  instances: [],
  notice: { kind: 'none', text: '', hint: '' },
};

export const online = () => state.link.phase === 'open';

const ROLES = ['view', 'control', 'admin'];

/** Whether the role of whoever looks at the page is this one, or one above it. */
export const can = (role) => ROLES.indexOf(state.role) >= ROLES.indexOf(role);

/** Which buttons may be pressed. Start and Stop may wait for the connection, the others may not. */
export function allowed() {
  const { server, session, pending } = state;
  const idle = online() && !['setup', 'play', 'pause', 'teardown'].some((c) => pending.has(c));
  const settled = !pending.has('start_server') && !pending.has('stop_server');
  // A session that others have set up is theirs.
  const mine = !session.source?.session_id || can('control');
  return {
    start: can('control') && (!online() || (settled && server.state === 'stopped')),
    stop: can('control') && (!online() || (settled && server.state === 'running')),
    // Who may not end it may change to another one.
    setup: idle && (session.state === 'init' || !mine),
    play: mine && idle && (session.state === 'ready' || session.state === 'paused'),
    pause: mine && idle && session.state === 'playing' && !session.retry,
    // A setup that finds no answer may be given up.
    teardown: mine && (session.retry ? online() && !pending.has('teardown')
      : idle && session.state !== 'init'),
  };
}

/** Whether a video is the daemon's own, not another server's. */
export function isOwn(source) {
  return source?.server_addr === state.config?.server_addr
    && String(source?.server_port) === String(state.config?.server_port);
}

/** The recording of what a session shows; null where it is not recorded. */
export function recordingOf({ id, source }) {
  if (id === null) return null;
  const isIts = (recording) => (recording.session_id ? recording.session_id === id
    : isOwn(source) && recording.source === source?.video_file);
  return [...state.recordings.values()]
    .find((recording) => recording.state !== 'ended' && isIts(recording)) ?? null;
}

/** The button that leads towards a picture: start | setup | play, or null. */
export function nextStep() {
  const may = allowed();
  if (!online()) return null;
  if (may.play) return 'play';
  if (may.start && state.session.state === 'init') return 'start';
  return may.setup && state.session.state === 'init' && state.server.state === 'running' ? 'setup' : null;
}

export function notice(kind, text, hint = '') {
  const same = state.notice.text === text && state.notice.kind === kind;
  state.notice = { kind, text, hint: hint || (same ? state.notice.hint : '') };
}

/** Applies one text event of the WebSocket. Those it does not know are passed over. */
export function apply(event) {
  switch (event.event) {
    case 'connected':
      state.version = event.version ?? '';
      state.started = event.started ?? null;
      Object.assign(state, { user: event.user ?? null, role: event.role ?? 'admin' });
      if (state.started !== null) startedAt(state.started);
      break;
    case 'rtsp_server_status':
      serverIs(event.state ?? (event.running ? 'running' : 'stopped'), event.message);
      break;
    case 'server_output':
      state.pending.delete('start_server');
      state.pending.delete('stop_server');
      if (!event.success) state.wish.watch = null;
      notice(event.success ? 'info' : 'error', event.message, event.hint);
      break;
    case 'setup_response': answered('setup', event, 'ready'); break;
    case 'play_response': answered('play', event, 'playing'); break;
    case 'pause_response': answered('pause', event, 'paused'); break;
    case 'teardown_response': answered('teardown', event, 'init'); break;
    case 'session_state':
      sessionChanged(event);
      break;
    case 'session_retry':
      state.session.retry = { attempt: event.attempt, of: event.attempts_max };
      notice('hint', event.message);
      break;
    case 'recording': recordingChanged(event); break;
    case 'stats': statistics(event); break;
    case 'error':
      failed(event);
      break;
  }
}

/** The server's state, from an event or from `/api/v1/status`. */
export function serverIs(name, message = '') {
  state.server = { state: name, message };
  if (name === 'running') state.pending.delete('start_server');
  if (name === 'stopped') state.pending.delete('stop_server');
}

function answered(command, event, next) {
  const id = state.pending.get(command);
  if (event.id !== undefined && id !== undefined && event.id !== id) return;
  state.pending.delete(command);
  if (!event.success) {
    if (command === 'setup') state.session.retry = null;
    // The event that said so was not for us, or came too late.
    if (event.code === 'no_session') sessionIs('init');
    // What was watched before, of others, has been left for it.
    if (command === 'setup' && !state.wanted?.session_id) sessionIs('init');
    state.wish.watch = null;
    const stopped = command === 'setup' && state.server.state === 'stopped';
    const way = stopped ? 'Press “Start Server”, then Setup.' : '';
    notice(stopped ? 'hint' : 'error', event.message, event.hint || way);
    return;
  }
  if (command === 'setup') {
    Object.assign(state.session, { id: event.session_id ?? null, source: state.wanted });
  }
  sessionIs(next);
  notice('info', event.message);
}

/** Somebody or something else changed the session, or the answer says so once more. */
function sessionChanged({ state: name, message }) {
  if (name === state.session.state && !state.session.retry) return;
  const isLoss = name === 'init' && !state.pending.has('teardown');
  sessionIs(name);
  if (message) notice(isLoss ? 'hint' : 'info', message);
}

const RECORDINGS_MAX = 200;
const FAILURES = ['disk_full', 'failed'];

function recordingChanged({ event, ...recording }) {
  state.recordings.delete(recording.recording_id);
  state.recordings.set(recording.recording_id, recording);
  for (const [id, { state: name }] of state.recordings) {
    if (state.recordings.size <= RECORDINGS_MAX) break;
    if (name === 'ended') state.recordings.delete(id);
  }
  if (FAILURES.includes(recording.ending)) {
    notice('error', `The recording of ${recording.source} has ended: ${recording.reason}.`);
  }
}

function failed(event) {
  for (const [command, id] of state.pending) {
    if (id !== event.id) continue;
    state.pending.delete(command);
    state.wish.watch = null;
  }
  notice('error', event.message, event.hint);
}

export function sessionIs(name) {
  Object.assign(state.session, { state: name, retry: null });
  if (name === 'init') Object.assign(state.session, { id: null, source: null });
  if (name === 'init' || name === 'ready') Object.assign(state, { stats: null, history: [] });
}

function statistics(event) {
  state.stats = event;
  state.history.push({
    rate: event.data_rate_kbps ?? 0, fps: event.fps ?? 0, jitter: event.jitter_ms ?? 0,
  });
  if (state.history.length > HISTORY_MAX) state.history.shift();
}

/** The socket closed: what belonged to it is gone, the rest is what was known last. */
export function linkLost() {
  if (state.session.source && !state.wish.watch) {
    state.wish.watch = { state: state.session.state, source: state.session.source };
  }
  if (state.notice.kind === 'info') notice('none', '');
  state.pending.clear();
  sessionIs('init');
  state.server = { state: 'unknown', message: '' };
  Object.assign(state, { clients: [], hasMoreClients: false, instances: [] });
}
