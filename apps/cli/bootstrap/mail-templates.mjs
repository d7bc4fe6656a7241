// Compiles the MJML templates to the HTML that is sent. Part of `npm run generate`, so that no process of the product
// ever loads MJML.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import mjml2html from 'mjml';
import { root } from './paths.mjs';

const FOLDER = root('libs/email/templates');
const HEADS = ['Subject', 'Preheader', 'Accent', 'Reason'];

/** The text of libs/email/src/template/compiled.gen.ts. */
export async function compileTemplates() {
  const names = readdirSync(FOLDER)
    .filter((name) => name.endsWith('.txt'))
    .map((name) => path.basename(name, '.txt'))
    .sort();
  const compiled = {};
  for (const name of names) compiled[name] = await compile(name);
  const header =
    '// The compiled templates of libs/email/templates; written by `npm run generate`.\n' +
    '/** Subject, HTML and text of each kind of mail, with `{{variables}}` yet to be filled in. */\n';
  return `${header}export const COMPILED = ${JSON.stringify(compiled, null, 2)} as const;\n`;
}

async function compile(name) {
  const { head, text } = readText(name);
  const filled = read('layout.mjml')
    .replace('<!-- content -->', () => read(`${name}.mjml`))
    .replaceAll(/\{\{(subject|preheader|accent|reason)\}\}/g, (_all, key) => head[key]);
  const { html, errors } = await mjml2html(filled, { validationLevel: 'strict', keepComments: false });
  if (errors.length > 0) throw new Error(`${name}.mjml: ${errors.map((error) => error.formattedMessage).join('\n')}`);
  const smaller = html.replaceAll(/^[ \t]+/gm, '').replaceAll(/\n{2,}/g, '\n');
  return { subject: head.subject, html: smaller, text: text.replaceAll('{{reason}}', wrap(head.reason)) };
}

/** The text twin; the lines above its rule say what the layout needs. */
function readText(name) {
  const [top = '', ...rest] = read(`${name}.txt`).split('---\n');
  const head = Object.fromEntries(
    HEADS.map((field) => {
      const line = top.split('\n').find((one) => one.startsWith(`${field}: `));
      if (!line) throw new Error(`${name}.txt does not say its ${field}`);
      return [field.toLowerCase(), line.slice(field.length + 2)];
    }),
  );
  return { head, text: rest.join('---\n') };
}

function wrap(text) {
  return text.replaceAll(/(?![^\n]{1,76}$)([^\n]{1,76})\s/g, '$1\n');
}

function read(name) {
  return readFileSync(path.join(FOLDER, name), 'utf8');
}
