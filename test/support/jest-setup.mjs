// Nest must be loaded in its own ESM graph first: a CommonJS package that requires it (throttler, bullmq's module)
// would otherwise fail with "Cannot require() ES Module in a cycle".
import 'reflect-metadata';
import '@nestjs/common';
import '@nestjs/core';
