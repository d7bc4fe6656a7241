import { type RenderedMail, renderMail } from './render.js';
import { SAMPLES, type TemplateName } from './template-variables.js';

/** A mail as it looks with sample data. */
export function previewMail(template: TemplateName): RenderedMail {
  const common = { home_url: 'https://imbi.example.org', home_name: 'imbi.example.org' };
  return renderMail(template, { ...SAMPLES[template] }, common);
}
