// Pictures of every mail at 600 and 360 pixels, light and dark, by the system's Chromium:
//   npm run build && node apps/cli/bootstrap/scripts/mail-screenshots.mjs [folder] [template…]
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '../paths.mjs';

const WIDTHS = [600, 360];
const [folder = root('.cache/mail'), ...only] = process.argv.slice(2);
const { previewMail, TEMPLATE_NAMES } = await import(pathToFileURL(root('dist/libs/email/src/index.js')).href);

mkdirSync(folder, { recursive: true });
for (const name of only.length > 0 ? only : TEMPLATE_NAMES) {
  const { html } = previewMail(name);
  for (const theme of ['light', 'dark']) {
    const page = path.resolve(folder, `${name}-${theme}.html`);
    // Chromium has no window of 360 pixels; a frame can be as narrow as a telephone.
    const frames = WIDTHS.map(
      (width) =>
        `<iframe style="border:0;width:${width}px;height:960px" srcdoc="${html.replaceAll('&', '&amp;').replaceAll('"', '&quot;')}"></iframe>`,
    );
    writeFileSync(
      page,
      `<!doctype html><meta charset="utf-8"><body style="margin:0;display:flex;gap:24px">${frames.join('')}`,
    );
    execFileSync(
      'chromium',
      [
        '--headless',
        '--no-sandbox',
        '--hide-scrollbars',
        ...(theme === 'dark'
          ? ['--blink-settings=preferredColorScheme=0']
          : ['--blink-settings=preferredColorScheme=1']),
        '--window-size=1000,960',
        `--screenshot=${page.replace(/html$/, 'png')}`,
        pathToFileURL(page).href,
      ],
      { stdio: 'ignore' },
    );
  }
  console.log(path.resolve(folder, name));
}
