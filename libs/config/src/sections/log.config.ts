import { section, setting } from '../setting.js';

export const logSection = section('log', 'Logging', {
  level: setting.oneOf(['debug', 'info', 'warn', 'error', 'silent'], {
    env: 'IMBI_LOG_LEVEL',
    default: 'info',
    description: 'The least severe level that is written.',
  }),
  format: setting.oneOf(['auto', 'json', 'pretty'], {
    env: 'IMBI_LOG_FORMAT',
    default: 'auto',
    description: '`auto` is pretty on a terminal and JSON elsewhere.',
  }),
});
