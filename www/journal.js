// The daemon's activity log as the page has it: entries in any order go in once each and lie in
// order. A daemon that was started anew counts from one again, so `run` comes before `seq`.

const ENTRIES_MAX = 1000;

/** @type {{run: number, seq: number, time: string, level: string, message: string}[]} */
export const journal = [];

let run = 0;
let runStarted = null;
let complete = 0;

/** Everything there was to have up to this number is here: ask the daemon for what comes after. */
export const completeTo = () => complete;

const precedes = (a, b) => a.run < b.run || (a.run === b.run && a.seq < b.seq);

/** Takes entries as the daemon sends them. Returns whether some in between are still missing. */
export function record(entries, isAnswer = false) {
  for (const { seq, time, level, message } of entries) {
    insert({ run, seq, time, level, message });
    if (isAnswer) complete = Math.max(complete, seq);
  }
  for (const entry of journal) {
    if (entry.run === run && entry.seq === complete + 1) complete = entry.seq;
  }
  if (journal.length > ENTRIES_MAX) journal.splice(0, journal.length - ENTRIES_MAX);
  return entries.some(({ seq }) => seq > complete);
}

function insert(entry) {
  let place = journal.length;
  while (place > 0 && precedes(entry, journal[place - 1])) place -= 1;
  const before = journal[place - 1];
  if (before && before.run === entry.run && before.seq === entry.seq) return;
  journal.splice(place, 0, entry);
}

/**
 * The daemon says when it started, as a time that stays the same for one run.
 * `tolerance` is for times of day that were worked out from an uptime. Returns whether it is
 * another run than before.
 */
export function startedAt(started, tolerance = 0) {
  const known = runStarted !== null;
  const same = tolerance ? Math.abs(started - runStarted) <= tolerance : started === runStarted;
  if (!known || !same) runStarted = started;
  if (!known || same) return false;
  run += 1;
  complete = 0;
  const date = new Date(started);
  const time = (Number.isNaN(date.getTime()) ? new Date() : date).toISOString();
  insert({ run, seq: 0, time, level: 'info', message: 'The daemon was started anew' });
  return true;
}
