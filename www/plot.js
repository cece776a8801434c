// A small live plot: a line over the last minute, as SVG made by the DOM.

import { make, setText } from './dom.js';

const WIDTH = 240;
const HEIGHT = 48;
const SVG = 'http://www.w3.org/2000/svg';

function shape(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

/** The next round number above `value`, so that the scale does not jump about. */
function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 0.1)));
  const step = [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].find((n) => n * power >= value);
  return step === undefined ? value : step * power;
}

/**
 * @param {string} title what it shows
 * @param {function(number): string} format of the numbers beside it
 * @returns {{element: HTMLElement, draw: function(number[], number): void}}
 */
export function plot(title, format) {
  const area = shape('path', { class: 'area' });
  const line = shape('polyline', { class: 'line' });
  const picture = shape('svg', {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', 'aria-hidden': 'true',
  });
  const middle = shape('line', {
    class: 'middle', x1: 0, x2: WIDTH, y1: HEIGHT / 2, y2: HEIGHT / 2,
  });
  picture.append(middle, area, line);
  const now = make('b', {}, '–');
  const top = make('span', { class: 'top' });
  const element = make('figure', { class: 'plot' },
    make('figcaption', {}, title, ' ', now), picture, top);

  function draw(values, capacity) {
    const ceiling = roundUp(Math.max(...values, 0) * 1.05);
    const left = capacity - values.length;
    const points = values.map((value, index) => {
      const x = ((left + index) / (capacity - 1)) * WIDTH;
      const y = HEIGHT - 1 - (value / ceiling) * (HEIGHT - 2);
      return `${x.toFixed(1)},${y.toFixed(1)}`;
    });
    line.setAttribute('points', points.join(' '));
    const first = points[0]?.split(',')[0];
    const path = points.length ? `M${first},${HEIGHT} L${points.join(' L')} V${HEIGHT} Z` : '';
    area.setAttribute('d', path);
    setText(now, values.length ? format(values.at(-1)) : '–');
    setText(top, values.length ? format(ceiling) : '');
  }
  return { element, draw };
}
