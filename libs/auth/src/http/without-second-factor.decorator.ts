import { Reflector } from '@nestjs/core';

/** On a route or controller: it stays open to who must set up a second factor first, because it leads there or out. */
export const WithoutSecondFactor = Reflector.createDecorator<true>();
