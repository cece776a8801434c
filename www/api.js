// The JSON API over HTTP. Errors are problem+json (RFC 9457); a Problem carries what they say.

const TIMEOUT_MS = 10_000;

export class Problem extends Error {
  constructor(status, { title, detail, code, hint } = {}) {
    super(detail || title || `The daemon answered ${status}`);
    Object.assign(this, { name: 'Problem', status, code: code ?? '', hint: hint ?? '' });
  }
}

/**
 * @param {object} [content] becomes the body
 * @returns {Promise<object|null>} what the daemon answered; throws a Problem.
 */
export async function call(path, method = 'GET', content = undefined) {
  const headers = { Accept: 'application/json' };
  if (content !== undefined) headers['Content-Type'] = 'application/json';
  let response;
  try {
    response = await fetch(path, {
      // Another instance of this service has a login of its own.
      credentials: path.startsWith('/') ? 'same-origin' : 'include',
      method, headers, body: JSON.stringify(content), signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch {
    throw new Problem(0, { detail: 'The daemon does not answer.' });
  }
  const isJSON = /\bjson\b/.test(response.headers.get('Content-Type') ?? '');
  const body = isJSON ? await response.json().catch(() => null) : null;
  if (!response.ok) throw new Problem(response.status, body ?? {});
  return body;
}

/** All items of a list, page after page. */
export async function list(path, after = null) {
  const items = [];
  for (let cursor = after, page; ; cursor = page.next) {
    const query = cursor === null ? '' : `?after=${encodeURIComponent(cursor)}`;
    page = await call(path + query);
    items.push(...(page?.items ?? []));
    if (page?.next == null || page.next === cursor) return items;
  }
}
