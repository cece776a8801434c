// The table of instances that share their ports, and their sum. Hidden where there is but one.

import { byId, duration, make, setText } from './dom.js';

const card = byId('instances-card');
const body = byId('instances').tBodies[0];
const COLUMNS = ['Address', 'State', 'Clients', 'Sessions', 'Viewers', 'Up'];

function values({ address, status, isHere }) {
  const name = isHere ? `${address} (this one)` : address;
  if (!status) return [name, 'does not answer', '–', '–', '–', '–'];
  return [
    name, status.draining ? 'draining' : status.state, status.clients, status.sessions,
    status.viewers, duration(Math.floor(status.uptime_s)),
  ];
}

function sum(instances) {
  const there = instances.filter(({ status }) => status);
  const total = (key) => there.reduce((all, { status }) => all + status[key], 0);
  return [
    'All', `${there.length} of ${instances.length} answer`, total('clients'), total('sessions'),
    total('viewers'), '',
  ];
}

function newRow() {
  const cells = COLUMNS.map((name, index) => make(index === 0 ? 'th' : 'td', {
    'data-label': name, ...(index > 1 ? { class: 'n' } : {}),
    ...(index === 0 ? { scope: 'row' } : {}),
  }));
  return make('tr', {}, ...cells);
}

export function render({ instances }) {
  card.hidden = instances.length === 0;
  if (card.hidden) return;
  const rows = [...instances.map(values), sum(instances)];
  while (body.rows.length < rows.length) body.append(newRow());
  while (body.rows.length > rows.length) body.lastElementChild.remove();
  rows.forEach((texts, index) => {
    texts.forEach((text, column) => setText(body.rows[index].cells[column], text));
  });
}
