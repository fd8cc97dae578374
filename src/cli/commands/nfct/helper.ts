// `nfct … helper`: helpers in user space. conntrackd(8) brings those that can be added.

import {
  matchesUserHelper,
  type SavedUserHelper,
  type UserHelperFilter,
} from '../../../conntrack/index.ts';
import { IPPROTO_TCP, IPPROTO_UDP } from '../../../uapi/index.ts';
import { missing, NfctFault, succeed, tooMany } from './fault.ts';
import { familyNumber, type NfctCommand } from './words.ts';

/** The modules of conntrackd, by name and protocol: how many bytes each keeps of a connection. */
const MODULES: ReadonlyMap<string, number> = new Map([
  [`amanda ${IPPROTO_UDP}`, 0],
  [`dhcpv6 ${IPPROTO_UDP}`, 0],
  [`ftp ${IPPROTO_TCP}`, 24],
  [`mdns ${IPPROTO_UDP}`, 0],
  [`rpc ${IPPROTO_TCP}`, 16],
  [`rpc ${IPPROTO_UDP}`, 16],
  [`sane ${IPPROTO_TCP}`, 4],
  [`slp ${IPPROTO_UDP}`, 0],
  [`ssdp ${IPPROTO_UDP}`, 0],
  [`ssdp ${IPPROTO_TCP}`, 0],
  [`tftp ${IPPROTO_UDP}`, 0],
  [`tns ${IPPROTO_TCP}`, 1],
]);

function protocolNumber(word: string): number {
  if (word === 'tcp') return IPPROTO_TCP;
  if (word === 'udp') return IPPROTO_UDP;
  throw new NfctFault('unsupported layer 4 protocol');
}

/** nfct_helper_snprintf(). */
const helperText = (one: SavedUserHelper): string =>
  [
    '{',
    `\t.name = ${one.name},`,
    `\t.queuenum = ${one.queue},`,
    `\t.l3protonum = ${one.l3proto},`,
    `\t.l4protonum = ${one.l4proto},`,
    `\t.priv_data_len = ${one.dataLength},`,
    `\t.status = ${one.enabled ? 'enabled' : 'disabled'},`,
    '};\n',
  ].join('\n');

/** The helper a module makes. @throws NfctFault */
function moduleOf(words: readonly string[], command: string): SavedUserHelper {
  const [name, family, protocol] = words;
  if (name === undefined || family === undefined || protocol === undefined)
    throw missing(`${command} helper name family protocol`);
  const l3proto = familyNumber(family);
  const l4proto = protocolNumber(protocol);
  const dataLength = MODULES.get(`${name} ${l4proto}`);
  if (dataLength === undefined) throw new NfctFault('that helper is not supported');
  return { name, l3proto, l4proto, queue: 0, dataLength, enabled: false };
}

/** `NAME [FAMILY [PROTOCOL]]`. @throws NfctFault */
function filterOf(words: readonly string[]): UserHelperFilter {
  const [name, family, protocol] = words;
  if (name === undefined) throw new NfctFault('missing helper policy name');
  if (words.length > 3) throw tooMany();
  return {
    name,
    ...(family !== undefined && { l3proto: familyNumber(family) }),
    ...(protocol !== undefined && { l4proto: protocolNumber(protocol) }),
  };
}

export interface HelperResult {
  readonly helpers: readonly SavedUserHelper[];
  readonly out: string;
}

type Work = (helpers: readonly SavedUserHelper[], words: readonly string[]) => HelperResult;

const none = (words: readonly string[]): void => {
  if (words.length > 0) throw tooMany();
};

const WORK: Readonly<Partial<Record<NfctCommand, Work>>> = {
  list: (helpers, words) => {
    none(words);
    return { helpers, out: helpers.map(helperText).join('') };
  },
  // One that is there is configured anew, and so stays as it is.
  add: (helpers, words) => {
    const made = moduleOf(words, 'add');
    const known = helpers.some((one) => matchesUserHelper(one, filterFor(made)));
    return { helpers: known ? helpers : [...helpers, made], out: '' };
  },
  delete: (helpers, words) => {
    const filter = filterOf(words);
    const rest = helpers.filter((one) => !matchesUserHelper(one, filter));
    if (rest.length === helpers.length && helpers.length > 0) succeed('ENOENT');
    return { helpers: rest, out: '' };
  },
  get: (helpers, words) => {
    const filter = filterOf(words);
    const found = helpers.find((one) => matchesUserHelper(one, filter));
    if (found === undefined) succeed('ENOENT');
    return { helpers, out: found === undefined ? '' : helperText(found) };
  },
  flush: (_helpers, words) => {
    none(words);
    return { helpers: [], out: '' };
  },
  // It brings no policy along, which a helper that is not there would need.
  disable: (helpers, words) => {
    const filter = filterFor(moduleOf(words, 'disable'));
    if (!helpers.some((one) => matchesUserHelper(one, filter))) succeed('EINVAL');
    const off = (one: SavedUserHelper): SavedUserHelper =>
      matchesUserHelper(one, filter) ? { ...one, enabled: false } : one;
    return { helpers: helpers.map(off), out: '' };
  },
};

const filterFor = ({ name, l3proto, l4proto }: SavedUserHelper): UserHelperFilter => ({
  name,
  l3proto,
  l4proto,
});

const NO_COMMAND = 'nfct helper list|add|delete|disable|get|flush [parameters...]\n';

/** The helpers behind a command, and what it prints. @throws NfctFault */
export function runHelper(
  command: NfctCommand,
  helpers: readonly SavedUserHelper[],
  words: readonly string[],
): HelperResult {
  const work = WORK[command];
  if (work !== undefined) return work(helpers, words);
  throw new NfctFault(
    'Unknown command: helper',
    `${new NfctFault('Missing command').text}${NO_COMMAND}`,
  );
}
