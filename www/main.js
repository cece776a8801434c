// The page's table of contents: what comes in over the socket, what is told to whom, and when the
// panels are drawn again. Read socket.js and state.js next.

import * as addresses from './addresses.js';
import * as clients from './clients.js';
import * as commands from './commands.js';
import { completeTo, record } from './journal.js';
import * as instances from './instances.js';
import * as log from './log.js';
import * as notices from './notices.js';
import * as picture from './picture.js';
import * as recording from './recording.js';
import * as server from './server.js';
import * as session from './session.js';
import { connect } from './socket.js';
import { apply, linkLost, online, state } from './state.js';
import * as statistics from './statistics.js';
import * as truth from './truth.js';
import * as videos from './videos.js';

const panels = [
  server, picture, session, recording, statistics, videos, clients, instances, log, addresses, notices,
];

let isDue = false;

/** Draws all panels before the next picture of the screen, however often it is called. */
function render() {
  if (isDue) return;
  isDue = true;
  requestAnimationFrame(() => {
    isDue = false;
    for (const panel of panels) panel.render(state);
  });
}

function linkIs(link) {
  const wasOpen = state.link.wasOpen || link.phase === 'open';
  const isLost = online() && link.phase !== 'open';
  state.link = { ...link, wasOpen };
  if (isLost) linkLost();
  if (link.phase === 'waiting') truth.checkLogin();
  render();
}

/** `?session=ID` in the address: a session that somebody else has set up, `streamctl` say. */
let elsewhere = new URLSearchParams(location.search).get('session');

/** One that is over is not asked for again. */
async function join() {
  if (!await commands.watch(elsewhere)) elsewhere = null;
}

function opened() {
  commands.afterReconnect();
  if (elsewhere && !state.wish.watch) join();
  truth.catchUp();
  recording.catchUp();
}

function text(event) {
  if (event.event === 'frame') return picture.announce(event);
  if (event.event === 'videos_changed') return truth.videos();
  if (event.event === 'sources_changed') return truth.sources();
  if (event.event === 'connected') {
    apply(event);
    opened(); // only now it is known who looks at the page
    return render();
  }
  if (event.event === 'log') {
    if (record([event])) truth.fillLog();
  } else apply(event);
  commands.goOn();
  render();
}

const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
const socket = connect(`${scheme}://${location.host}/ws`, {
  link: linkIs, text, binary: picture.accept,
});

commands.begin(socket, render);
truth.begin(render);
session.begin(render);
recording.begin(render);
videos.begin(render);
picture.begin();
log.begin();
addresses.begin();
notices.begin(socket.retry, render);
setInterval(render, 1000); // the uptime and the countdown to the next attempt
render();

/**
 * For tests and the curious:
 * - `streamd.frames` painted so far, `lastFrameNum` the number of the newest of them
 * - `streamd.latencies` of the last 200 painted, in milliseconds from due to painted
 * - `streamd.stats()` the newest `stats` event or null, `streamd.state()` a copy of the state
 */
window.streamd = {
  get frames() { return picture.painted.frames; },
  get lastFrameNum() { return picture.painted.lastFrameNum; },
  get latencies() { return [...picture.painted.latencies]; },
  stats: () => state.stats,
  state: () => structuredClone({ ...state, logCompleteTo: completeTo() }),
};
