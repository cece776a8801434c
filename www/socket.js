// One WebSocket, opened again whenever it is lost: after half a second at first, then after twice
// as long each time, up to fifteen seconds. One that says and answers nothing is lost as well.

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
const OPENING_MS = 8_000;
const QUIET_MS = 10_000;
const ANSWER_MS = 5_000;

/**
 * @param {string} address ws:// or wss://
 * @param {object} to `link({phase, attempt, retryAt})`, `text(object)`, `binary(ArrayBuffer)`
 * @returns {{send: function(object): boolean, retry: function(): void}}
 */
export function connect(address, to) {
  let socket = null;
  let attempt = 0;
  let timer = 0;

  const isOpen = () => socket?.readyState === WebSocket.OPEN;

  function later(milliseconds, action) {
    clearTimeout(timer);
    timer = setTimeout(action, milliseconds);
  }

  function open() {
    attempt += 1;
    to.link({ phase: 'connecting', attempt, retryAt: 0 });
    const mine = new WebSocket(address);
    socket = mine;
    mine.binaryType = 'arraybuffer';
    mine.onopen = () => {
      attempt = 0;
      heard();
      to.link({ phase: 'open', attempt, retryAt: 0 });
    };
    mine.onmessage = ({ data }) => {
      heard();
      if (typeof data === 'string') text(data);
      else to.binary(data);
    };
    mine.onclose = () => lost(mine);
    later(OPENING_MS, () => lost(mine));
  }

  function text(data) {
    let event;
    try {
      event = JSON.parse(data);
    } catch {
      return console.warn('streamd: the daemon sent text that is not JSON');
    }
    if (event && typeof event === 'object') to.text(event);
  }

  function heard() {
    later(QUIET_MS, () => {
      send({ event: 'check_server_status' });
      later(ANSWER_MS, () => lost(socket));
    });
  }

  function lost(which) {
    if (which !== socket) return;
    socket = null;
    which.onopen = which.onmessage = which.onclose = null;
    which.close();
    const longest = Math.min(FIRST_WAIT_MS * 2 ** attempt, LONGEST_WAIT_MS);
    const wait = longest * (0.8 + 0.2 * Math.random());
    later(wait, open);
    to.link({ phase: 'waiting', attempt, retryAt: performance.now() + wait });
  }

  function send(command) {
    if (isOpen()) socket.send(JSON.stringify(command));
    return isOpen();
  }

  function retry() {
    if (socket === null) open();
  }

  window.addEventListener('online', retry);
  document.addEventListener('visibilitychange', () => document.hidden || retry());
  window.addEventListener('pagehide', () => isOpen() && socket.close(1000));
  open();
  return { send, retry };
}
