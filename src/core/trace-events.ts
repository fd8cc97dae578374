// What rooms tell a tracer while a packet walks. Plain data, made only while somebody traces.

import type { HookEntry, HookPoint } from './hooks.ts';
import type { Packet } from './packet.ts';
import type { Verdict } from './verdict.ts';

/** Where a rule was written; lines and columns count from 1. */
export interface SourcePlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly text?: string;
}

export interface RuleRef {
  readonly family: string;
  readonly table: string;
  readonly chain: string;
  /** Position in its chain, from 0. */
  readonly index: number;
  readonly handle?: number;
  readonly comment?: string;
  readonly source?: SourcePlace;
}

/** One expression as it was evaluated. Values are hex in big-endian host order. */
export interface ExprStep {
  /** As bytecode prints it. */
  readonly expr: string;
  /** What it loaded, or for a comparison what it saw. */
  readonly saw?: string;
  /** For a comparison that failed: what it wanted. */
  readonly wanted?: string;
  readonly ok: boolean;
  /** Why it failed, where the values do not say it: `short packet`, `no conntrack entry` … */
  readonly why?: string;
}

/** A conntrack entry as text and as fields, the way `conntrack -L` shows it. */
export interface ConntrackSnapshot {
  readonly text: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** The kernel's verdict words, with the chain of a jump or the number of a queue. */
export type VerdictText = string;

/** A hook that a packet went past. */
export interface UnmetHook {
  readonly family: string;
  readonly hook: string;
  /** Of ingress and egress. */
  readonly device?: string;
  readonly priority: number;
  readonly name: string;
  readonly type: 'implicit' | 'chain' | 'user';
  /** Of a base chain: how many rules it has. */
  readonly rules?: number;
}

export type TraceEvent =
  | { readonly kind: 'receive'; readonly device: string }
  | { readonly kind: 'local-out' }
  | {
      readonly kind: 'chain';
      readonly family: string;
      readonly table: string;
      readonly chain: string;
      readonly how: 'base' | 'jump' | 'goto' | 'return';
    }
  | {
      readonly kind: 'rule';
      readonly rule: RuleRef;
      readonly matched: boolean;
      /** Set when the rule ended in a verdict. */
      readonly verdict?: VerdictText;
      readonly steps: readonly ExprStep[];
      /** Index into steps of the first that failed. */
      readonly failed?: number;
    }
  | {
      readonly kind: 'policy';
      readonly family: string;
      readonly table: string;
      readonly chain: string;
      readonly verdict: VerdictText;
      readonly source?: SourcePlace;
    }
  | { readonly kind: 'log'; readonly text: string; readonly group?: number }
  | {
      readonly kind: 'conntrack';
      /** `found` includes the direction and state in `state`. */
      readonly action:
        | 'new'
        | 'found'
        | 'related'
        | 'invalid'
        | 'untracked'
        | 'confirm'
        | 'clash'
        | 'full';
      /** NEW, ESTABLISHED, RELATED, INVALID, UNTRACKED. */
      readonly state: string;
      readonly direction?: 'original' | 'reply';
      readonly before?: ConntrackSnapshot;
      readonly after?: ConntrackSnapshot;
      readonly why?: string;
    }
  | {
      readonly kind: 'nat';
      readonly manip: 'src' | 'dst';
      readonly action: 'bind' | 'translate' | 'null-bind' | 'none';
      /** `10.0.0.2:40000` and so on. */
      readonly from?: string;
      readonly to?: string;
      readonly why?: string;
    }
  | {
      readonly kind: 'expectation';
      /** A helper announced a connection; a new one was announced; it was refused. */
      readonly action: 'created' | 'matched' | 'refused';
      /** `tcp 10.0.0.2 > 192.0.2.1:4321`; any source is `*`. */
      readonly expects: string;
      /** The connection that announced it. */
      readonly master: ConntrackSnapshot;
      readonly helper: string;
      readonly why?: string;
    }
  | {
      readonly kind: 'helper';
      readonly helper: string;
      /** What it found in the packet, or did to it. */
      readonly action: 'read' | 'rewrote' | 'dropped';
      readonly text: string;
      /** Of a rewritten payload: what stood there, what stands there now. */
      readonly from?: string;
      readonly to?: string;
    }
  | {
      /** Somebody who listens on a queue has answered. */
      readonly kind: 'queue';
      readonly num: number;
      readonly verdict: VerdictText;
      /** The packet goes on as another. */
      readonly edited: boolean;
    }
  | {
      readonly kind: 'flowtable';
      /** `inet filter ft`. */
      readonly flowtable: string;
      /**
       * The connection goes past the rules from now on; this packet did; this packet goes to the rules
       * although its flow is here; the flow is at its end and belongs to the rules again.
       */
      readonly action: 'add' | 'forward' | 'pass' | 'teardown';
      readonly direction: 'original' | 'reply';
      readonly entry: ConntrackSnapshot;
      /** Where the packet goes out. */
      readonly device?: string;
      readonly why?: string;
      /** Of a packet that went past the rules: the hooks it would have met. */
      readonly unmet?: readonly UnmetHook[];
    }
  /** Sequence and acknowledgement numbers of a segment were moved by so much. */
  | { readonly kind: 'seqadj'; readonly seq: number; readonly ack: number }
  | {
      readonly kind: 'route';
      readonly result:
        | 'forward'
        | 'local'
        | 'output'
        | 'broadcast'
        | 'multicast'
        | 'unreachable'
        | 'martian'
        | 'none';
      readonly device?: string;
      readonly gateway?: string;
      readonly table?: string;
      /** The route that was taken, as `ip route` prints it. */
      readonly route?: string;
      readonly why?: string;
    }
  | {
      readonly kind: 'defrag';
      readonly action: 'queued' | 'reassembled' | 'overlap' | 'timeout';
      readonly why?: string;
    }
  | { readonly kind: 'fragment'; readonly count: number; readonly mtu: number }
  | {
      readonly kind: 'neighbour';
      readonly address: string;
      readonly mac?: string;
      readonly state: string;
    }
  | {
      readonly kind: 'generated';
      /** `icmp admin-prohibited`, `tcp reset`, `arp request`, `icmp echo-reply` … */
      readonly what: string;
      /** The packet from its network header on (or the whole ARP packet), hex. */
      readonly bytes: string;
    }
  | { readonly kind: 'depends'; readonly on: string; readonly rule?: RuleRef }
  | { readonly kind: 'note'; readonly room: string; readonly text: string }
  | { readonly kind: 'drop'; readonly reason: string; readonly where: string }
  /** `socket` is the one that takes it: `tcp 0.0.0.0:3128`. */
  | { readonly kind: 'deliver'; readonly protocol: number; readonly socket?: string }
  | { readonly kind: 'transmit'; readonly device: string; readonly bytes: string };

/** Follows packets. `emit` belongs to the hook entered last and not left yet. */
export interface Tracer {
  /**
   * It only wants what a verdict is told from: rules without a verdict, expressions, bytes of packets
   * and entries of connections may be left out. For captures of many packets.
   */
  readonly brief?: boolean;
  /** It wants every rule, but none of the expressions in it: `steps` of rules stay empty. */
  readonly rulesOnly?: boolean;
  enterHook(packet: Packet, point: HookPoint, entry: HookEntry): void;
  leaveHook(packet: Packet, point: HookPoint, entry: HookEntry, verdict: Verdict): void;
  emit(packet: Packet, event: TraceEvent): void;
}
