import { section } from '../setting.js';

export const authSection = section('auth', 'auth', {});
