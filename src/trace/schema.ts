// The trace of a packet as data: what `--json` prints. docs/trace-json.md describes it; a change
// that a reader would notice takes a new version.
import type { ExprStep, RuleRef, SourcePlace, TraceEvent, VerdictText } from '../core/index.ts';

export const TRACE_SCHEMA = 'sluice-trace/1';

/** A field of the packet, or of what the kernel keeps beside it, that has another value now. */
export interface FieldChange {
  /** `ip saddr`, `tcp dport`, `meta mark`; `payload` for bytes behind the headers. */
  readonly field: string;
  /** Offset from the network header; absent for what is not in the packet. */
  readonly offset?: number;
  readonly before: string;
  readonly after: string;
}

export interface RuleStep {
  readonly kind: 'rule';
  readonly rule: RuleRef;
  readonly matched: boolean;
  readonly verdict?: VerdictText;
  /** For a rule that did not match: why, in the words of its language. */
  readonly because?: string;
  /** Index into `steps` of the first expression that failed. */
  readonly failed?: number;
  readonly steps: readonly ExprStep[];
}

/** Events that stand in a trace as room core defines them. */
export type PlainStep = Exclude<TraceEvent, { kind: 'rule' | 'generated' | 'transmit' }>;

/** What happened in a hook, or between two. */
export type DetailStep =
  | PlainStep
  | RuleStep
  | {
      readonly kind: 'generated';
      readonly what: string;
      readonly bytes: string;
      /** One line, in the manner of tcpdump. */
      readonly text: string;
    }
  | {
      readonly kind: 'transmit';
      readonly device: string;
      readonly bytes: string;
      readonly text: string;
    }
  /** Fields that changed outside of any hook, such as the TTL of a forwarded packet. */
  | { readonly kind: 'changed'; readonly changes: readonly FieldChange[] }
  /** Another packet began its way here: an ICMP error, a reset, a reassembled or duplicated packet. */
  | { readonly kind: 'packet'; readonly trace: PacketTrace };

/** One function at one hook. NAT's own hold those of the nat chains they run. */
export interface HookStep {
  readonly kind: 'hook';
  readonly family: string;
  readonly hook: string;
  readonly device?: string;
  readonly priority: number;
  readonly name: string;
  readonly type: 'implicit' | 'chain' | 'user';
  readonly verdict: VerdictText;
  readonly steps: readonly TraceStep[];
  readonly changes: readonly FieldChange[];
}

export type TraceStep = HookStep | DetailStep;

/** Who decided: a rule, a policy, a flowtable, or netfilter or the stack itself. */
export type Decision =
  | { readonly by: 'rule'; readonly rule: RuleRef; readonly verdict: VerdictText }
  | {
      readonly by: 'policy';
      readonly family: string;
      readonly table: string;
      readonly chain: string;
      readonly verdict: VerdictText;
      readonly source?: SourcePlace;
    }
  /** The packet went past the rules. */
  | { readonly by: 'flowtable'; readonly flowtable: string }
  | { readonly by: 'stack'; readonly reason: string };

/** What became of the packet. */
export interface Outcome {
  readonly fate:
    | 'forwarded'
    | 'delivered'
    | 'sent'
    | 'dropped'
    | 'queued'
    | 'held'
    | 'consumed'
    /** As far as was told, which is not to the end (`sluice monitor`). */
    | 'passed';
  /** Devices it left by, each once. */
  readonly devices: readonly string[];
  readonly decision?: Decision;
  /** Where it was dropped, queued or held: `ip forward, inet filter forward`. */
  readonly where?: string;
  readonly reason?: string;
  /** Constructs that could not be evaluated; the outcome depends on them. */
  readonly depends: readonly string[];
}

export interface PacketTrace {
  readonly schema: typeof TRACE_SCHEMA;
  /** Nanoseconds on the namespace's clock. */
  readonly time: number;
  readonly packet: {
    /** The device it came in by; absent for locally made packets. */
    readonly in?: string;
    /** EtherType. */
    readonly protocol: number;
    /** One line, in the manner of tcpdump. */
    readonly text: string;
    /** From the link header on if it has one, else from the network header. */
    readonly bytes: string;
  };
  readonly steps: readonly TraceStep[];
  readonly outcome: Outcome;
}
