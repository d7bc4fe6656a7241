import { section } from '../setting.js';

export const analyticsSection = section('analytics', 'analytics', {});
