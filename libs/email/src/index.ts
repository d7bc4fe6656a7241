export { previewMail } from './template/preview.js';
export { TEMPLATE_NAMES } from './template/template-variables.js';
