// The activity log: time, level and text, filtered by both, saved as a text file. It follows the
// newest entry unless somebody has scrolled up.

import { byId, download, isToday, make, setText } from './dom.js';
import { journal } from './journal.js';

const LEVELS = { debug: 0, info: 1, notice: 1, warning: 2, error: 3, critical: 3 };
const box = byId('log');
const list = box.querySelector('ol');
const filter = byId('log-filter');
const level = byId('log-level');
const newest = byId('log-newest');
const rows = new Map();

const key = (entry) => `${entry.run}:${entry.seq}`;

export function begin() {
  filter.addEventListener('input', filterAll);
  level.addEventListener('change', filterAll);
  byId('log-download').addEventListener('click', save);
  newest.addEventListener('click', toEnd);
  box.addEventListener('scroll', () => { newest.hidden = isAtEnd(); });
}

const isAtEnd = () => box.scrollHeight - box.scrollTop - box.clientHeight < 24;

function toEnd() {
  box.scrollTop = box.scrollHeight;
  newest.hidden = true;
}

const isWanted = (entry) => (LEVELS[entry.level] ?? 1) >= Number(level.value)
  && `${entry.level} ${entry.message}`.toLowerCase().includes(filter.value.trim().toLowerCase());

function clock(time) {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return time;
  const two = (n) => String(n).padStart(2, '0');
  const text = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
  return isToday(date) ? text : `${two(date.getMonth() + 1)}-${two(date.getDate())} ${text}`;
}

function newRow(entry) {
  const row = make('li', { 'data-level': entry.level, 'data-seq': entry.seq },
    make('time', { datetime: entry.time, title: entry.time }, clock(entry.time)),
    make('span', { class: 'level' }, entry.level),
    make('span', { class: 'text' }, entry.message));
  row.hidden = !isWanted(entry);
  row.classList.toggle('restart', entry.seq === 0);
  rows.set(key(entry), row);
  return row;
}

function filterAll() {
  for (const entry of journal) {
    // The newest have no row before the next picture of the screen.
    const row = rows.get(key(entry));
    if (row) row.hidden = !isWanted(entry);
  }
  sayIfEmpty();
  toEnd();
}

function sayIfEmpty() {
  const empty = byId('log-empty');
  empty.hidden = [...rows.values()].some((row) => !row.hidden);
  empty.textContent = journal.length ? 'No entry matches the filter.' : 'Nothing has happened yet.';
}

let day = '';

/** What was of today is of yesterday now. */
function dateAll() {
  const today = new Date().toDateString();
  if (today === day) return;
  day = today;
  for (const row of rows.values()) {
    const time = row.querySelector('time');
    setText(time, clock(time.dateTime));
  }
}

export function render() {
  dateAll();
  const wasAtEnd = isAtEnd();
  const present = new Set(journal.map(key));
  for (const [id, row] of rows) {
    if (present.has(id)) continue;
    row.remove();
    rows.delete(id);
  }
  let isChanged = false;
  let after = null;
  for (let index = journal.length - 1; index >= 0; index -= 1) {
    const known = rows.get(key(journal[index]));
    const row = known ?? newRow(journal[index]);
    if (!known) list.insertBefore(row, after);
    isChanged ||= !known;
    after = row;
  }
  if (!isChanged) return;
  sayIfEmpty();
  if (wasAtEnd) toEnd();
  else newest.hidden = false;
}

function save() {
  const lines = journal.filter(isWanted)
    .map((entry) => `${entry.time} ${entry.level.padEnd(7)} ${entry.message}\n`);
  const stamp = new Date().toISOString().slice(0, 19).replace(/:/g, '');
  download(new Blob(lines, { type: 'text/plain' }), `streamd-${stamp}.log`);
}
