import { Injectable } from '@nestjs/common';
import { hmacSha256, KeyRing } from '#libs/crypto';
import { randomText, withChecksum } from '../credential/secret-text.js';

const ID_LENGTH = 16;
const RANDOM_LENGTH = 26;

/** A new client; `secret` is shown once and never kept. */
export interface MadeClient {
  readonly clientId: string;
  readonly secret: string;
  readonly mac: string;
}

/** Makes ids (`ic_…`) and secrets (`is_…`) of clients, which are protected as those of API keys are. */
@Injectable()
export class ClientCodec {
  private readonly peppers: readonly [Buffer, ...Buffer[]];

  constructor(keyRing: KeyRing) {
    this.peppers = keyRing.derive('client-secret');
  }

  /** A client with a new id, or a new secret for the client `clientId`. */
  make(clientId = `ic_${randomText(ID_LENGTH)}`): MadeClient {
    const secret = withChecksum(`is_${randomText(RANDOM_LENGTH)}`);
    return { clientId, secret, mac: hmacSha256(this.peppers[0], secret) };
  }

  /** What is stored for `secret`, by each key of the ring, the first of which is the one for new secrets. */
  macs(secret: string): string[] {
    return this.peppers.map((pepper) => hmacSha256(pepper, secret));
  }
}
