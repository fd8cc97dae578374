// Loads that are not bytes of the packet: each as the expression the language has for it.

import type {
  CtLoadExpr,
  Expr,
  FibExpr,
  RtExpr,
  SocketExpr,
  XfrmExpr,
} from '../../program/index.ts';
import { NO_SPAN, type SelectorExpression } from '../ast/index.ts';
import {
  booleanType,
  CT_KEYS,
  type Datatype,
  fibAddrType,
  ifindexType,
  ifnameType,
  integerType,
  invalidType,
  type Key,
  keyByKernelName,
  META_KEYS,
  RT_KEYS,
  SOCKET_KEYS,
  stringType,
  TUNNEL_KEYS,
  XFRM_KEYS,
} from '../types/index.ts';
import type { SelectorOperand, Tunnel } from './operand.ts';

const span = NO_SPAN;

const selector = (
  expr: SelectorExpression,
  type: Datatype,
  bits: number,
  key?: string,
): SelectorOperand => ({
  kind: 'selector',
  bits,
  expr,
  type,
  ...(key === undefined ? {} : { key }),
});

const UNKNOWN: Key = {
  name: 'unknown',
  kernel: 'unknown',
  type: invalidType,
  byteorder: 'host',
  len: 32,
};

/** Keys newer than these tables keep the kernel's name. */
export const metaKey = (kernel: string): Key =>
  keyByKernelName(META_KEYS, kernel) ?? { ...UNKNOWN, name: kernel, kernel };
export const ctKey = (kernel: string): Key =>
  keyByKernelName(CT_KEYS, kernel) ?? { ...UNKNOWN, name: kernel, kernel };

export function metaSelector(kernel: string, tunnel?: Tunnel): SelectorOperand {
  const key = metaKey(kernel);
  const operand = selector({ kind: 'meta', span, key: key.name }, key.type, key.len, kernel);
  return tunnel === undefined ? operand : { ...operand, tunnel };
}

/** The language calls the sums of both directions `bytes` and `packets`, the kernel `pkts`. */
const CT_KERNEL_NAMES: Readonly<Record<string, string>> = { pkts: 'packets', ct_id: 'id' };

export function ctSelector(e: CtLoadExpr): SelectorOperand {
  const key = ctKey(CT_KERNEL_NAMES[e.key] ?? e.key);
  // The protocol of a connection is the same both ways: nft lists it without the direction.
  const dir = key.name === 'protocol' || key.name === 'l3proto' ? undefined : e.dir;
  const expr: SelectorExpression = {
    kind: 'ct',
    span,
    key: key.name,
    ...(dir === undefined ? {} : { dir }),
  };
  return selector(expr, key.type, key.len, `ct ${key.kernel}`);
}

const FIB_TYPE: Readonly<Record<FibExpr['result'], readonly [Datatype, number]>> = {
  oif: [ifindexType, 32],
  oifname: [ifnameType, 128],
  type: [fibAddrType, 32],
  present: [booleanType, 8],
};

function fibSelector(e: FibExpr): SelectorOperand {
  const present = e.flags.includes('present');
  const [type, bits] = FIB_TYPE[present ? 'present' : e.result];
  const flags = e.flags.flatMap((flag) => (flag === 'present' ? [] : [flag]));
  const result = present || e.result === 'present' ? 'check' : e.result;
  return selector({ kind: 'fib', span, result, flags }, type, bits);
}

function rtSelector(e: RtExpr): SelectorOperand {
  const key = keyByKernelName(RT_KEYS, e.key) ?? UNKNOWN;
  const word = (name: string): SelectorExpression =>
    name === 'nexthop4' || name === 'nexthop6'
      ? { kind: 'rt', span, key: 'nexthop', family: name === 'nexthop4' ? 'ip' : 'ip6' }
      : { kind: 'rt', span, key: name === 'classid' || name === 'ipsec' ? name : 'mtu' };
  return selector(word(key.name), key.type, key.len);
}

function socketSelector(e: SocketExpr): SelectorOperand {
  const key = SOCKET_KEYS.get(e.key) ?? UNKNOWN;
  const level = e.key === 'cgroupv2' && e.level !== undefined ? { level: e.level } : {};
  return selector({ kind: 'socket', span, key: e.key, ...level }, key.type, key.len);
}

function xfrmSelector(e: XfrmExpr): SelectorOperand {
  const key = XFRM_KEYS.get(e.key) ?? UNKNOWN;
  const common = { kind: 'ipsec' as const, span, dir: e.dir, spnum: e.spnum };
  const address = /^([sd]addr)([46])$/.exec(e.key);
  const expr: SelectorExpression =
    address === null
      ? { ...common, key: e.key === 'spi' ? 'spi' : 'reqid' }
      : {
          ...common,
          key: address[1] === 'saddr' ? 'saddr' : 'daddr',
          family: address[2] === '4' ? 'ip' : 'ip6',
        };
  return selector(expr, key.type, key.len);
}

/** enum nft_osf_flags: NFT_OSF_F_VERSION. */
const OSF_F_VERSION = 1;
const OSF_TTL = [undefined, 'loose', 'skip'] as const;

/** Strings of at most NFT_OSF_MAXGENRELEN bytes. */
const OSF_BITS = 16 * 8;

/** The load as an operand; undefined for expressions that load nothing of this kind. */
export function selectorOf(e: Expr): SelectorOperand | undefined {
  switch (e.kind) {
    case 'meta':
      return metaSelector(e.key);
    case 'ct':
      return ctSelector(e);
    case 'fib':
      return fibSelector(e);
    case 'rt':
      return rtSelector(e);
    case 'socket':
      return socketSelector(e);
    case 'xfrm':
      return xfrmSelector(e);
    case 'tunnel': {
      const key = TUNNEL_KEYS.get(e.key) ?? UNKNOWN;
      return selector({ kind: 'tunnel', span, key: e.key }, key.type, key.len);
    }
    case 'osf': {
      const ttl = OSF_TTL[e.ttl];
      const key = (e.flags & OSF_F_VERSION) !== 0 ? 'version' : 'name';
      const expr = { kind: 'osf' as const, span, key, ...(ttl && { ttl }) } as const;
      return selector(expr, stringType, OSF_BITS);
    }
    case 'numgen':
      return selector(
        { kind: 'numgen', span, mode: e.type, mod: e.modulus, offset: e.offset },
        integerType,
        32,
      );
    default:
      return undefined;
  }
}
