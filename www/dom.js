// What every panel needs from the document, and nothing more. Text from outside becomes text,
// never markup: there is no other way in here than textContent.

/** @param {string} id @returns {HTMLElement} */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`index.html has no #${id}`);
  return element;
}

/** Sets the text only if it differs, so that screen readers and selections are left in peace. */
export function setText(element, text) {
  const wanted = String(text ?? '');
  if (element.textContent !== wanted) element.textContent = wanted;
}

/**
 * A new element: `make('td', {class: 'n', title: 'why'}, 'text', otherElement)`.
 * @param {string} name
 * @param {Object<string, string>} attributes
 */
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** The browser saves `blob` under `name`. */
export function download(blob, name) {
  const address = URL.createObjectURL(blob);
  make('a', { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** A name of a media file as part of an URL: each piece encoded, the slashes kept. */
export function encodePath(name) {
  const strict = (c) => '%' + c.charCodeAt(0).toString(16).toUpperCase();
  return name.split('/')
    .map((piece) => encodeURIComponent(piece).replace(/[!'()*]/g, strict)).join('/');
}

/** "2 min 05 s", "12.4 s" */
export function duration(seconds) {
  if (!Number.isFinite(seconds)) return '';
  if (seconds < 60) return `${Number(seconds.toFixed(1))} s`;
  const whole = Math.round(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const two = (n) => String(n).padStart(2, '0');
  return hours ? `${hours} h ${two(minutes)} min` : `${minutes} min ${two(whole % 60)} s`;
}

/** "2.7 MB" */
export function size(bytes) {
  if (!Number.isFinite(bytes)) return '';
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let step = 0;
  while (bytes >= 1000 && step < units.length - 1) [bytes, step] = [bytes / 1000, step + 1];
  return `${bytes >= 10 || step === 0 ? Math.round(bytes) : bytes.toFixed(1)} ${units[step]}`;
}

/** Whether a Date is of today: only then the time of day alone says when it was. */
export const isToday = (date) => date.toDateString() === new Date().toDateString();

let origin = performance.timeOrigin;

/**
 * The time of day in milliseconds, with fractions. The steady clock stands still while a laptop
 * sleeps and does not follow corrections, so it is set anew when the two differ.
 */
export function wallClock() {
  const wrong = Date.now() - (origin + performance.now());
  if (Math.abs(wrong) > 5) origin += wrong;
  return origin + performance.now();
}
