export { documentConfig } from './document-config.js';
export { CONFIG, CONFIG_SECTIONS, type Config, ConfigError, loadConfig } from './load-config.js';
export { type Section, type SectionValues, type Setting, SettingProblem, section, setting } from './setting.js';
