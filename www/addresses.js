// Addresses to copy: RTSP, the ffplay line, and the stream over HTTP.

import { byId, encodePath, setText } from './dom.js';

const COPIED_MS = 1_500;

export function begin() {
  for (const [button, source] of [
    ['copy-url', 'rtsp-url'], ['copy-ffplay', 'ffplay-line'], ['copy-mjpg', 'mjpg-url'],
  ]) byId(button).addEventListener('click', () => copy(byId(source), byId(button)));
}

async function copy(source, button) {
  let isCopied = true;
  try {
    await navigator.clipboard.writeText(source.textContent);
  } catch {
    getSelection().selectAllChildren(source); // plain http: at least it is selected
    isCopied = document.execCommand('copy');
  }
  const word = button.firstChild;
  word.data = isCopied ? 'Copied' : 'Selected';
  setTimeout(() => { word.data = 'Copy'; }, COPIED_MS);
}

const isLoopback = (host) => /^(localhost|127(\.\d+){3}|\[?::1\]?)$/.test(host);
const isAny = (host) => host === '0.0.0.0' || host === '[::]' || host === '::';
const bracketed = (host) => (host.includes(':') && !host.startsWith('[') ? `[${host}]` : host);

/** Where players find the server: the form's address; for this daemon, the one it listens on. */
function authority({ form, status, config }) {
  const host = String(form.server_addr).trim();
  const listens = /^(.*):(\d+)$/.exec(status?.rtsp ?? '');
  const isOwn = listens?.[2] === String(form.server_port)
    && (isLoopback(host) || host === config?.server_addr || bracketed(host) === listens[1]);
  if (!isOwn) return `${bracketed(host)}:${form.server_port}`;
  return `${isAny(listens[1]) ? location.hostname : listens[1]}:${listens[2]}`;
}

export function render(state) {
  const name = encodePath(String(state.form.video_file ?? ''));
  const rtsp = `rtsp://${authority(state)}/${name}`;
  setText(byId('rtsp-url'), rtsp);
  setText(byId('ffplay-line'), `ffplay -fflags nobuffer ${rtsp}`);
  setText(byId('mjpg-url'), `${location.origin}/video/${name}/stream.mjpg`);
}
