#!/usr/bin/env node
// `npx imbi <command>`: the same as `npm run imbi -- <command>`.
process.argv.splice(2, 0, 'imbi');
await import('./run.mjs');
