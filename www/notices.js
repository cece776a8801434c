// The last message with the way out, and the bar that says that the daemon is not there.

import * as commands from './commands.js';
import { byId, setText } from './dom.js';
import { notice, online } from './state.js';

const box = byId('message');
const bar = byId('offline');

/** @param {function(): void} retry opens the socket now */
export function begin(retry, render) {
  byId('offline-now').addEventListener('click', retry);
  byId('offline-forget').addEventListener('click', commands.forget);
  byId('message-close').addEventListener('click', () => {
    notice('none', '');
    render();
  });
}

function wishText({ server, watch }) {
  const parts = [];
  if (server) parts.push(server === 'start_server' ? 'start the server' : 'stop the server');
  if (watch?.source) parts.push(`go on with ${watch.source.video_file}`);
  return parts.length ? `As soon as it is back: ${parts.join(', then ')}.` : '';
}

export function render({ notice: { kind, text, hint }, link, wish }) {
  box.dataset.kind = text ? kind : 'none';
  setText(byId('message-text'), text);
  setText(byId('message-hint'), hint);
  byId('message-close').hidden = !text;

  const isOffline = !online() && (link.wasOpen || link.attempt > 1 || link.phase === 'waiting');
  bar.hidden = !isOffline;
  if (!isOffline) return;
  setText(byId('offline-text'), 'Offline: this page connects again by itself.');
  const seconds = Math.max(0, Math.ceil((link.retryAt - performance.now()) / 1000));
  const wait = link.phase === 'connecting' ? 'Trying now…' : `Next attempt in ${seconds} s`;
  // The one that is under way has not failed.
  const failed = link.attempt - (link.phase === 'connecting' ? 1 : 0);
  setText(byId('offline-retry'), failed > 0 ? `${wait} (${failed} failed)` : wait);
  const wishes = wishText(wish);
  setText(byId('offline-wish'), wishes);
  byId('offline-forget').hidden = wishes === '';
}
