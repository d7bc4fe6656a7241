// The inbox page: three static files, no framework, nothing from elsewhere. Texts of mails only ever become text nodes;
// a mail's HTML is shown by a sandboxed frame that loads it from /messages/<id>/html.

export const INBOX_HTML = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Imbi inbox</title>
<link rel="stylesheet" href="/inbox.css">
<script src="/inbox.js" defer></script>
</head>
<body>
<header>
  <h1>Inbox</h1>
  <span id="count" role="status"></span>
  <input id="filter" type="search" placeholder="Filter by address or subject" aria-label="Filter">
  <button id="clear" type="button">Delete all</button>
</header>
<main>
  <nav aria-label="Mails"><ul id="mails"></ul><p id="empty">No mail yet. What Imbi sends lands here.</p></nav>
  <article id="mail" hidden>
    <h2 id="subject"></h2>
    <dl><dt>From</dt><dd id="from"></dd><dt>To</dt><dd id="to"></dd><dt>Received</dt><dd id="received"></dd></dl>
    <ul id="attachments"></ul>
    <div role="tablist" aria-label="View">
      <button role="tab" data-view="html" type="button">HTML</button>
      <button role="tab" data-view="text" type="button">Text</button>
      <button role="tab" data-view="headers" type="button">Headers</button>
    </div>
    <iframe id="html" title="The mail as HTML"
      sandbox="allow-popups allow-popups-to-escape-sandbox" referrerpolicy="no-referrer"></iframe>
    <pre id="text" tabindex="0"></pre>
    <pre id="headers" tabindex="0"></pre>
  </article>
</main>
</body>
</html>
`;

export const INBOX_CSS = `:root { color-scheme: light dark; --line: light-dark(#dfe3e8, #2d333b); --soft: light-dark(#5c6670, #9aa4af);
  --hover: light-dark(#f2f5f8, #1f252c); --accent: light-dark(#0b62c4, #6cb2ff); --panel: light-dark(#fff, #14181d); }
* { box-sizing: border-box; }
html, body { height: 100%; margin: 0; }
body { display: flex; flex-direction: column; font: 15px/1.5 system-ui, sans-serif; background: var(--panel); }
header { display: flex; align-items: center; gap: 1rem; padding: .75rem 1.25rem; border-bottom: 1px solid var(--line); }
h1 { margin: 0; font-size: 1.1rem; }
#count { color: var(--soft); }
#filter { margin-left: auto; width: min(20rem, 40vw); }
input, button { font: inherit; padding: .3rem .7rem; border: 1px solid var(--line); border-radius: .4rem;
  background: transparent; color: inherit; }
button { cursor: pointer; }
button:hover { background: var(--hover); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
main { flex: 1; min-height: 0; display: grid; grid-template-columns: minmax(15rem, 24rem) 1fr; }
nav { overflow-y: auto; border-right: 1px solid var(--line); }
nav ul { list-style: none; margin: 0; padding: 0; }
nav li button { display: grid; grid-template-columns: 1fr auto; gap: 0 .5rem; width: 100%; padding: .6rem 1.25rem;
  border: 0; border-bottom: 1px solid var(--line); border-radius: 0; text-align: left; }
nav li button[aria-current=true] { background: var(--hover); box-shadow: inset 3px 0 var(--accent); }
nav strong { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; font-weight: 600; }
nav span, nav time { color: var(--soft); font-size: .85rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
#empty { padding: 2rem 1.25rem; color: var(--soft); }
article { display: flex; flex-direction: column; min-width: 0; min-height: 0; padding: 1.25rem; }
article[hidden], [hidden] { display: none; }
h2 { margin: 0 0 .5rem; font-size: 1.25rem; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: auto 1fr; gap: 0 1rem; margin: 0 0 .75rem; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
#attachments { display: flex; flex-wrap: wrap; gap: .5rem; list-style: none; margin: 0; padding: 0; }
#attachments:not(:empty) { margin-bottom: .75rem; }
#attachments a { color: var(--accent); }
[role=tablist] { display: flex; gap: .4rem; margin-bottom: .75rem; }
[role=tab][aria-selected=true] { border-color: var(--accent); color: var(--accent); }
iframe, pre { flex: 1; min-height: 0; width: 100%; margin: 0; border: 1px solid var(--line); border-radius: .4rem; }
iframe { background: #fff; color-scheme: light; }
pre { padding: 1rem; overflow: auto; white-space: pre-wrap; overflow-wrap: anywhere; font: 13px/1.5 ui-monospace, monospace; }
@media (max-width: 45rem) { main { grid-template-columns: 1fr; grid-template-rows: 40% 1fr; }
  nav { border-right: 0; border-bottom: 1px solid var(--line); } }
`;

export const INBOX_SCRIPT = `'use strict';
const byId = (id) => document.getElementById(id);
let mails = [];
let open;
let view = 'html';

const show = (time) => new Date(time).toLocaleString();

function element(tag, text) {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}

function list() {
  const wanted = byId('filter').value.toLowerCase();
  const shown = mails.filter((mail) => [mail.subject, mail.from, ...mail.to].join(' ').toLowerCase().includes(wanted));
  byId('count').textContent = mails.length === 1 ? '1 mail' : mails.length + ' mails';
  byId('empty').hidden = mails.length > 0;
  byId('mails').replaceChildren(...shown.map((mail) => {
    const button = element('button', '');
    button.type = 'button';
    button.setAttribute('aria-current', String(open === mail.id));
    button.append(element('strong', mail.subject || '(no subject)'), element('time', show(mail.received_at)),
      element('span', mail.to.join(', ')));
    button.addEventListener('click', () => { location.hash = mail.id; });
    const item = document.createElement('li');
    item.append(button);
    return item;
  }));
}

async function read() {
  open = location.hash.slice(1);
  const response = open ? await fetch('/api/messages/' + encodeURIComponent(open)) : undefined;
  byId('mail').hidden = !response?.ok;
  list();
  if (!response?.ok) return;
  const mail = await response.json();
  byId('subject').textContent = mail.subject || '(no subject)';
  byId('from').textContent = mail.from;
  byId('to').textContent = mail.to.join(', ');
  byId('received').textContent = show(mail.received_at);
  byId('text').textContent = mail.text ?? '';
  byId('headers').textContent = mail.headers.map(({ name, value }) => name + ': ' + value).join('\\n');
  byId('html').src = mail.html === undefined ? 'about:blank' : '/messages/' + encodeURIComponent(mail.id) + '/html';
  byId('attachments').replaceChildren(...mail.attachments.map((attachment, index) => {
    const link = element('a', attachment.filename + ' (' + attachment.bytes.toLocaleString() + ' bytes)');
    link.href = '/api/messages/' + encodeURIComponent(mail.id) + '/attachments/' + index;
    const item = document.createElement('li');
    item.append(link);
    return item;
  }));
  choose(mail.html === undefined && view === 'html' ? 'text' : view);
}

function choose(name) {
  for (const id of ['html', 'text', 'headers']) byId(id).hidden = id !== name;
  for (const tab of document.querySelectorAll('[role=tab]')) {
    tab.setAttribute('aria-selected', String(tab.dataset.view === name));
  }
}

async function load() {
  mails = (await (await fetch('/api/messages')).json()).data;
  list();
}

for (const tab of document.querySelectorAll('[role=tab]')) {
  tab.addEventListener('click', () => { view = tab.dataset.view; choose(view); });
}
byId('filter').addEventListener('input', list);
byId('clear').addEventListener('click', async () => {
  if (!confirm('Delete all mails?')) return;
  await fetch('/api/messages', { method: 'DELETE' });
  location.hash = '';
});
addEventListener('hashchange', read);
const events = new EventSource('/api/events');
events.addEventListener('open', load);
events.addEventListener('change', load);
read();
`;
