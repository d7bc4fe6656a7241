import { CONFIG_SECTIONS } from './load-config.js';
import type { Setting } from './setting.js';

/** The text of docs/configuration.md, made from the sections so that it cannot fall behind them. */
export function documentConfig(): string {
  const parts = CONFIG_SECTIONS.map((of) => {
    const rows = Object.values(of.settings).map((one: Setting<unknown>) => row(one));
    return [
      `## ${of.title}`,
      '',
      '| variable | what it is | type | default | example |',
      '|---|---|---|---|---|',
      ...rows,
      '',
    ];
  });
  return [
    '# Configuration',
    '',
    'Every setting is an environment variable. A bad value stops the boot and names the variable.',
    'This page is generated from the code (`npm run generate`); do not edit it.',
    '',
    ...parts.flat(),
  ].join('\n');
}

function row(one: Setting<unknown>): string {
  const unit = one.unit ? `, in ${one.unit}` : '';
  const cells = [
    `\`${one.env}\``,
    one.description,
    `${one.type}${unit}`,
    one.secret && one.defaultText !== 'required' ? 'not set' : `\`${one.defaultText}\``,
    one.secret ? '' : `\`${one.example}\``,
  ];
  return `| ${cells.map((cell) => cell.replace(/\|/g, '\\|')).join(' | ')} |`;
}
