/** What the pages may load: what comes from here, and nothing else. */
export const ACCOUNT_PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'unsafe-inline'",
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

interface PageTexts {
  readonly title: string;
  readonly lead: string;
  readonly field?: 'password' | 'email';
  readonly button: string;
  /** Where the form goes. */
  readonly action: string;
  readonly done: string;
}

/** What links in mails lead to where no console is set. */
export const ACCOUNT_PAGES: Readonly<Record<string, PageTexts>> = {
  'reset-password': {
    title: 'Choose a new password',
    lead: 'It signs you out everywhere. A second factor stays as it is.',
    field: 'password',
    button: 'Set the password',
    action: '/api/auth/reset-password',
    done: 'Your new password holds. You can sign in with it now.',
  },
  'accept-invitation': {
    title: 'Welcome: choose your password',
    lead: 'With it and the address that you were invited at you will sign in.',
    field: 'password',
    button: 'Set the password',
    action: '/api/auth/accept-invitation',
    done: 'You are in. You can sign in now.',
  },
  'verify-email': {
    title: 'Is this your address?',
    lead: 'Confirm that the mail you came from reached the right person.',
    button: 'Confirm the address',
    action: '/api/auth/verify-email',
    done: 'Thank you. The address is confirmed.',
  },
  'forgot-password': {
    title: 'Set a new password',
    lead: 'We mail you a link with which you choose it.',
    field: 'email',
    button: 'Mail me the link',
    action: '/api/auth/forgot-password',
    done: 'If there is an account with this address, a mail is on its way.',
  },
};

const FIELDS = {
  password: `<label for="password">New password</label>
    <input id="password" name="password" type="password" autocomplete="new-password" required autofocus>
    <label for="again">Once more</label>
    <input id="again" type="password" autocomplete="new-password" required>`,
  email: `<label for="email">E-mail</label>
    <input id="email" name="email" type="email" autocomplete="username" required autofocus>`,
};

export function accountPage({ title, lead, field, button, action, done }: PageTexts): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · Imbi</title>
<link rel="icon" href="data:,">
<style>
  :root { color-scheme: light dark; --page: #eef1f7; --card: #fff; --ink: #0f172a; --text: #334155; --line: #cbd5e1; --bad: #b91c1c }
  @media (prefers-color-scheme: dark) {
    :root { --page: #0b1020; --card: #161d31; --ink: #f8fafc; --text: #cbd5e1; --line: #3b4768; --bad: #fca5a5 }
  }
  * { box-sizing: border-box }
  body { font: 16px/1.6 'Segoe UI', system-ui, sans-serif; color: var(--text); background: var(--page); margin: 0; padding: 10vh 16px 32px }
  main { max-width: 26rem; margin: 0 auto }
  .word { display: flex; align-items: center; gap: 12px; margin: 0 0 18px; font-size: 20px; font-weight: 700; color: var(--ink) }
  .word span { width: 34px; height: 34px; border-radius: 9px; background: #4338ca; color: #fff; text-align: center; line-height: 34px }
  .card { background: var(--card); border-radius: 14px; border-top: 6px solid #4338ca; padding: 30px 32px 34px }
  h1 { font-size: 24px; line-height: 1.3; letter-spacing: -.3px; color: var(--ink); margin: 0 0 8px }
  p { margin: 0 }
  label { display: block; margin: 18px 0 6px; font-weight: 600; color: var(--ink) }
  input { width: 100%; font: inherit; color: inherit; padding: 10px 12px; background: transparent; border: 1px solid var(--line); border-radius: 8px }
  button { width: 100%; margin-top: 24px; font: inherit; font-weight: 600; padding: 12px; border: 0; border-radius: 8px; background: #4338ca; color: #fff; cursor: pointer }
  button:disabled { opacity: .6; cursor: default }
  input:focus-visible, button:focus-visible { outline: 3px solid #a5b4fc; outline-offset: 2px }
  [role=alert]:not(:empty) { color: var(--bad); margin-top: 16px; white-space: pre-line }
</style>
<script src="/account/page.js" defer></script>
</head>
<body>
<main>
<p class="word"><span aria-hidden="true">i</span>Imbi</p>
<div class="card">
<h1>${title}</h1>
<p id="lead">${lead}</p>
<form data-action="${action}" data-done="${done}" data-token="${field === 'email' ? 'no' : 'yes'}">
    ${field ? FIELDS[field] : ''}
    <button>${button}</button>
</form>
<p role="alert"></p>
<p role="status"></p>
<noscript><p>This page needs JavaScript: the link's token never leaves your browser but for the call that uses it.</p></noscript>
</div>
</main>
</body>
</html>
`;
}

export const ACCOUNT_SCRIPT = `const form = document.querySelector('form');
const alertText = document.querySelector('[role=alert]');
const { action, done, token: needsToken } = form.dataset;
const token = location.hash.slice(1);
// Out of the address bar and the history; a reload asks for the mail's link again.
if (token) history.replaceState(null, '', location.pathname);
if (needsToken === 'yes' && !token) {
  form.hidden = true;
  alertText.textContent = 'The link is not complete. Open it from the mail once more.';
}

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const { password, email } = Object.fromEntries(new FormData(form));
  const again = document.getElementById('again');
  alertText.textContent = '';
  if (again && again.value !== password) {
    alertText.textContent = 'The two passwords are not the same.';
    return;
  }
  const button = form.querySelector('button');
  button.disabled = true;
  try {
    const response = await fetch(action, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...(token && { token }), ...(password && { password }), ...(email && { email }) }),
    });
    const text = await response.text();
    if (!response.ok) {
      const problem = text ? JSON.parse(text) : {};
      const faults = (problem.errors || []).map((error) => error.message);
      throw new Error(faults.length > 0 ? faults.join('\\n') : problem.detail || problem.title);
    }
    form.hidden = true;
    document.getElementById('lead').hidden = true;
    document.querySelector('[role=status]').textContent = done;
  } catch (error) {
    alertText.textContent = error.message;
    button.disabled = false;
  }
});
`;
