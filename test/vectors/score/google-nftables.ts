// nf_tables messages that nft was seen to send, with the commands. A record passes when all its
// messages decode, each says what its command compiles to, and each encodes to messages that decode
// to the same again.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { unhex } from '../../../src/bytes/index.ts';
import {
  assembleBatch,
  decodeNft,
  encodeBatch,
  type NftMessage,
  splitMessages,
} from '../../../src/netlink/index.ts';
import { compile } from '../../../src/nft/index.ts';
import type { Batch, Change, Expr } from '../../../src/program/index.ts';
import { attempt, type Suite } from './suite.ts';

interface Vector {
  readonly comment: string;
  readonly hex: string;
}
interface Vectors {
  readonly test: string;
  readonly messages: readonly Vector[];
}

const LITTLE = { littleEndian: true } as const;
const NFGENMSG = 4;
const NLMSGHDR = 16;
const NLMSG_DONE = 3;
const NFNL_SUBSYS_NFTABLES = 10;
/** NFT_MSG_NEWSETELEM last: its attributes have the numbers of others. */
const TYPES = { table: 0, chain: 3, rule: 6, set: 9, elements: 12, object: 18 } as const;
const DELETE = 2;
const NLM_F_CREATE_APPEND = 0xc00;

const KINDS: Readonly<Record<string, number>> = {
  table: TYPES.table,
  chain: TYPES.chain,
  rule: TYPES.rule,
  set: TYPES.set,
  map: TYPES.set,
  element: TYPES.elements,
  counter: TYPES.object,
  quota: TYPES.object,
  limit: TYPES.object,
  synproxy: TYPES.object,
  secmark: TYPES.object,
  ct: TYPES.object,
};

/** The command a comment ends with, as the shell hands it on. */
function commandOf(comment: string): string | undefined {
  const at = comment.search(
    /\bnft (add|delete|flush|insert|create|replace|destroy) (?!.*\bnft (add|delete|flush|insert|create|replace|destroy) )/,
  );
  if (at < 0) return undefined;
  return comment
    .slice(at + 4)
    .replace(/\\(?=[;"])/g, '')
    .replace(/'([{}])'/g, '$1')
    .replace(/\bbatch (begin|end)$/, '')
    .trim();
}

/** Which message these attributes are: said by the command, else by the numbers they have. */
function typeOf(command: string | undefined, payload: Uint8Array): number {
  const words = command?.split(/\s+/) ?? [];
  const kind = KINDS[words[1] ?? ''];
  if (kind !== undefined) return kind + (/^(delete|flush)/.test(words[0] ?? '') ? DELETE : 0);
  const present = new Set<number>();
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  for (let at = NFGENMSG; at + 4 <= payload.length; ) {
    present.add(view.getUint16(at + 2, true) & 0x3fff);
    at += (Math.max(view.getUint16(at, true), 4) + 3) & ~3;
  }
  const has = (...types: readonly number[]): boolean => types.every((type) => present.has(type));
  if (has(1, 2, 3) && present.has(5)) return TYPES.set;
  if (has(1, 2, 3)) return TYPES.elements;
  if (has(1, 2, 4)) return TYPES.rule;
  return has(1, 3) ? TYPES.chain : TYPES.table;
}

function read(type: number, flags: number, payload: Uint8Array): NftMessage {
  const message = decodeNft(type, flags, payload, LITTLE);
  if (!message.ok) throw new Error(`type ${type}: ${message.error}`);
  if (message.kind === 'change' && message.change.op === 'newrule') {
    const opaque = message.change.rule.exprs.find((e) => e.kind === 'opaque');
    if (opaque?.kind === 'opaque') throw new Error(`rule: ${opaque.reason}`);
  }
  return message;
}

const isFrame = (comment: string, bytes: Uint8Array): boolean =>
  bytes.length === NFGENMSG && /batch (begin|end)$/.test(comment);

interface Decoded {
  readonly message: NftMessage;
  readonly command?: string;
}

/** A message with nlmsghdr, from a dump. */
function whole(bytes: Uint8Array): readonly Decoded[] | undefined {
  if (bytes.length < NLMSGHDR + NFGENMSG) return undefined;
  const { messages, error } = splitMessages(bytes, true);
  if (error !== undefined || messages.length === 0) return undefined;
  return messages
    .filter(({ type }) => type !== NLMSG_DONE)
    .filter(({ type }) => type >> 8 === NFNL_SUBSYS_NFTABLES)
    .map(({ type, flags, payload }) => ({ message: read(type & 0xff, flags, payload) }));
}

function decode({ comment, hex }: Vector): readonly Decoded[] {
  const bytes = unhex(hex);
  if (isFrame(comment, bytes)) return [];
  const dumped = whole(bytes);
  if (dumped !== undefined) return dumped;
  const command = commandOf(comment);
  const type = command === 'flush ruleset' ? TYPES.table + DELETE : typeOf(command, bytes);
  return [{ message: read(type, NLM_F_CREATE_APPEND, bytes), ...(command && { command }) }];
}

/** nft compares once what older versions compared twice. */
function joined(exprs: readonly Expr[]): Expr[] {
  const out: Expr[] = [];
  for (const expr of exprs) {
    const last = out[out.length - 1];
    if (last?.kind !== 'cmp' || expr.kind !== 'cmp' || last.op !== 'gte' || expr.op !== 'lte') {
      out.push(expr);
    } else {
      out[out.length - 1] = {
        kind: 'range',
        sreg: expr.sreg,
        op: 'eq',
        from: last.data,
        to: expr.data,
      };
    }
  }
  return out;
}

/** NF_NAT_RANGE_MAP_IPS and _PROTO_SPECIFIED: the kernel sets them from the registers itself. */
const FROM_REGISTERS = 0x3;

function plainExpr(expr: Expr): Expr {
  if (expr.kind === 'nat' || expr.kind === 'masq' || expr.kind === 'redir') {
    return { ...expr, flags: expr.flags & ~FROM_REGISTERS };
  }
  if (expr.kind !== 'immediate' || expr.data.kind !== 'value') return expr;
  // A constant fills whole registers, with zeros where it ends before.
  const { bytes } = expr.data;
  const filled = bytes.padEnd(8 * Math.ceil(bytes.length / 8), '0');
  return { ...expr, data: { kind: 'value', bytes: filled } };
}

const sortedKeys = (value: unknown): unknown =>
  typeof value !== 'object' || value === null || Array.isArray(value)
    ? value
    : Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));

/** The numbers the kernel gave are no part of what is made. */
const GIVEN = new Set(['source', 'create', 'destroy', 'size']);

/**
 * What two ways to say the same have in common. Comments spell chains with a dash or an underscore
 * as it comes.
 */
function plain(change: Change): unknown {
  const rule = change.op === 'newrule' ? { rule: { comment: change.rule.comment } } : {};
  const made = change.op.startsWith('new') && change.op !== 'newrule';
  return JSON.parse(
    JSON.stringify({ ...change, ...rule }, (key, value: unknown) => {
      if (GIVEN.has(key) || (made && key === 'handle')) return undefined;
      return key === 'chain' && typeof value === 'string'
        ? value.replaceAll('_', '-')
        : sortedKeys(value);
    }),
  );
}

const exprsOf = (change: Change): readonly string[] =>
  change.op === 'newrule'
    ? joined(change.rule.exprs.map(plainExpr)).map((e) =>
        JSON.stringify(e, (_, v) => sortedKeys(v)),
      )
    : [];

const same = (a: Change, b: Change): boolean =>
  JSON.stringify(plain(a)) === JSON.stringify(plain(b)) &&
  JSON.stringify(exprsOf(a)) === JSON.stringify(exprsOf(b));

/** Some messages hold only the first expressions of the rule that their command makes. */
function beginsLike(change: Change, made: Change): boolean {
  const [some, all] = [exprsOf(change), exprsOf(made)];
  if (some.length === 0 && all.length > 0) return false;
  return (
    JSON.stringify(plain(change)) === JSON.stringify(plain(made)) &&
    some.every((expr, i) => expr === all[i])
  );
}

/** Changes through messages and back. */
function again(batch: Batch): Batch {
  const { messages } = encodeBatch(batch, LITTLE);
  const read = messages
    .slice(1, -1)
    .map((m) => decodeNft(m.type & 0xff, m.flags, m.payload, LITTLE));
  return assembleBatch(
    read.filter((m): m is NftMessage => m.ok),
    LITTLE,
  );
}

/** The chains and objects a single command takes for granted. */
function compiled(command: string, change: Change): Batch {
  const table = 'table' in change && typeof change.table === 'string' ? change.table : undefined;
  const family = 'family' in change ? change.family : undefined;
  const chains = [...command.matchAll(/\b(?:jump|goto) ([\w-]+)/g)].map(([, name]) => name!);
  if (change.op === 'newrule' || change.op === 'delrule') {
    chains.push(
      ...command.split(/\s+/).filter((word) => word.replaceAll('_', '-') === change.chain),
    );
  }
  const counters = [...command.matchAll(/counter name ([\w-]+)/g)].map(([, name]) => name!);
  const place = [
    ...(table === undefined ? [] : [`add table ${family} ${table}`]),
    ...chains.map((name) => `add chain ${family} ${table} ${name}`),
    ...counters.map((name) => `add counter ${family} ${table} ${name}`),
  ];
  const text = [...place, command].join('\n');
  const { batch, diagnostics } = compile({ name: 'command', text });
  const [wrong] = diagnostics;
  if (wrong !== undefined) throw new Error(`'${command}': ${wrong.message}`);
  return batch;
}

function differing(change: Change, command: string): string | undefined {
  const batch = again(compiled(command, change));
  if (batch.some((made) => beginsLike(change, made))) return undefined;
  const made = batch.filter(({ op }) => op === change.op).pop();
  const show = (c: Change | undefined): string =>
    c === undefined ? 'nothing' : `${JSON.stringify(plain(c))} ${exprsOf(c).join(' ')}`;
  return `'${command}'\n  want ${show(change)}\n  got  ${show(made)}`;
}

/** `[ immediate reg 1 … ]`: the constant of a rule of this record. */
const isConstant = ({ comment }: Vector): boolean => /^\[ .* \]$/.test(comment);

const holds = (batch: Batch, bytes: string): boolean =>
  batch.some((change) => exprsOf(change).some((expr) => expr.includes(`"${bytes}"`)));

function check({ messages }: Vectors): string | undefined {
  const decoded = messages.filter((m) => !isConstant(m)).flatMap(decode);
  const batch = assembleBatch(
    decoded.map(({ message }) => message),
    LITTLE,
  );
  if (batch.length === 0) return 'no message of nf_tables';
  if (batch.some((c) => c.op === 'newtable' && c.table.name === ''))
    return 'a table without a name';
  const absent = messages.find((m) => isConstant(m) && !holds(batch, m.hex));
  if (absent !== undefined) return `no constant ${absent.hex}`;
  const twice = again(batch);
  const lost = batch.findIndex((change, i) => twice[i] === undefined || !same(change, twice[i]!));
  if (lost >= 0) return `not the same again: ${JSON.stringify(plain(batch[lost]!))}`;
  for (const [i, change] of batch.entries()) {
    const command = decoded[i]?.command;
    const why = command === undefined ? undefined : differing(change, command);
    if (why !== undefined) return why;
  }
  return undefined;
}

export const googleNftables: Suite = {
  name: 'google-nftables-bytes',
  checks: ['decoded'],
  reads: 'google-nftables-bytes.json',
  run(dir, report) {
    const vectors = JSON.parse(readFileSync(join(dir, this.reads), 'utf8')) as Vectors[];
    for (const vector of vectors) attempt(report, 'decoded', vector.test, () => check(vector));
  },
};
