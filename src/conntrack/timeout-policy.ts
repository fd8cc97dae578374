// Named timeout policies (net/netfilter/nfnetlink_cttimeout.c): made from outside, given to connections
// by rules. A namespace has one list of them.

import type { Netns } from '../core/index.ts';
import {
  IPPROTO_GRE,
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  IPPROTO_SCTP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  IPPROTO_UDPLITE,
  TCP_STATE_NAMES,
} from '../uapi/index.ts';
import {
  GENERIC_TIMEOUTS,
  GRE_TIMEOUTS,
  ICMP_TIMEOUTS,
  ICMPV6_TIMEOUTS,
  SCTP_TIMEOUTS,
  type Sysctl,
  sysctlOf,
  TCP_TIMEOUTS,
  UDP_TIMEOUTS,
} from './sysctl.ts';

/** include/linux/socket.h: nfnetlink_cttimeout.c and nfct count families like this. */
export const AF_INET = 2;
export const AF_INET6 = 10;

/** What tracks the protocols nobody else does, `nf_conntrack_l4proto_generic`. */
export const L4PROTO_GENERIC = 255;
/** CTNL_TIMEOUT_NAME_MAX, with the zero behind it. */
const NAME_MAX = 32;

/** The timeouts of one tracker. */
export interface TimeoutStates {
  readonly l4proto: number;
  /** In the order of enum ctattr_timeout_*, as nfct writes them. */
  readonly names: readonly string[];
  readonly keys: readonly Sysctl[];
  /** Position in `keys` of the first name. */
  readonly first: number;
}

const UNREPLIED_REPLIED = ['UNREPLIED', 'REPLIED'];

const STATES: readonly TimeoutStates[] = [
  {
    l4proto: IPPROTO_TCP,
    names: [...TCP_STATE_NAMES.slice(1), 'RETRANS', 'UNACKNOWLEDGED'],
    keys: TCP_TIMEOUTS,
    first: 1,
  },
  {
    l4proto: IPPROTO_SCTP,
    names: [
      'CLOSED',
      'COOKIE_WAIT',
      'COOKIE_ECHOED',
      'ESTABLISHED',
      'SHUTDOWN_SENT',
      'SHUTDOWN_RECD',
      'SHUTDOWN_ACK_SENT',
    ],
    keys: SCTP_TIMEOUTS,
    first: 1,
  },
  { l4proto: IPPROTO_UDP, names: UNREPLIED_REPLIED, keys: UDP_TIMEOUTS, first: 0 },
  { l4proto: IPPROTO_UDPLITE, names: UNREPLIED_REPLIED, keys: UDP_TIMEOUTS, first: 0 },
  { l4proto: IPPROTO_GRE, names: UNREPLIED_REPLIED, keys: GRE_TIMEOUTS, first: 0 },
  { l4proto: IPPROTO_ICMP, names: ['TIMEOUT'], keys: ICMP_TIMEOUTS, first: 0 },
  { l4proto: IPPROTO_ICMPV6, names: ['TIMEOUT'], keys: ICMPV6_TIMEOUTS, first: 0 },
  { l4proto: L4PROTO_GENERIC, names: ['TIMEOUT'], keys: GENERIC_TIMEOUTS, first: 0 },
];

/** The states of exactly this tracker, undefined where the kernel has none (DCCP). */
export const timeoutStatesOf = (l4proto: number): TimeoutStates | undefined =>
  STATES.find((one) => one.l4proto === l4proto);

/** nf_ct_l4proto_find(): the tracker of a protocol. */
const trackerOf = (protocol: number): number =>
  timeoutStatesOf(protocol) === undefined ? L4PROTO_GENERIC : protocol;

export type TimeoutErrno = 'EINVAL' | 'EBUSY' | 'ENOENT' | 'EOPNOTSUPP';

/** A policy as it can be kept. */
export interface SavedTimeoutPolicy {
  readonly name: string;
  /** AF_INET or AF_INET6. */
  readonly l3proto: number;
  readonly l4proto: number;
  /** Seconds, in the order of the tracker's names. */
  readonly seconds: readonly number[];
}

/** Policies of a namespace, and the protocols' own timeouts where somebody changed them. */
export interface SavedTimeouts {
  readonly policies: readonly SavedTimeoutPolicy[];
  /** By sysctl. */
  readonly defaults: Readonly<Record<string, number>>;
}

/** struct ctnl_timeout. */
export interface TimeoutPolicy {
  readonly name: string;
  readonly l3proto: number;
  readonly l4proto: number;
  /** By state, as `Conntrack.setTimeoutPolicy` takes them; emptied when the policy is deleted. */
  readonly seconds: number[];
  /** Rules that name it. */
  uses: number;
}

/** Timeouts by the names of the states. */
export type GivenTimeouts = ReadonlyMap<string, number>;

export class TimeoutPolicies {
  readonly #netns: Netns;
  readonly #policies: TimeoutPolicy[] = [];

  constructor(netns: Netns) {
    this.#netns = netns;
  }

  /** In the order they were made. */
  list(): readonly TimeoutPolicy[] {
    return this.#policies;
  }

  find(name: string): TimeoutPolicy | undefined {
    return this.#policies.find((one) => one.name === name);
  }

  /** cttimeout_new_timeout(); states that are not given have what the protocol has now. */
  add(name: string, l3proto: number, l4proto: number, given: GivenTimeouts): TimeoutErrno | '' {
    if (given.size === 0 || name.length >= NAME_MAX) return 'EINVAL';
    if (this.find(name) !== undefined) return 'EBUSY';
    const states = timeoutStatesOf(l4proto);
    if (states === undefined) return 'EOPNOTSUPP';
    const seconds = states.keys.map((key) => sysctlOf(this.#netns, key));
    states.names.forEach((state, i) => {
      const value = given.get(state);
      if (value !== undefined) seconds[states.first + i] = value;
    });
    this.#policies.push({ name, l3proto, l4proto, seconds, uses: 0 });
    return '';
  }

  /** ctnl_timeout_try_del(): connections that have it go back to what their protocol has. */
  delete(name: string): TimeoutErrno | '' {
    const policy = this.find(name);
    if (policy === undefined) return 'ENOENT';
    if (policy.uses > 0) return 'EBUSY';
    this.#policies.splice(this.#policies.indexOf(policy), 1);
    policy.seconds.length = 0;
    return '';
  }

  /** Those that no rule names. */
  flush(): void {
    for (const { name } of [...this.#policies]) this.delete(name);
  }

  /** cttimeout_default_set(). */
  setDefaults(l4proto: number, given: GivenTimeouts): TimeoutErrno | '' {
    const states = timeoutStatesOf(l4proto);
    if (states === undefined) return 'EOPNOTSUPP';
    states.names.forEach((state, i) => {
      const value = given.get(state);
      if (value !== undefined) this.#netns.sysctl.set(states.keys[states.first + i]!.name, value);
    });
    return '';
  }

  /** The protocol's own timeouts, in the order of its names; undefined where it has no tracker. */
  defaults(l4proto: number): number[] | undefined {
    const states = timeoutStatesOf(l4proto);
    return states?.names.map((_, i) => sysctlOf(this.#netns, states.keys[states.first + i]!));
  }

  /**
   * xt_ct_set_timeout(), nf_ct_set_timeout(): the policy for a rule about a protocol, or why it may not
   * have it.
   */
  forRule(name: string, l3proto: number, protocol: number): TimeoutPolicy | TimeoutRefusal {
    if (protocol === 0)
      return { errno: 'EINVAL', why: 'a timeout policy needs a rule about one protocol' };
    const policy = this.find(name);
    if (policy === undefined) return { errno: 'ENOENT', why: `no timeout policy '${name}'` };
    if (policy.l3proto !== l3proto)
      return { errno: 'EINVAL', why: `timeout policy '${name}' is of another family` };
    if (policy.l4proto !== trackerOf(protocol))
      return { errno: 'EINVAL', why: `timeout policy '${name}' is of another protocol` };
    return policy;
  }

  save(): SavedTimeouts {
    const names = STATES.flatMap(({ keys }) => keys.map(({ name }) => name));
    return {
      policies: this.#policies.map(({ name, l3proto, l4proto, seconds }) => {
        const { first, names: states } = timeoutStatesOf(l4proto)!;
        return { name, l3proto, l4proto, seconds: seconds.slice(first, first + states.length) };
      }),
      defaults: Object.fromEntries(
        [...this.#netns.sysctl].filter(([name]) => names.includes(name)),
      ),
    };
  }

  /** Puts back what `save` gave. */
  restore({ policies, defaults }: SavedTimeouts): void {
    for (const [name, value] of Object.entries(defaults)) this.#netns.sysctl.set(name, value);
    for (const { name, l3proto, l4proto, seconds } of policies) {
      const states = timeoutStatesOf(l4proto);
      if (states === undefined) continue;
      const given = states.names.map((state, i) => [state, seconds[i] ?? 0] as const);
      this.add(name, l3proto, l4proto, new Map(given));
    }
  }
}

export interface TimeoutRefusal {
  readonly errno: TimeoutErrno;
  readonly why: string;
}

const registries = new WeakMap<Netns, TimeoutPolicies>();

/** The policies of a namespace; from the first call on it is known which there are. */
export function timeoutPoliciesOf(netns: Netns): TimeoutPolicies {
  let policies = registries.get(netns);
  if (policies === undefined) {
    policies = new TimeoutPolicies(netns);
    registries.set(netns, policies);
  }
  return policies;
}

/** As `timeoutPoliciesOf`, or null where nobody ever said which policies there are. */
export const knownTimeoutPolicies = (netns: Netns): TimeoutPolicies | null =>
  registries.get(netns) ?? null;
