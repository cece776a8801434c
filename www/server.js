// The header: the server's lamp and buttons, the client's lamp, and the daemon's facts.

import { call } from './api.js';
import { setEnabled } from './buttons.js';
import * as commands from './commands.js';
import { byId, duration, setText } from './dom.js';
import { allowed, can, nextStep, online } from './state.js';

const start = byId('server-start');
const stop = byId('server-stop');
const CLIENT = { init: 'connected', ready: 'connected', playing: 'streaming', paused: 'paused' };

start.addEventListener('click', () => commands.start());
stop.addEventListener('click', () => commands.stop());
byId('logout').addEventListener('click', async () => {
  await call('/api/v1/logout', 'POST').catch(() => null); // one that has ended already will do
  location.assign('/');
});

function lamp(id, name, more = '') {
  const element = byId(id);
  if (element.dataset.state !== name) element.dataset.state = name;
  setText(element.querySelector('.word'), name + more);
}

function clientLamp({ state: name, retry }) {
  if (!online()) return lamp('client-lamp', 'disconnected');
  if (!retry) return lamp('client-lamp', CLIENT[name]);
  lamp('client-lamp', 'connecting', `, try ${retry.attempt} of ${retry.of}`);
}

export function render(state) {
  const may = allowed();
  lamp('server-lamp', state.server.state);
  clientLamp(state.session);
  setEnabled(start, may.start);
  setEnabled(stop, may.stop);
  start.classList.toggle('primary', nextStep() === 'start');
  start.classList.toggle('waiting', state.wish.server === 'start_server');
  stop.classList.toggle('waiting', state.wish.server === 'stop_server');
  facts(state);
  who(state);
}

/** Who has logged in, and the panels that they may see. */
function who({ user, role, version }) {
  byId('who').hidden = user === null;
  setText(byId('who-name'), user ?? '');
  setText(byId('who-role'), role);
  // Before anybody has been greeted it is not known who they are; offline it is who they were.
  const isKnown = version !== '';
  for (const id of ['clients-card', 'activity-card']) byId(id).hidden = isKnown && !can('admin');
}

function facts({ version, status, statusAt }) {
  const parts = [];
  if (version) parts.push(version);
  if (status && online()) {
    const seconds = status.uptime_s + (performance.now() - statusAt) / 1000;
    parts.push(status.rtsp, `up ${duration(Math.floor(seconds))}`);
  }
  setText(byId('facts'), parts.join(' · '));
}
