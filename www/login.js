// The page to log in. It stands in the place of whatever was asked for, which is asked for again
// as soon as the daemon has said yes.

import { call } from './api.js';
import { byId, setText } from './dom.js';

const form = byId('login');
const message = byId('message');
const [user, password, enter] = ['user', 'password', 'enter'].map(byId);

function say(text) {
  setText(byId('message-text'), text);
  message.dataset.kind = text ? 'error' : 'none';
}

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  say('');
  enter.disabled = true;
  try {
    await call('/api/v1/login', 'POST', { user: user.value, password: password.value });
    if (location.pathname === '/login.html') location.assign('/');
    else location.reload();
    return;
  } catch (problem) {
    if (problem.code === 'no_users') return location.assign('/');
    say(problem.status === 401 ? 'Name or password is wrong.' : problem.message);
  }
  enter.disabled = false;
  password.select();
});
