import { section } from '../setting.js';

export const storageSection = section('storage', 'storage', {});
