// What targets want to see, so that what they do to a packet shows: ports at the ends of a range,
// addresses with bits beyond a prefix, options to take away.

import type {
  Expr,
  Hex,
  MatchExpr,
  NatRangeInfo,
  NptInfo,
  Rule,
  TargetExpr,
  TcpmssTargetInfo,
  TcpoptstripInfo,
  TproxyInfo,
  TtlTargetInfo,
} from '../../program/index.ts';
import { burst, repeated, talking } from './counting.ts';
import type { Draft } from './draft.ts';
import { plainPart } from './shape.ts';
import { type Patch, shapeWish, type Wish } from './wish.ts';
import { mssOption, withPart } from './wish-tcp.ts';

/** One of these, whichever: a target takes them all. */
const any = (patches: readonly Patch[]): Wish => shapeWish(patches, patches);

const same: Patch = (d) => d;

const portsNear = (side: 'sport' | 'dport', ends: readonly number[]): Patch[] =>
  [...new Set(ends.flatMap((n) => [n - 1, n, n + 1]))]
    .filter((n) => n >= 0 && n <= 0xffff)
    .map(
      (n): Patch =>
        (d) => ({ ...d, [side]: n }),
    );

/** Any address beyond the first bits, which say where it goes. */
const scattered =
  (side: 'source' | 'destination'): Patch =>
  (d, random) => {
    const word = (): string => random.below(0x10000).toString(16);
    const address = d.six
      ? `2001:db8:${word()}:${word()}:${word()}:${word()}:${word()}:${word()}`
      : `${11 + random.below(100)}.${random.below(256)}.${random.below(256)}.${1 + random.below(254)}`;
    return { ...d, [side]: address };
  };

/** A port that is taken already gets another one. */
const crowded: Patch = (d): Draft => ({ ...d, talk: { ...d.talk, again: 3, vary: true } });

function range(manip: 'src' | 'dst', ends: readonly number[]): Wish {
  const side = manip === 'src' ? 'sport' : 'dport';
  const address = manip === 'src' ? 'source' : 'destination';
  return any([same, scattered(address), crowded, ...portsNear(side, ends)]);
}

const DESTINATION = new Set(['DNAT', 'REDIRECT', 'DNPT']);

function translated({ name, info }: TargetExpr): Wish[] {
  const { minProto, maxProto } = info as NatRangeInfo;
  const ends = [minProto, maxProto].filter((n) => n !== undefined);
  const manip = DESTINATION.has(name) ? 'dst' : 'src';
  if (name === 'NETMAP') return [any([scattered('source'), scattered('destination')])];
  return [range(manip, ends)];
}

function prefixed({ name, info }: TargetExpr): Wish[] {
  const { srcPfx, srcPfxLen } = info as NptInfo;
  const side = name === 'SNPT' ? 'source' : 'destination';
  const base = BigInt(`0x${srcPfx}`);
  // The bit behind the prefix, the last one of it, and those that the translation spares.
  const flips = [0, 1].map((by) => 1n << BigInt(Math.max(0, Math.min(127, 127 - srcPfxLen + by))));
  const near = [0n, ...flips].map(
    (bit): Patch =>
      (d, random) => {
        const low = (BigInt(random.u32()) << 32n) | BigInt(random.u32());
        const digits = ((base ^ bit) | (low & ((1n << 64n) - 1n))).toString(16).padStart(32, '0');
        return { ...d, six: true, [side]: (digits.match(/.{4}/g) ?? []).join(':') };
      },
  );
  return [any(near)];
}

const syn =
  (patch: Patch): Patch =>
  (d, random, places) => ({ ...patch({ ...d, protocol: 6, flags: 2 }, random, places) });

function maxseg({ info }: TargetExpr): Wish[] {
  const { mss } = info as TcpmssTargetInfo;
  const near = [mss - 1, mss, mss + 1, 536, 1460, 9000].filter((n) => n > 0 && n <= 0xffff);
  return [any([...near.map((n) => syn(mssOption(n))), syn(same)])];
}

const stripped = ({ info }: TargetExpr): Wish[] => {
  const { options } = info as TcpoptstripInfo;
  const kinds = [...new Set(options.flatMap((k) => [k - 1, k, k + 1]))].filter(
    (k) => k > 1 && k < 255,
  );
  return [any(kinds.map((k) => syn(withPart(plainPart('tcpopt', k)))))];
};

function hopped({ info }: TargetExpr): Wish[] {
  const { ttl } = info as TtlTargetInfo;
  const near = [...new Set([1, 2, ttl - 1, ttl, ttl + 1, 254, 255])].filter(
    (n) => n > 0 && n < 256,
  );
  return [
    any(
      near.map(
        (n): Patch =>
          (d) => ({ ...d, ttl: n }),
      ),
    ),
  ];
}

const coloured: Patch[] = [0, 1, 2, 3, 0x10, 0xb8, 0xff].map(
  (tos): Patch =>
    (d) => ({ ...d, tos }),
);
const flagged: Patch[] = [0x02, 0xc2, 0x50, 0x90, 0xd0].map(
  (flags): Patch =>
    (d) => ({ ...d, protocol: 6, flags }),
);

const HANDSHAKE: Patch[] = [2, 3, 4, 8].map((kind) => syn(withPart(plainPart('tcpopt', kind))));
const ALL_OPTIONS: Patch = (d, random, places) =>
  HANDSHAKE.reduce((draft, patch) => patch(draft, random, places), d);

function intercepted({ info }: TargetExpr): Wish[] {
  const { lport } = info as TproxyInfo;
  return [any([same, ...portsNear('dport', lport > 0 ? [lport] : [80])]), any(marked)];
}

/** Bits that a mask keeps or takes away show where there are some. */
const marked: Patch[] = [0, 0xffffffff, 0xaaaaaaaa, 0x55555555, 1, 2].map(
  (mark): Patch =>
    (d) => ({ ...d, mark }),
);

type Wants = (expr: TargetExpr) => Wish[];

const TARGETS: Readonly<Record<string, Wants>> = {
  SNAT: translated,
  DNAT: translated,
  MASQUERADE: translated,
  REDIRECT: translated,
  NETMAP: translated,
  SNPT: prefixed,
  DNPT: prefixed,
  TCPMSS: maxseg,
  TCPOPTSTRIP: stripped,
  TTL: hopped,
  HL: hopped,
  TOS: () => [any(coloured)],
  DSCP: () => [any(coloured)],
  ECN: () => [any([...coloured, ...flagged])],
  SYNPROXY: () => [any([ALL_OPTIONS, ...HANDSHAKE, syn(same), same])],
  TPROXY: intercepted,
  HMARK: () => [any([scattered('source'), scattered('destination')])],
  NFQUEUE: () => [any([same, scattered('source')])],
  SET: () => [burst(1, 1000)],
  CONNMARK: () => [any([talking({ again: 1 }), talking({ replies: 1, again: 1 })]), any(marked)],
  MARK: () => [any(marked)],
  mark: () => [any(marked)],
  CONNSECMARK: () => [any([talking({ again: 1 })])],
  IDLETIMER: () => [repeated(1)],
};

export const targetWishes = (expr: TargetExpr): readonly Wish[] => TARGETS[expr.name]?.(expr) ?? [];

/** The same of nft's statements, whose ports stand in registers. */
export function natWishes(expr: Expr, valueIn: (register: number) => Hex | undefined): Wish[] {
  if (expr.kind === 'tproxy') {
    const at = expr.regPort === undefined ? undefined : valueIn(expr.regPort);
    const lport = at === undefined ? 80 : Number.parseInt(at.slice(0, 4), 16);
    return [any([same, ...portsNear('dport', [lport])])];
  }
  if (expr.kind === 'synproxy') return [any([ALL_OPTIONS, ...HANDSHAKE, syn(same)])];
  if ((expr.kind === 'meta-set' || expr.kind === 'ct-set') && expr.key === 'mark')
    return [any(marked)];
  if (expr.kind === 'exthdr-write' || expr.kind === 'exthdr-reset')
    return expr.op === 'tcpopt'
      ? [any([syn(withPart(plainPart('tcpopt', expr.type))), syn(same)])]
      : [];
  if (expr.kind !== 'nat' && expr.kind !== 'masq' && expr.kind !== 'redir') return [];
  const port = (register: number | undefined): number[] => {
    const digits = register === undefined ? undefined : valueIn(register);
    return digits === undefined ? [] : [Number.parseInt(digits.slice(0, 4), 16)];
  };
  const isDestination = expr.kind === 'redir' || (expr.kind === 'nat' && expr.type === 'dnat');
  return [
    range(isDestination ? 'dst' : 'src', [...port(expr.regProtoMin), ...port(expr.regProtoMax)]),
  ];
}

/** Where a rule expects somebody to listen. */
export interface Listener {
  readonly port: number;
  readonly address?: Hex;
}

export function listenersOf({ exprs }: Rule): readonly Listener[] {
  const values = new Map<number, Hex>();
  return exprs.flatMap((expr): readonly Listener[] => {
    if (expr.kind === 'immediate' && expr.data.kind === 'value')
      values.set(expr.dreg, expr.data.bytes);
    if (expr.kind === 'tproxy') {
      const port = values.get(expr.regPort ?? 0);
      const address = values.get(expr.regAddr ?? 0);
      const number = port === undefined ? 0 : Number.parseInt(port.slice(0, 4), 16);
      return [{ port: number, ...(address !== undefined && { address }) }];
    }
    if (expr.kind !== 'target' || expr.name !== 'TPROXY') return [];
    const { lport, laddr } = expr.info as TproxyInfo;
    return [{ port: lport, address: laddr }];
  });
}

export const asksForSockets = (expr: Expr): boolean =>
  expr.kind === 'socket' || (expr.kind === 'match' && (expr as MatchExpr).name === 'socket');
