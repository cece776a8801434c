// Addresses to copy: RTSP, the ffplay line, and the stream over HTTP.

import { byId, encodePath, setText } from './dom.js';
import { isOwn } from './state.js';

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

/**
 * Where players find the server: the form's address; for this daemon, the one it listens on.
 * @returns {[string, boolean]} the address, and whether it is this daemon's
 */
function authority({ form, status, config }) {
  // A name and a password are nobody else's.
  const host = String(form.server_addr).trim().replace(/^.*@/, '');
  const listens = /^(.*):(\d+)$/.exec(status?.rtsp ?? '');
  const isListening = listens?.[2] === String(form.server_port)
    && (isLoopback(host) || host === config?.server_addr || bracketed(host) === listens[1]);
  if (!isListening) return [`${bracketed(host)}:${form.server_port}`, isOwn(form)];
  return [`${isAny(listens[1]) ? location.hostname : listens[1]}:${listens[2]}`, true];
}

export function render(state) {
  const [address, isHere] = authority(state);
  // A camera's query is a part of what it is asked for.
  const [, path, query] = /^([^?]*)(\?.*)?$/s.exec(String(state.form.video_file ?? ''));
  const name = isHere ? encodePath(path + (query ?? '')) : encodePath(path);
  const rtsp = `rtsp://${address}/${name}${isHere ? '' : query ?? ''}`;
  setText(byId('rtsp-url'), rtsp);
  setText(byId('ffplay-line'), `ffplay -fflags nobuffer ${rtsp}`);
  // Of another server's the daemon has a stream only as somebody's session.
  byId('mjpg-url').parentElement.hidden = !isHere;
  setText(byId('mjpg-url'), `${location.origin}/video/${name}/stream.mjpg`);
}
