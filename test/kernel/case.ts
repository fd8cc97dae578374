// What a case of the two-target suite is, and what is compared.
//
// A case of iptables has `xtables` beside or instead of `ruleset`, a text for each tool:
//
//   { name: 'length', xtables: { iptables: '-A FORWARD -m length --length 10:20 -j DROP' }, steps }
//
// It runs twice, loaded by iptables-legacy and by iptables-nft (`only` says one of them), and its
// counters are compared by the positions of rules, with those of policies. `{ run: 'iptables -A …' }`
// is a step; `refused: true` there says that the real tool and ours both must say no.

import type { Batch } from '../../src/program/index.ts';
import type { SocketConfig } from '../../src/stack/index.ts';

/** A thing to do; steps run in order and each has its own outcome. */
export type Step =
  /**
   * A frame arrives on an interface of the namespace under test. Packet in the short notation; one
   * that has link addresses is sent with those, others with those of the link.
   */
  | { readonly on: string; readonly packet: string | Uint8Array }
  /** A frame that depends on what has come out so far; nothing is sent if there is nothing to say. */
  | {
      readonly on: string;
      readonly answer: (sent: readonly Sent[]) => string | Uint8Array | undefined;
    }
  /** The namespace itself sends a packet (from its network header on). */
  | { readonly local: string | Uint8Array }
  /** The entries of this moment are compared, too. */
  | { readonly look: 'conntrack' }
  /** And so are the expectations. */
  | { readonly look: 'expect' }
  /** Time passes; real time on the kernel, virtual time on the engine. */
  | { readonly wait: number }
  /** An interface loses an address. */
  | { readonly gone: string; readonly dev: string }
  /** An interface goes down, or comes up again. */
  | { readonly link: 'up' | 'down'; readonly dev: string }
  /** A change of the ruleset while traffic runs; `refused` if the netfilter must refuse it. */
  | { readonly nft: string; readonly refused?: boolean }
  /** The same by a command line: `iptables -I FORWARD -s 10.0.0.0/8 -j DROP`. */
  | { readonly run: string; readonly refused?: boolean };

/**
 * Rulesets of xtables and sets of ipset, by the tool that loads them: a file of its restore command
 * where the text begins with `*`, else a command line without the tool's name on each line. Sets
 * come first, in the words of `ipset restore`, and accounting objects, as `nfacct list` writes them.
 */
export interface XtRulesets {
  readonly ipset?: string;
  readonly nfacct?: string;
  readonly iptables?: string;
  readonly ip6tables?: string;
  readonly arptables?: string;
  readonly ebtables?: string;
}

export type XtVariant = 'legacy' | 'nft';

export interface Case {
  readonly name: string;
  /** In the language of nft 1.0.6, which the kernel target runs. */
  readonly ruleset?: string;
  readonly xtables?: XtRulesets;
  /** The only iptables that can load it, or can on this kernel. arptables and ebtables run as nft. */
  readonly only?: XtVariant;
  /** Rules that nft 1.0.6 cannot write, sent to the kernel over netlink after the ruleset. */
  readonly rules?: Batch;
  readonly steps: readonly Step[];
  /** Sysctls by dotted path, over the suite's own. */
  readonly sysctl?: Readonly<Record<string, number>>;
  readonly topology?: Topology;
  /**
   * Parameters of the kernel's modules, as `nf_conntrack_sip.sip_direct_media`. They are those of the whole
   * machine, and put back behind the case.
   */
  readonly modules?: Readonly<Record<string, string>>;
  /** What programs of the router have open. */
  readonly sockets?: readonly SocketConfig[];
  /** Commands of nfct, run before the rules are there. */
  readonly policies?: readonly string[];
  /** What `osf` goes by: the text of a pf.os file. The kernel has one list for all namespaces. */
  readonly fingerprints?: string;
  /**
   * Ports, addresses or ids that the kernel picks by chance: their value is replaced by its class
   * before comparing. `port`: source ports chosen on a clash; `ipid`: IP identification of generated
   * packets; `fragid`: identification of IPv6 fragments it made; `timeout`: seconds of entries;
   * `quoted`: not chance, but the checksum of a segment of its own is not finished when an ICMP error
   * quotes it; `cookie`: sequence numbers and time stamps that count from a SYN proxy's;
   * `optime`: the time of day in options of IPv4.
   */
  readonly chance?: readonly (
    | 'port'
    | 'ipid'
    | 'fragid'
    | 'timeout'
    | 'quoted'
    | 'cookie'
    | 'optime'
  )[];
  /** Where ports are chance: those that were not chosen. */
  readonly ports?: readonly number[];
  /** Leaves something behind that a flush does not take: half a datagram, say. */
  readonly fresh?: boolean;
  /** The namespaces of this topology live on, for other cases that have it and say so. */
  readonly shared?: boolean;
}

export interface Interface {
  readonly name: string;
  readonly mac: string;
  readonly peerMac: string;
  /** With prefix length. */
  readonly addresses: readonly string[];
  /** Addresses on the link, at `peerMac` or, where another follows, at that: `10.0.0.3 02:00:00:00:02:01`. */
  readonly neighbours: readonly string[];
  readonly mtu?: number;
  /** A bridge: it has ports instead of a far end. */
  readonly bridge?: boolean;
  /** The bridge this is a port of. */
  readonly master?: string;
}

export interface Topology {
  readonly interfaces: readonly Interface[];
  /** In the words of `ip route add`. */
  readonly routes: readonly Route[];
  readonly rules?: readonly PolicyRule[];
}

/** A rule of policy routing: packets with this mark or source use another table. */
export interface PolicyRule {
  /** Default `ip`. */
  readonly family?: 'ip' | 'ip6';
  readonly priority: number;
  readonly mark?: number;
  readonly from?: string;
  readonly table: number;
}

export interface Route {
  readonly to: string;
  readonly via?: string;
  readonly dev?: string;
  readonly table?: number;
  readonly type?: 'local' | 'unicast' | 'blackhole' | 'unreachable' | 'prohibit';
}

/** A frame that left the namespace, hex from its link header on. */
export interface Sent {
  readonly device: string;
  readonly frame: string;
}

/** One counter of a rule, in the order rules are listed; rule -1 is a policy's. */
export interface RuleCounter {
  readonly chain: string;
  readonly rule: number;
  readonly packets: number;
  readonly bytes: number;
}

export interface Outcome {
  /** Frames sent, by step. */
  readonly sent: readonly (readonly Sent[])[];
  /** As /proc/net/nf_conntrack prints them, sorted. */
  readonly conntrack: readonly string[];
  /** The same for each step that looks. */
  readonly looks: readonly (readonly string[])[];
  /** As `conntrack -L expect` prints them, for each step that looks at those. */
  readonly expected: readonly (readonly string[])[];
  readonly counters: readonly RuleCounter[];
  /** Elements of named sets, named counters and quotas, accounting objects: a line each, sorted. */
  readonly named: readonly string[];
}

/** The step as it is, once it is known what has come out before it. */
export function resolved(
  step: Step,
  sent: readonly (readonly Sent[])[],
): Exclude<Step, Answer> | { readonly wait: 0 } {
  if (!('answer' in step)) return step;
  const packet = step.answer(sent.flat());
  return packet === undefined ? { wait: 0 } : { on: step.on, packet };
}

type Answer = Extract<Step, { answer: unknown }>;

/** A jiffy at 250 HZ, and some more. */
export const JIFFY_NS = 4_500_000;

/**
 * The kernel looks through the connections it has counted once in a jiffy: until then every packet counts as
 * one more (nf_conncount.c, __nf_conncount_add()). Both targets let a jiffy pass between the steps of such a case.
 */
export const countsConnections = ({ ruleset, xtables }: Case): boolean =>
  /connlimit|ct count/.test(JSON.stringify([ruleset, xtables]));

/** Something that runs cases: the kernel, or the engine. */
export interface Target {
  readonly name: string;
  run(one: Case): Outcome;
  close(): void;
}
