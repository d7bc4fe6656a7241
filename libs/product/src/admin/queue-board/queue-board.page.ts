/** What the board's pages may load: only what comes from here. The board styles itself inline. */
export const BOARD_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

/** Shown to whoever is not signed in. */
export const SIGN_IN_PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Imbi queues</title>
<link rel="icon" href="data:,">
<style>
  body { font: 16px/1.5 system-ui, sans-serif; color: #1c2430; background: #f3f5f8; margin: 0 }
  main { max-width: 22rem; margin: 12vh auto; padding: 2rem; background: #fff; border-radius: .5rem }
  h1 { font-size: 1.25rem; margin: 0 0 1rem }
  label { display: block; margin: .75rem 0 .25rem }
  input { width: 100%; box-sizing: border-box; font: inherit; padding: .4rem .5rem }
  button { margin-top: 1.25rem; font: inherit; padding: .4rem 1.25rem }
  [role=alert] { color: #a3210e; min-height: 1.5em; margin: .75rem 0 0 }
</style>
<script src="/admin/queues/sign-in.js" defer></script>
</head>
<body>
<main>
<h1>Imbi queues</h1>
<form>
  <label for="email">E-mail</label>
  <input id="email" name="email" type="email" autocomplete="username" required autofocus>
  <label for="password">Password</label>
  <input id="password" name="password" type="password" autocomplete="current-password" required>
  <div id="second" hidden>
    <label for="code">Code of the second factor</label>
    <input id="code" name="code" inputmode="numeric" autocomplete="one-time-code">
  </div>
  <button>Sign in</button>
  <p role="alert"></p>
</form>
<noscript><p>The board is a program of the browser: it needs JavaScript.</p></noscript>
</main>
</body>
</html>
`;

export const SIGN_IN_SCRIPT = `const form = document.querySelector('form');
const alertText = document.querySelector('[role=alert]');

async function post(path, { body, token }) {
  const response = await fetch(path, {
    method: 'POST',
    headers: {
      ...(body && { 'content-type': 'application/json' }),
      ...(token && { authorization: 'Bearer ' + token }),
    },
    body: body && JSON.stringify(body),
  });
  const text = await response.text();
  const answer = text ? JSON.parse(text) : {};
  if (!response.ok) throw Object.assign(new Error(answer.detail || answer.title), { code: answer.code });
  return answer;
}

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const button = form.querySelector('button');
  button.disabled = true;
  alertText.textContent = '';
  try {
    const { email, password, code } = Object.fromEntries(new FormData(form));
    const body = { email, password, ...(code && { mfa_code: code }) };
    const { access_token: token } = await post('/api/auth/login', { body });
    await post('/api/admin/queues/session', { token });
    location.reload();
  } catch (error) {
    if (String(error.code).startsWith('mfa')) document.getElementById('second').hidden = false;
    alertText.textContent = error.message;
    button.disabled = false;
  }
});
`;
