// The table of RTSP clients the daemon serves. Rows are kept by id, so that a button that has the
// focus survives the next poll.

import { byId, isToday, make, setText } from './dom.js';
import { online } from './state.js';
import * as truth from './truth.js';

const body = byId('clients').tBodies[0];
const rows = new Map();
const COLUMNS = ['Peer', 'State', 'File', 'Frames', 'Lost', 'Jitter', 'Since'];
const CLOCK = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' };
const DAY = { month: 'short', day: 'numeric', ...CLOCK };
const NUMBERS = new Set(['Frames', 'Lost', 'Jitter']);

function values(client) {
  const since = new Date(client.since);
  return {
    Peer: client.peer,
    State: `${client.state} · ${(client.transport ?? '').toUpperCase()}`,
    File: client.video_file ?? '',
    Frames: client.frames ?? 0,
    Lost: `${client.lost ?? 0} / ${client.packets ?? 0}`,
    Jitter: client.jitter_ms == null ? '–' : `${client.jitter_ms.toFixed(1)} ms`,
    Since: Number.isNaN(since.getTime()) ? '' : since.toLocaleString([], isToday(since) ? CLOCK : DAY),
  };
}

function newRow(client) {
  const button = make('button', { type: 'button', class: 'quiet danger' }, 'Kick',
    make('span', { class: 'unseen' }, ` ${client.peer}`));
  button.addEventListener('click', async () => {
    button.disabled = true;
    await truth.kick(client);
    button.disabled = false;
  });
  const cells = COLUMNS.map((name, index) => make(index === 0 ? 'th' : 'td', {
    'data-label': name, ...(NUMBERS.has(name) ? { class: 'n' } : {}),
    ...(index === 0 ? { scope: 'row' } : {}),
  }));
  const player = make('span', { class: 'more' });
  cells[0].append(make('span'), player);
  const row = make('tr', { 'data-id': client.id }, ...cells, make('td', {}, button));
  rows.set(client.id, { row, cells, player });
  return row;
}

let shown = null;

export function render({ clients, server, hasMoreClients }) {
  const empty = byId('clients-empty');
  empty.hidden = clients.length > 0;
  setText(empty, emptyText(server.state));
  if (clients === shown) return;
  shown = clients;
  const count = hasMoreClients ? `the first ${clients.length}` : clients.length;
  const present = new Set(clients.map(({ id }) => id));
  for (const [id, { row }] of rows) {
    if (present.has(id)) continue;
    row.remove();
    rows.delete(id);
  }
  for (const client of clients) {
    if (!rows.has(client.id)) body.append(newRow(client));
    const text = values(client);
    const { cells, player } = rows.get(client.id);
    setText(player, client.user_agent || 'unnamed player');
    player.title = client.user_agent ?? '';
    cells.forEach((cell, index) => {
      const wanted = text[COLUMNS[index]];
      setText(index === 0 ? cell.firstChild : cell, wanted);
      if (COLUMNS[index] === 'File') cell.title = wanted;
    });
  }
  byId('clients').hidden = clients.length === 0;
  setText(byId('clients-count'), count || '');
}

function emptyText(server) {
  if (!online()) return 'Offline: who is connected is not known.';
  if (server !== 'running') return 'The RTSP server does not run.';
  return 'Nobody is connected. “Watch elsewhere” has the address for a player.';
}
