// The picture: the newest JPEG that has arrived, decoded and painted. Of those that arrive while
// one is decoded only the last is kept. Nothing is decoded while the tab is hidden.

import * as commands from './commands.js';
import { byId, download, setText, wallClock } from './dom.js';
import { allowed, online, state } from './state.js';

const LATENCIES_MAX = 200;
const stage = byId('stage');
const canvas = byId('picture');
const context = canvas.getContext('2d', { alpha: false });
const snapshot = byId('snapshot');

/** What has been painted so far. Latencies are in milliseconds, from due to painted. */
export const painted = { frames: 0, lastFrameNum: null, latencies: [], skipped: 0, broken: 0 };

let announced = null;
let waiting = null;
let isBusy = false;
let newest = null;

export function begin() {
  byId('fullscreen').addEventListener('click', fullscreen);
  snapshot.addEventListener('click', save);
  stage.addEventListener('dblclick', ({ target }) => target === canvas && fullscreen());
  stage.addEventListener('keydown', (event) => {
    if (event.target !== stage || event.ctrlKey || event.metaKey || event.altKey) return;
    const action = { ' ': playOrPause, f: fullscreen, s: save }[event.key.toLowerCase()];
    if (!action) return;
    event.preventDefault();
    action();
  });
}

function playOrPause() {
  const may = allowed();
  if (may.play) commands.play();
  else if (may.pause) commands.pause();
}

async function fullscreen() {
  try {
    if (document.fullscreenElement) await document.exitFullscreen();
    else await stage.requestFullscreen();
  } catch {
    stage.classList.toggle('large'); // where the browser has no fullscreen for elements
  }
}

function save() {
  if (!newest) return;
  const name = (newest.name ?? 'picture').split('/').pop().replace(/\.[^.]*$/, '');
  download(new Blob([newest.data], { type: 'image/jpeg' }), `${name}-${newest.number ?? 0}.jpg`);
}

/** The event `frame`, which comes before its picture. */
export function announce(frame) {
  announced = frame;
}

/** @param {ArrayBuffer} data one JPEG */
export function accept(data) {
  const frame = announced;
  announced = null;
  if (state.session.state !== 'playing' && !state.pending.has('play')) return;
  if (waiting) painted.skipped += 1;
  waiting = { data, frame, name: state.session.source?.video_file };
  if (!isBusy) paintAll();
}

async function paintAll() {
  isBusy = true;
  while (waiting) {
    const picture = waiting;
    waiting = null;
    try {
      const bitmap = await createImageBitmap(new Blob([picture.data], { type: 'image/jpeg' }));
      await new Promise(requestAnimationFrame);
      paint(bitmap, picture);
    } catch {
      painted.broken += 1;
    }
  }
  isBusy = false;
}

function paint(bitmap, { data, frame, name }) {
  if (state.session.state === 'init' || state.session.state === 'paused') return bitmap.close();
  if (canvas.width !== bitmap.width || canvas.height !== bitmap.height) {
    canvas.width = bitmap.width;
    canvas.height = bitmap.height;
  }
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  newest = { data, name, number: frame?.frame_num };
  painted.frames += 1;
  painted.lastFrameNum = frame?.frame_num ?? painted.lastFrameNum;
  if (!frame?.due_us) return;
  painted.latencies.push(wallClock() - frame.due_us / 1000);
  if (painted.latencies.length > LATENCIES_MAX) painted.latencies.shift();
}

const COVER = {
  start: 'Start the server to begin', setup: 'Choose a file, then set it up', play: 'Ready to play',
};

export function render({ session, server, pending }) {
  const name = session.state;
  if (online() && name === 'init') {
    newest = null;
    Object.assign(painted, { latencies: [], broken: 0 });
  }
  stage.dataset.state = online() ? name : 'offline';
  stage.classList.toggle('has-picture', newest !== null && name !== 'ready');
  setText(byId('cover-text'), coverText(session, server.state, pending));
  const tag = byId('stage-tag');
  const isLost = name === 'playing' && session.retry !== null;
  tag.hidden = online() ? name !== 'paused' && !isLost : newest === null;
  const lost = isLost ? 'The server is lost: the last picture' : 'Paused';
  setText(tag, online() ? lost : 'Offline: the last picture');
  snapshot.disabled = newest === null;
  const file = session.source?.video_file ?? '';
  const label = name === 'playing' ? `Playing ${file}` : 'No live picture';
  if (canvas.getAttribute('aria-label') !== label) canvas.setAttribute('aria-label', label);
}

function coverText({ state: name, retry }, server, pending) {
  if (!online()) return 'Offline';
  if (name === 'ready') return COVER.play;
  if (name !== 'init') return '';
  if (pending.has('setup')) {
    return retry ? `No answer yet, try ${retry.attempt} of ${retry.of}…` : 'Setting up…';
  }
  if (server === 'starting' || pending.has('start_server')) return 'The server starts…';
  if (server === 'stopping') return 'The server stops…';
  return { stopped: COVER.start, running: COVER.setup }[server] ?? 'Connecting…';
}
