// The form of the source, the four buttons of the session, and the one big button over the
// picture that always does the next step.

import { adopt, setEnabled, setShown } from './buttons.js';
import * as commands from './commands.js';
import { byId, setText } from './dom.js';
import { allowed, nextStep, state } from './state.js';

const buttons = ['setup', 'play', 'pause', 'teardown'];
const fields = ['server-addr', 'server-port', 'video-file', 'transport'].map(byId);
const next = byId('next');
const form = byId('source');
const LABELS = { start: 'Start Server', setup: 'Setup', play: 'Play' };

/** Binds the form; `render` is called when a field has changed. */
export function begin(render) {
  for (const field of fields) {
    field.addEventListener('input', () => {
      state.form[field.name] = field.value;
      render();
    });
  }
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (allowed().setup) commands.setup();
  });
  for (const name of ['play', 'pause', 'teardown']) {
    byId(name).addEventListener('click', () => commands[name]());
  }
  next.addEventListener('click', () => {
    const step = nextStep();
    if (step === 'setup') form.requestSubmit();
    else if (step) commands[step]();
  });
}

export function render({ session, form: values, pending }) {
  const may = allowed();
  const step = nextStep();
  for (const field of fields) {
    const value = String(values[field.name] ?? '');
    if (field.value !== value) field.value = value;
  }
  for (const name of buttons) {
    setEnabled(byId(name), may[name]);
    byId(name).classList.toggle('primary', step === name);
    byId(name).classList.toggle('waiting', pending.has(name));
  }
  setShown(next, step !== null);
  setText(next, LABELS[step] ?? '');
  adopt([step === 'start' ? byId('server-start') : byId(step ?? 'pause'), byId('teardown')]);
  setText(byId('session-about'), about(session, values));
}

function about({ state: name, source }, { video_file }) {
  if (name === 'init' || !source) return '';
  const other = video_file && video_file !== source.video_file;
  return other ? `${source.video_file}; Teardown before another file` : source.video_file;
}
