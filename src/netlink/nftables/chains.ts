// NFTA_TABLE_*, NFTA_CHAIN_*, NFTA_FLOWTABLE_*: what holds rules and where they run.

import { utf8Decode } from '../../bytes/index.ts';
import type {
  BaseHook,
  Chain,
  Family,
  Flowtable,
  Hex,
  HookName,
  Table,
} from '../../program/index.ts';
import * as u from '../../uapi/index.ts';
import type { Attributes, AttributeWriter } from '../attributes.ts';
import { bitsOf, numberOf, wordsOf } from './unencodable.ts';
import { UDATA_COMMENT, Userdata, UserdataWriter } from './userdata.ts';

/** NFT_TABLE_F_*, by bit */
const TABLE_FLAGS = ['dormant', 'owner', 'persist'] as const;
/** NFT_CHAIN_HW_OFFLOAD, NFT_CHAIN_BINDING, by bit; bit 0 says that it is a base chain */
const CHAIN_FLAGS = [undefined, 'offload', 'binding'] as const;
/** NFT_FLOWTABLE_*, by bit */
const FLOWTABLE_FLAGS = ['offload', 'counter'] as const;
/** NF_DROP, NF_ACCEPT */
const POLICIES = ['drop', 'accept'] as const;

/** enum nf_inet_hooks; bridge has the same, arp and netdev their own. */
const INET_HOOKS: readonly HookName[] = [
  'prerouting',
  'input',
  'forward',
  'output',
  'postrouting',
  'ingress',
];
const ARP_HOOKS: readonly HookName[] = ['input', 'output', 'forward'];
const NETDEV_HOOKS: readonly HookName[] = ['ingress', 'egress'];

const hooksOf = (family: Family): readonly HookName[] =>
  family === 'netdev' ? NETDEV_HOOKS : family === 'arp' ? ARP_HOOKS : INET_HOOKS;

interface Commented {
  readonly comment?: string;
  readonly userdata?: Hex;
}

/** Userdata whose only entry of nft's is a comment: of tables, chains, rules and objects. */
export function writeComment(w: AttributeWriter, type: number, what: Commented): void {
  const { comment, userdata } = what;
  if (comment === undefined && userdata === undefined) return;
  const writer = new UserdataWriter(w.littleEndian).text(UDATA_COMMENT, comment).raw(userdata);
  w.bytes(type, writer.finish());
}

export function readComment(a: Attributes, type: number): Commented {
  const userdata = new Userdata(a.bytes(type), a.littleEndian);
  const comment = userdata.text(UDATA_COMMENT);
  return { ...(comment !== undefined && { comment }), ...userdata.rest([UDATA_COMMENT]) };
}

export const readHandle = (a: Attributes, type: number): { readonly handle?: number } =>
  a.has(type) ? { handle: a.u64be(type) } : {};

type BareTable = Omit<Table, 'chains' | 'sets' | 'objects' | 'flowtables' | 'family'>;

export function writeTable(w: AttributeWriter, table: BareTable): void {
  w.text(u.NFTA_TABLE_NAME, table.name).u32be(u.NFTA_TABLE_FLAGS, bitsOf(TABLE_FLAGS, table.flags));
  writeComment(w, u.NFTA_TABLE_USERDATA, table);
}

export const readTable = (a: Attributes): BareTable => ({
  name: a.text(u.NFTA_TABLE_NAME),
  ...readHandle(a, u.NFTA_TABLE_HANDLE),
  flags: wordsOf(TABLE_FLAGS, a.u32be(u.NFTA_TABLE_FLAGS)),
  ...readComment(a, u.NFTA_TABLE_USERDATA),
});

/** `eth*` is a prefix: an attribute of its own since Linux 6.18. */
export function writeDevices(w: AttributeWriter, type: number, devices: readonly string[]): void {
  w.nested(type, (list) => {
    for (const device of devices) {
      if (device.endsWith('*')) list.text(u.NFTA_DEVICE_PREFIX, device.slice(0, -1));
      else list.text(u.NFTA_DEVICE_NAME, device);
    }
  });
}

const trimNul = (bytes: Uint8Array): Uint8Array => {
  const end = bytes.indexOf(0);
  return end < 0 ? bytes : bytes.subarray(0, end);
};
const textOf = (bytes: Uint8Array): string => utf8Decode(trimNul(bytes));

const readDevices = (a: Attributes): readonly string[] => [
  ...a.raw(u.NFTA_DEVICE_NAME).map(textOf),
  ...a.raw(u.NFTA_DEVICE_PREFIX).map((bytes) => `${textOf(bytes)}*`),
];

function writeHook(w: AttributeWriter, family: Family, base: BaseHook): void {
  w.nested(u.NFTA_CHAIN_HOOK, (hook) => {
    hook.u32be(u.NFTA_HOOK_HOOKNUM, numberOf(hooksOf(family), base.hook, 'hook'));
    hook.u32be(u.NFTA_HOOK_PRIORITY, base.priority >>> 0);
    if (base.devices.length > 0) writeDevices(hook, u.NFTA_HOOK_DEVS, base.devices);
  });
  w.text(u.NFTA_CHAIN_TYPE, base.type);
}

type BareChain = Omit<Chain, 'rules'>;

/** `id` is the number of a chain that has no name. */
export function writeChain(
  w: AttributeWriter,
  family: Family,
  chain: BareChain,
  id: number | undefined,
): void {
  if (id === undefined) w.text(u.NFTA_CHAIN_NAME, chain.name);
  else w.u32be(u.NFTA_CHAIN_ID, id);
  if (chain.base !== undefined) writeHook(w, family, chain.base);
  if (chain.policy !== undefined) {
    w.u32be(u.NFTA_CHAIN_POLICY, numberOf(POLICIES, chain.policy, 'policy'));
  }
  if (chain.flags.length > 0) w.u32be(u.NFTA_CHAIN_FLAGS, bitsOf(CHAIN_FLAGS, chain.flags));
  writeComment(w, u.NFTA_CHAIN_USERDATA, chain);
}

const TYPES = ['filter', 'nat', 'route'] as const;

function readType(a: Attributes): BaseHook['type'] {
  const text = a.text(u.NFTA_CHAIN_TYPE);
  const type = TYPES.find((t) => t === text);
  if (type === undefined && text !== '') a.fail(`unknown chain type ${text}`);
  return type ?? 'filter';
}

export function readHook(a: Attributes, family: Family): BaseHook {
  const hook = a.nested(u.NFTA_CHAIN_HOOK);
  const single = hook.raw(u.NFTA_HOOK_DEV).map(textOf);
  const several = readDevices(hook.nested(u.NFTA_HOOK_DEVS));
  return {
    type: readType(a),
    hook: hook.word(u.NFTA_HOOK_HOOKNUM, hooksOf(family), 'hook'),
    priority: hook.i32be(u.NFTA_HOOK_PRIORITY),
    devices: several.length > 0 ? several : single,
  };
}

export const readChain = (a: Attributes, family: Family, name: string): BareChain => ({
  name,
  ...readHandle(a, u.NFTA_CHAIN_HANDLE),
  ...(a.has(u.NFTA_CHAIN_HOOK) && { base: readHook(a, family) }),
  ...(a.has(u.NFTA_CHAIN_POLICY) && {
    policy: a.word(u.NFTA_CHAIN_POLICY, POLICIES, 'policy'),
  }),
  flags: wordsOf(CHAIN_FLAGS, a.u32be(u.NFTA_CHAIN_FLAGS)),
  ...readComment(a, u.NFTA_CHAIN_USERDATA),
});

export function writeFlowtable(w: AttributeWriter, flow: Flowtable): void {
  w.text(u.NFTA_FLOWTABLE_NAME, flow.name);
  w.nested(u.NFTA_FLOWTABLE_HOOK, (hook) => {
    hook.u32be(u.NFTA_FLOWTABLE_HOOK_NUM, NETDEV_HOOKS.indexOf(flow.hook));
    hook.u32be(u.NFTA_FLOWTABLE_HOOK_PRIORITY, flow.priority >>> 0);
    if (flow.devices.length > 0) writeDevices(hook, u.NFTA_FLOWTABLE_HOOK_DEVS, flow.devices);
  });
  if (flow.flags.length > 0) w.u32be(u.NFTA_FLOWTABLE_FLAGS, bitsOf(FLOWTABLE_FLAGS, flow.flags));
}

export function readFlowtable(a: Attributes): Flowtable {
  const hook = a.nested(u.NFTA_FLOWTABLE_HOOK);
  return {
    name: a.text(u.NFTA_FLOWTABLE_NAME),
    ...readHandle(a, u.NFTA_FLOWTABLE_HANDLE),
    hook: hook.word(u.NFTA_FLOWTABLE_HOOK_NUM, ['ingress'], 'hook'),
    priority: hook.i32be(u.NFTA_FLOWTABLE_HOOK_PRIORITY),
    devices: readDevices(hook.nested(u.NFTA_FLOWTABLE_HOOK_DEVS)),
    flags: wordsOf(FLOWTABLE_FLAGS, a.u32be(u.NFTA_FLOWTABLE_FLAGS)),
  };
}
