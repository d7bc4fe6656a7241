// ClickHouse's HTTP interface before chDB as a process of its own, which prints its address: a column store for processes
// on machines without a server. Usage: clickhouse-process.ts <directory>
import { clickHouseFront } from './clickhouse-front.js';

const [directory = ''] = process.argv.slice(2);
const front = await clickHouseFront(directory);
process.stdout.write(`${front.url}\n`);
