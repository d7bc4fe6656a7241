import { build } from '../build.mjs';

build(process.execPath);
console.log('Built into dist/.');
