// The button that records what is watched, and the line that says so. A live source of the daemon
// itself is recorded as such, and goes on when the page is closed; anything else by its session.

import { call, list } from './api.js';
import { setEnabled, setShown } from './buttons.js';
import { byId, isToday, setText, size } from './dom.js';
import { can, isOwn, notice, online, recordingOf, state } from './state.js';

const button = byId('record');
const line = byId('recording');

let changed = () => {};
let isAsking = false;

/** Binds the button; `render` is called when something has changed. */
export function begin(render) {
  changed = render;
  button.addEventListener('click', toggle);
}

/** The socket is open (again): which recordings there are is asked once, then events tell. */
export async function catchUp() {
  const items = await list('/api/v1/recordings').catch(() => null);
  if (items) state.recordings = new Map(items.map((item) => [item.recording_id, item]));
  changed();
}

async function toggle() {
  const recording = recordingOf(state.session);
  isAsking = true;
  changed();
  try {
    const report = await (recording ? stop(recording) : start());
    state.recordings.set(report.recording_id, report);
    const what = recording ? `Recorded ${report.file || 'nothing'}` : `Recording ${report.source}`;
    notice('info', `${what}.`);
  } catch (problem) {
    notice('error', problem.message, problem.hint);
  }
  isAsking = false;
  changed();
}

const stop = ({ recording_id }) =>
  call(`/api/v1/recordings/${encodeURIComponent(recording_id)}`, 'DELETE');

function start() {
  const { source, id } = state.session;
  const live = state.videos?.some((video) => video.live && video.name === source?.video_file);
  const body = live && isOwn(source) ? { source: source.video_file } : { session_id: id };
  return call('/api/v1/recordings', 'POST', body);
}

export function render({ session, pending }) {
  const recording = recordingOf(session);
  setShown(button, can('control'));
  setEnabled(button, online() && !isAsking && pending.size === 0 && session.state !== 'init');
  setText(button, recording ? 'Stop recording' : 'Record');
  button.classList.toggle('danger', recording !== null);
  button.classList.toggle('waiting', isAsking);
  line.hidden = recording === null;
  if (recording) setText(line.lastElementChild, about(recording));
}

function about({ state: name, since, file, bytes, left_out }) {
  if (name === 'waiting' && !file) return 'Recording waits for the first picture';
  const date = new Date(since);
  const time = isToday(date) ? date.toLocaleTimeString() : date.toLocaleString();
  const loss = left_out > 0 ? `, ${left_out} pictures left out` : '';
  return `Recording since ${time}: ${file || 'no file yet'}, ${size(bytes)}${loss}`;
}
