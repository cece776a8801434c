// The six numbers and the three plots. Latency is measured by the page: from the time at which a
// frame was due to the time at which it was painted.

import { byId, setText } from './dom.js';
import { painted } from './picture.js';
import { plot } from './plot.js';

const MINUTE = 240; // at four a second
const PLAUSIBLE_MS = 10_000; // beyond it the clocks of the two machines differ

const isSmall = (kbps) => kbps < 10_000;
const rateNumber = (kbps) => (isSmall(kbps) ? Math.round(kbps) : (kbps / 1000).toFixed(1));
const rateUnit = (kbps) => (isSmall(kbps) ? 'kbit/s' : 'Mbit/s');

const plots = {
  rate: plot('Rate', (kbps) => `${rateNumber(kbps)} ${rateUnit(kbps)}`),
  fps: plot('FPS', (n) => n.toFixed(1)),
  jitter: plot('Jitter', (n) => `${n.toFixed(2)} ms`),
};
byId('plots').append(...Object.values(plots).map(({ element }) => element));

let shown;

/** The value that `part` (0 to 1) of the sorted values do not exceed. */
function quantile(sorted, part) {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
}

function latency(stats) {
  const sorted = painted.latencies.slice(-40).sort((a, b) => a - b);
  const median = quantile(sorted, 0.5);
  if (sorted.length > 0 && median > -5 && median < PLAUSIBLE_MS) {
    const worst = quantile(sorted, 0.95);
    return [Math.max(0, median).toFixed(0), `95 % within ${worst.toFixed(0)}`];
  }
  if (!(stats.latency_ms >= 0)) return ['–', ''];
  return [stats.latency_ms.toFixed(0), 'until received'];
}

function tile(name, text, more = '') {
  setText(byId(`stat-${name}`), text);
  setText(byId(`more-${name}`), more);
}

function tiles(stats) {
  const { frame, packets = 0, lost = 0, data_rate_kbps: rate = 0, fps = 0 } = stats;
  const skipped = (stats.frames_skipped ?? 0) + painted.broken;
  const share = packets + lost > 0 ? (100 * lost) / (packets + lost) : 0;
  tile('frame', frame ?? '–', `${skipped} skipped`);
  tile('packets', packets, 'received');
  tile('lost', lost, `${share.toFixed(share > 0 && share < 1 ? 2 : 0)} %`);
  tile('rate', rateNumber(rate), 'RTP payload');
  setText(byId('unit-rate'), rateUnit(rate));
  tile('fps', fps.toFixed(1), 'received');
  tile('latency', ...latency(stats));
}

export function render({ stats, history }) {
  if (stats === shown) return;
  shown = stats;
  if (stats) tiles(stats);
  else for (const name of ['frame', 'packets', 'lost', 'rate', 'fps', 'latency']) tile(name, '–');
  byId('stat-lost').classList.toggle('bad', (stats?.lost ?? 0) > 0);
  for (const [name, { draw }] of Object.entries(plots)) {
    draw(history.map((moment) => moment[name]), MINUTE);
  }
}
