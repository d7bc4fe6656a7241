export { EmailModule } from './email.module.js';
export { EmailHttpModule } from './email-http.module.js';
export { EmailJobsModule } from './email-jobs.module.js';
export { emailMigrations } from './model/email.migration.js';
export { emailDefinitions, FailedEmail } from './model/failed-email.vertex.js';
export { EmailSender } from './sending/email-sender.js';
export { transportOptions } from './sending/transport-options.js';
export { previewMail } from './template/preview.js';
export { TEMPLATE_NAMES } from './template/template-variables.js';
