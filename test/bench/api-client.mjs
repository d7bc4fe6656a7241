import { ORGANIZATION } from './seed.mjs';

/** Calls one server as one user. */
export class ApiClient {
  constructor(url, token) {
    this.url = url;
    this.headers = { authorization: `Bearer ${token}` };
  }

  static async signIn(url, { email, password }) {
    const response = await fetch(`${url}/api/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email, password }),
    });
    if (!response.ok) throw new Error(`no sign-in at ${url}: ${response.status} ${await response.text()}`);
    const { access_token } = await response.json();
    return new ApiClient(url, access_token);
  }

  async send(method, path, body) {
    const response = await fetch(this.url + path, {
      method,
      headers: { ...this.headers, ...(body === undefined ? {} : { 'content-type': contentType(method) }) },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text;
  }

  async get(path) {
    return JSON.parse(await this.send('GET', path));
  }
}

function contentType(method) {
  return method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
}

export const PROJECTS = `/api/organizations/${ORGANIZATION}/projects`;

/** The paths of every read that is measured, made for the graph that a server holds. */
export async function readPaths(client, projects) {
  const ids = await sampleIds(client, projects);
  const list = (query) => [`${PROJECTS}?limit=50${query}`];
  return {
    one: ids.map((id) => `${PROJECTS}/${id}`),
    list: list(''),
    deep: [await pathDeepInTheList(client, projects)],
    byTeam: Array.from({ length: 50 }, (_, team) => `${PROJECTS}?limit=50&filter[team]=team-${team}`),
    byType: Array.from({ length: 30 }, (_, type) => `${PROJECTS}?limit=50&filter[project_type]=type-${type}`),
    byBoth: Array.from(
      { length: 30 },
      (_, index) => `${PROJECTS}?limit=50&filter[team]=team-${index}&filter[project_type]=type-${index}`,
    ),
    newest: list('&sort=-updated_at'),
    impact: [1, 2, 3, 4, 5].map((depth) => ids.slice(0, 100).map((id) => `${PROJECTS}/${id}/impact?depth=${depth}`)),
  };
}

/** Ids from all over the catalogue, the same number whatever its size. */
async function sampleIds(client, projects, count = 400) {
  const slugs = Array.from(
    { length: count },
    (_, index) => `project-${String(Math.floor((index * projects) / count)).padStart(6, '0')}`,
  );
  const ids = [];
  for (let from = 0; from < count; from += 100) {
    const wanted = slugs.slice(from, from + 100).join(',');
    const { items } = await client.get(`${PROJECTS}?limit=200&filter[slug][in]=${wanted}`);
    ids.push(...items.map(({ id }) => id));
  }
  return ids;
}

// The middle of the list; cursors do not say with which limit their page was read.
async function pathDeepInTheList(client, projects) {
  let cursor;
  for (let seen = 0; seen < projects / 2; seen += 200) {
    const page = await client.get(`${PROJECTS}?limit=200${cursor === undefined ? '' : `&cursor=${cursor}`}`);
    cursor = page.next_cursor;
  }
  return `${PROJECTS}?limit=50&cursor=${cursor}`;
}
