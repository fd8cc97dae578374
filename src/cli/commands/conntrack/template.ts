// What the options of a command say of a connection: struct nf_conntrack as conntrack(8) fills it.

import type { CommandName } from './options.ts';

/** One direction; what was not given is absent. */
export interface Ends {
  src?: string;
  dst?: string;
  sport?: number;
  dport?: number;
}

export interface NatTo {
  /** Only IPv4 addresses are compared when listing. */
  address?: string;
  port?: number;
}

export interface Masked {
  readonly value: number;
  readonly mask: number;
}

/** Addresses under a mask, as bytes. */
export interface Network {
  readonly network: Uint8Array;
  readonly mask: Uint8Array;
}

export interface Template {
  original: Ends;
  reply: Ends;
  /** The expected connection, and which bits of it count. */
  expected: Ends;
  mask: Ends;
  /** ICMP and ICMPv6. */
  type?: number;
  code?: number;
  icmpId?: number;
  protocol?: number;
  timeout?: number;
  status?: number;
  /** With `!` and UNREPLIED: bits that must not be set, when listing. */
  statusMask: number;
  mark?: Masked;
  secmark?: number;
  id?: number;
  zone?: number;
  originalZone?: number;
  replyZone?: number;
  tcpState?: number;
  sctpState?: number;
  dccpState?: number;
  vtags: [number | undefined, number | undefined];
  snat: NatTo;
  dnat: NatTo;
  /** Bits; absent where no label was given. */
  labels?: ReadonlySet<number>;
  /** To add or to take away; absent with `--label-del` for all. */
  labelsChanged?: ReadonlySet<number>;
}

export type Output =
  | 'xml'
  | 'extended'
  | 'timestamp'
  | 'id'
  | 'ktimestamp'
  | 'labels'
  | 'userspace'
  | 'save';

export interface ParsedCommand {
  /** 'none' prints the usage. */
  readonly command: CommandName | 'none';
  readonly table: 'conntrack' | 'expect' | 'dying' | 'unconfirmed';
  readonly options: ReadonlySet<string>;
  /** Both where no address and no `-f` said. */
  readonly family: 'ip' | 'ip6' | undefined;
  readonly template: Template;
  readonly output: ReadonlySet<Output>;
  readonly events: ReadonlySet<'new' | 'update' | 'destroy'>;
  readonly bufferSize: number;
}

export const createTemplate = (): Template => ({
  original: {},
  reply: {},
  expected: {},
  mask: {},
  statusMask: 0,
  vtags: [undefined, undefined],
  snat: {},
  dnat: {},
});
