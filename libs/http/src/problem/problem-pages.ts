import { type ProblemText, problemText, problemTexts } from './problem-registry.js';

/** The files of docs/errors: one page a problem code and an index, by file name. */
export function documentProblems(): Map<string, string> {
  const texts = problemTexts();
  const index = texts.map(([code, text]) => `| [\`${code}\`](${code}.md) | ${text.status} | ${text.title} |`);
  const pages = texts.map(([code, text]): [string, string] => [`${code}.md`, markdownPage(code, text)]);
  return new Map([
    [
      'README.md',
      [
        '# Problems',
        '',
        'Every error of the API is an `application/problem+json` document (RFC 9457) whose `type` is one of these pages.',
        'They are generated from the code (`npm run generate`); do not edit them.',
        '',
        '| code | status | title |',
        '|---|---|---|',
        ...index,
        '',
      ].join('\n'),
    ],
    ...pages,
  ]);
}

/** The page that a problem's `type` leads to, or undefined for a code that nobody registered. */
export function problemPage(code: string): string | undefined {
  const text = problemText(code);
  if (!text) return undefined;
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${text.title} · Imbi</title></head>
<body style="font: 16px/1.5 system-ui, sans-serif; max-width: 42rem; margin: 3rem auto; padding: 0 1rem">
<p>${text.status} · <code>${code}</code></p>
<h1>${text.title}</h1>
<h2>When</h2>
<p>${html(text.cause)}</p>
<h2>What to do</h2>
<p>${html(text.remedy)}</p>
</body>
</html>
`;
}

function markdownPage(code: string, text: ProblemText): string {
  return [
    `# ${text.title}`,
    '',
    `\`${code}\` · ${text.status}`,
    '',
    `**When.** ${text.cause}`,
    '',
    `**What to do.** ${text.remedy}`,
    '',
  ].join('\n');
}

function html(markdown: string): string {
  return markdown
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/`([^`]+)`/g, '<code>$1</code>');
}
