// Nest must be loaded in its own ESM graph first: a CommonJS package that requires it (throttler, bullmq's module)
// would otherwise fail with "Cannot require() ES Module in a cycle".
import 'reflect-metadata';
import '@nestjs/common';
import '@nestjs/core';
import { configureLogging } from '#libs/common';

// Many tests provoke errors on purpose; what the house says of them is for whoever looks for one: IMBI_TEST_LOG=debug.
configureLogging({ level: process.env.IMBI_TEST_LOG ?? 'silent', format: 'json' });
