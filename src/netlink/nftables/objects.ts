// NFTA_OBJ_*: named objects. Those that are expressions, too, hold the same attributes.

import type { NamedObject, ObjectData } from '../../program/index.ts';
import * as u from '../../uapi/index.ts';
import type { Attributes, AttributeWriter } from '../attributes.ts';
import { readComment, readHandle, writeComment } from './chains.ts';
import {
  type Names,
  OBJECT_KINDS,
  readSynproxy,
  statefulDecoders,
  writeExprData,
} from './expr/index.ts';
import { readTunnel, writeTunnel } from './tunnel.ts';
import { numberOf } from './unencodable.ts';

type L3 = 'ip' | 'ip6' | 'inet';
const L3_NUMBERS: Readonly<Record<L3, number>> = { inet: 1, ip: 2, ip6: 10 };
const L3_WORDS: readonly (L3 | undefined)[] = Object.entries(L3_NUMBERS).reduce(
  (words, [word, n]) => {
    words[n] = word as L3;
    return words;
  },
  [] as (L3 | undefined)[],
);

/** enum ctattr_timeout_tcp and ctattr_timeout_udp of nfnetlink_cttimeout.h, from 1. */
const TIMEOUT_STATES: Readonly<Record<number, readonly string[]>> = {
  6: [
    'syn_sent',
    'syn_recv',
    'established',
    'fin_wait',
    'close_wait',
    'last_ack',
    'time_wait',
    'close',
    'syn_sent2',
    'retrans',
    'unack',
  ],
  17: ['unreplied', 'replied'],
};

const statesOf = (l4proto: number): readonly string[] => TIMEOUT_STATES[l4proto] ?? [];

function writeTimeout(w: AttributeWriter, data: Extract<ObjectData, { kind: 'ct timeout' }>): void {
  if (data.l3proto !== undefined) w.u16be(u.NFTA_CT_TIMEOUT_L3PROTO, L3_NUMBERS[data.l3proto]);
  w.u8(u.NFTA_CT_TIMEOUT_L4PROTO, data.l4proto);
  const states = statesOf(data.l4proto);
  w.nested(u.NFTA_CT_TIMEOUT_DATA, (policy) => {
    for (const [state, seconds] of Object.entries(data.policy)) {
      policy.u32be(numberOf(states, state, 'state') + 1, seconds);
    }
  });
}

function readTimeout(a: Attributes): Extract<ObjectData, { kind: 'ct timeout' }> {
  const l4proto = a.u8(u.NFTA_CT_TIMEOUT_L4PROTO);
  const inner = a.nested(u.NFTA_CT_TIMEOUT_DATA);
  const policy = statesOf(l4proto).flatMap((state, i): [string, number][] =>
    inner.has(i + 1) ? [[state, inner.u32be(i + 1)]] : [],
  );
  return {
    kind: 'ct timeout',
    l4proto,
    ...l3proto(a, u.NFTA_CT_TIMEOUT_L3PROTO),
    policy: Object.fromEntries(policy),
  };
}

function l3proto(a: Attributes, type: number): { readonly l3proto?: L3 } {
  const number = a.has(type) ? a.u16be(type) : 0;
  return number === 0 ? {} : { l3proto: a.pick(number, L3_WORDS, 'family') };
}

function writeObjectData(w: AttributeWriter, data: ObjectData, names: Names): void {
  switch (data.kind) {
    case 'ct helper':
      w.text(u.NFTA_CT_HELPER_NAME, data.helper).u8(u.NFTA_CT_HELPER_L4PROTO, data.l4proto);
      if (data.l3proto !== undefined) w.u16be(u.NFTA_CT_HELPER_L3PROTO, L3_NUMBERS[data.l3proto]);
      return;
    case 'ct timeout':
      writeTimeout(w, data);
      return;
    case 'ct expectation':
      if (data.l3proto !== undefined) w.u16be(u.NFTA_CT_EXPECT_L3PROTO, L3_NUMBERS[data.l3proto]);
      w.u8(u.NFTA_CT_EXPECT_L4PROTO, data.l4proto)
        .u16be(u.NFTA_CT_EXPECT_DPORT, data.dport)
        .u32host(u.NFTA_CT_EXPECT_TIMEOUT, data.timeout)
        .u8(u.NFTA_CT_EXPECT_SIZE, data.size);
      return;
    case 'secmark':
      w.text(u.NFTA_SECMARK_CTX, data.context);
      return;
    case 'tunnel':
      writeTunnel(w, data.attributes);
      return;
    default:
      writeExprData(w, data, names);
  }
}

function readObjectData(a: Attributes, kind: ObjectData['kind']): ObjectData {
  switch (kind) {
    case 'counter':
    case 'quota':
    case 'limit':
    case 'connlimit':
      return statefulDecoders[kind](a);
    case 'synproxy':
      return readSynproxy(a);
    case 'ct helper':
      return {
        kind,
        helper: a.text(u.NFTA_CT_HELPER_NAME),
        l4proto: a.u8(u.NFTA_CT_HELPER_L4PROTO),
        ...l3proto(a, u.NFTA_CT_HELPER_L3PROTO),
      };
    case 'ct timeout':
      return readTimeout(a);
    case 'ct expectation':
      return {
        kind,
        l4proto: a.u8(u.NFTA_CT_EXPECT_L4PROTO),
        ...l3proto(a, u.NFTA_CT_EXPECT_L3PROTO),
        dport: a.u16be(u.NFTA_CT_EXPECT_DPORT),
        // The kernel takes and gives this one number in its own byte order (nft_ct.c).
        timeout: a.u32host(u.NFTA_CT_EXPECT_TIMEOUT),
        size: a.u8(u.NFTA_CT_EXPECT_SIZE),
      };
    case 'secmark':
      return { kind, context: a.text(u.NFTA_SECMARK_CTX) };
    case 'tunnel':
      return { kind, attributes: readTunnel(a) };
  }
}

export function writeObject(w: AttributeWriter, object: NamedObject, names: Names): void {
  w.text(u.NFTA_OBJ_NAME, object.name);
  w.u32be(u.NFTA_OBJ_TYPE, numberOf(OBJECT_KINDS, object.data.kind, 'object'));
  w.nested(u.NFTA_OBJ_DATA, (data) => writeObjectData(data, object.data, names));
  writeComment(w, u.NFTA_OBJ_USERDATA, object);
}

export function readObject(a: Attributes): NamedObject {
  const kind = a.word(u.NFTA_OBJ_TYPE, OBJECT_KINDS, 'object type');
  return {
    name: a.text(u.NFTA_OBJ_NAME),
    ...readHandle(a, u.NFTA_OBJ_HANDLE),
    data: readObjectData(a.nested(u.NFTA_OBJ_DATA), kind),
    ...readComment(a, u.NFTA_OBJ_USERDATA),
  };
}
