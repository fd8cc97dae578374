// Named objects at run time (struct nft_object): state that several rules share.

import type { NamedObject, ObjectData } from '../../program/index.ts';
import type { PktInfo } from '../pktinfo.ts';
import type { Registers } from '../registers.ts';

/** The evaluating half of an object: nft_object_ops. */
export interface ObjectBody {
  eval(regs: Registers, pkt: PktInfo): number;
  dump(): ObjectData;
  reset?(): void;
  /** nft_object_ops.update; answers false where the kind cannot be changed. */
  update?(data: ObjectData): boolean;
}

export class NamedObj {
  readonly handle: number;
  readonly spec: NamedObject;
  readonly body: ObjectBody;
  uses = 0;

  constructor(handle: number, spec: NamedObject, body: ObjectBody) {
    this.handle = handle;
    this.spec = spec;
    this.body = body;
  }

  get kind(): ObjectData['kind'] {
    return this.spec.data.kind;
  }

  get name(): string {
    return this.spec.name;
  }
}
