// The list of files and live sources to choose from: radio buttons with a thumbnail each. What
// cannot be played is shown with the reason and cannot be chosen; a camera that is away, with the
// reason and the time until it is tried again.

import { byId, duration, encodePath, make, setText, size } from './dom.js';
import { words } from './sources.js';
import { online, state } from './state.js';
import * as truth from './truth.js';

const box = byId('videos');
const reload = byId('videos-reload');
let shown = null;
let again = null;
/** By name: a row stays for as long as what it says of the video does, and its thumbnail with it. */
const rows = new Map();
let count = 0;

/** `changed` is called when a file has been chosen. */
export function begin(changed) {
  reload.addEventListener('click', () => {
    rows.clear(); // thumbnails, too
    truth.videos();
  });
  box.addEventListener('change', ({ target }) => {
    state.form.video_file = target.value;
    changed();
  });
}

/** A picture of a camera that rests would wake it. */
const isResting = (video) => video.live && video.state !== 'live';

function facts(video) {
  if (video.live) return words(state.sources.get(video.name), state.sourcesAt) || video.reason;
  const reading = video.opening === undefined ? '' : `reading, ${Math.floor(video.opening * 100)} %`;
  if (!video.playable) return reading || video.reason || 'cannot be played';
  const picture = video.width ? `${video.width} × ${video.height}` : '';
  const rate = video.fps ? `${Number(video.fps.toFixed(2))} fps` : '';
  const parts = [duration(video.duration_s), picture, rate, size(video.bytes), reading];
  return parts.filter(Boolean).join(' · ');
}

function thumbnail(video) {
  if (!video.playable || isResting(video)) {
    return make('span', { class: 'thumb', 'aria-hidden': 'true' }, video.playable ? '◉' : '⚠');
  }
  const image = make('img', {
    class: 'thumb', alt: '', loading: 'lazy', decoding: 'async', width: '96', height: '54',
    src: `/video/${encodePath(video.name)}/snapshot.jpg`,
  });
  image.addEventListener('error', () => image.classList.add('missing'));
  return image;
}

function item(video) {
  count += 1;
  const about = `video-facts-${count}`;
  const input = make('input', {
    type: 'radio', name: 'video', value: video.name, 'aria-describedby': about,
  });
  input.disabled = !video.playable;
  const normalised = [].concat(video.normalised ?? []).join(', ');
  const name = make('span', { class: 'name', title: video.name }, video.name);
  const row = make('label', { class: 'video', 'data-name': video.name }, input, thumbnail(video),
    make('span', { class: 'words' }, name,
      make('span', { class: 'more facts', id: about }, facts(video)),
      ...(normalised ? [make('span', { class: 'more' }, `made to fit RTP: ${normalised}`)] : []),
      ...(video.playable && video.reason && !video.live ? [make('span', { class: 'more' }, video.reason)] : [])));
  row.classList.toggle('unplayable', !video.playable);
  row.classList.toggle('live', video.live === true);
  return row;
}

/** How far it has been read changes often, and is only a part of the facts. */
function rowOf(video) {
  const key = JSON.stringify({ ...video, opening: undefined });
  const known = rows.get(video.name);
  if (known?.key === key) {
    setText(known.row.querySelector('.facts'), facts(video));
    return known.row;
  }
  const row = item(video);
  rows.set(video.name, { key, row });
  return row;
}

function renew(videos) {
  const names = new Set(videos.map(({ name }) => name));
  for (const name of rows.keys()) if (!names.has(name)) rows.delete(name);
  const wanted = [...videos].sort((a, b) => b.playable - a.playable).map(rowOf);
  if (wanted.length === box.children.length && wanted.every((row, n) => row === box.children[n])) return;
  const focused = box.contains(document.activeElement) ? document.activeElement.value : null;
  box.replaceChildren(...wanted);
  for (const input of box.querySelectorAll('input')) if (input.value === focused) input.focus();
}

export function render({ videos, form, session }) {
  reload.disabled = !online();
  if (videos !== shown) {
    renew(videos ?? []);
    shown = videos;
    // What is being read is looked at again until it has been.
    clearTimeout(again);
    if (videos?.some(({ opening }) => opening !== undefined)) again = setTimeout(truth.videos, 1000);
  }
  for (const video of videos ?? []) {
    // The countdown goes on.
    const row = video.live ? rows.get(video.name)?.row : null;
    if (row) setText(row.querySelector('.facts'), facts(video));
  }
  for (const row of box.children) {
    const input = row.querySelector('input');
    input.checked = input.value === form.video_file;
    row.classList.toggle('on-air', session.source?.video_file === input.value);
  }
  const empty = byId('videos-empty');
  empty.hidden = (videos?.length ?? 0) > 0;
  if (videos) setText(empty, 'The media folder has no files. Put a .mjpeg file into it.');
}
