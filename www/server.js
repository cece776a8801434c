// The header: the server's lamp and buttons, the client's lamp, and the daemon's facts.

import { setEnabled } from './buttons.js';
import * as commands from './commands.js';
import { byId, duration, setText } from './dom.js';
import { allowed, nextStep, online } from './state.js';

const start = byId('server-start');
const stop = byId('server-stop');
const CLIENT = { init: 'connected', ready: 'connected', playing: 'streaming', paused: 'paused' };

start.addEventListener('click', () => commands.start());
stop.addEventListener('click', () => commands.stop());

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
