// What is said of a live source: a camera that is relayed, or something that is published.

const MODES = { on_demand: 'on demand', always: 'always on', published: 'published' };

function troubled(source, age) {
  const wait = source.retry_in_s === undefined ? null : source.retry_in_s - age / 1000;
  const next = wait === null ? '' : wait > 0 ? `next try in ${Math.ceil(wait)} s` : 'trying again';
  const word = source.state === 'unauthorised' ? 'not let in' : '';
  return [word, source.last_error, next].filter(Boolean).join(' · ');
}

function playing(source) {
  const viewers = source.viewers === 1 ? '1 viewer' : `${source.viewers} viewers`;
  const rate = source.fps ? `${Number(source.fps.toFixed(1))} fps` : '';
  const lost = source.lost ? `${source.lost} packets lost` : '';
  const parts = ['live', source.transport.toUpperCase(), rate, lost, viewers];
  return parts.filter(Boolean).join(' · ');
}

/**
 * A source in words; empty when nothing is known of it.
 * @param {object | undefined} source as the API has it
 * @param {number} knownAt when it was so, by performance.now
 */
export function words(source, knownAt) {
  const mode = MODES[source?.mode] ?? '';
  switch (source?.state) {
    case 'playing': return playing(source);
    case 'idle': return `camera · ${mode}`;
    case 'connecting': return ['connecting', source.last_error].filter(Boolean).join(' · ');
    case 'retrying':
    case 'unauthorised': return troubled(source, performance.now() - knownAt);
    case 'held': return ['away, the last picture is shown', source.last_error]
      .filter(Boolean).join(' · ');
    case 'waiting': return 'no picture yet';
    default: return mode;
  }
}
