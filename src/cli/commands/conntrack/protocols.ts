// Options that belong to a transport protocol, and what each command does with them.

import {
  SCTP_STATE_NAMES,
  TCP_CONNTRACK_SYN_SENT2,
  TCP_STATE_NAMES,
} from '../../../conntrack/index.ts';
import {
  IPPROTO_DCCP,
  IPPROTO_GRE,
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  IPPROTO_SCTP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  IPPROTO_UDPLITE,
  nameOfProtocol,
  numberOfProtocol,
} from '../../../uapi/index.ts';
import { atoi, leadingNumber } from './address.ts';
import { ConntrackFault } from './fault.ts';
import type { LongOption } from './getopt.ts';
import type { Allowed, CommandName } from './options.ts';
import type { Template } from './template.ts';

/** An option: its names, of which the first stands in messages, and what it sets. */
interface ProtocolOption {
  readonly names: readonly string[];
  readonly help: string;
  set(template: Template, value: string): void;
}

export interface ProtocolHandler {
  readonly name: string;
  readonly protocol: number;
  /** By a digit or letter that `allowed` speaks of. */
  readonly options: Readonly<Record<string, ProtocolOption>>;
  readonly allowed: Readonly<Partial<Record<CommandName, Allowed>>>;
  /** What is said of a pair that is half given: that of the original direction, that of the reply. */
  readonly halves: readonly [string, string];
}

const port = (value: string): number => atoi(value) & 0xffff;
/** Keys may be written in any base. */
const key = (value: string): number => leadingNumber(value).value & 0xffff;

type Where = 'original' | 'reply' | 'mask' | 'expected';
const ends =
  (where: Where, end: 'sport' | 'dport', read = port) =>
  (template: Template, value: string): void => {
    template[where][end] = read(value);
  };

function stateOf(names: readonly string[], what: string, value: string): number {
  const state = names.indexOf(value);
  if (state < 0) throw new ConntrackFault(`${what} state \`${value}'`);
  return state;
}

const PORTS: Readonly<Record<string, ProtocolOption>> = {
  '1': {
    names: ['sport', 'orig-port-src'],
    help: 'source port of the original direction',
    set: ends('original', 'sport'),
  },
  '2': {
    names: ['dport', 'orig-port-dst'],
    help: 'destination port of the original direction',
    set: ends('original', 'dport'),
  },
  '3': {
    names: ['reply-port-src'],
    help: 'source port of the reply',
    set: ends('reply', 'sport'),
  },
  '4': {
    names: ['reply-port-dst'],
    help: 'destination port of the reply',
    set: ends('reply', 'dport'),
  },
  '5': {
    names: ['mask-port-src'],
    help: 'which bits of an expected source port count',
    set: ends('mask', 'sport'),
  },
  '6': {
    names: ['mask-port-dst'],
    help: 'which bits of an expected destination port count',
    set: ends('mask', 'dport'),
  },
};

const state = (
  help: string,
  set: ProtocolOption['set'],
): Readonly<Record<string, ProtocolOption>> => ({
  '7': { names: ['state'], help, set },
});

const EXPECTED: Readonly<Record<string, ProtocolOption>> = {
  '8': {
    names: ['tuple-port-src'],
    help: 'source port of an expectation',
    set: ends('expected', 'sport'),
  },
  '9': {
    names: ['tuple-port-dst'],
    help: 'destination port of an expectation',
    set: ends('expected', 'dport'),
  },
};

const WITH_STATE = { may: '12347' };
const MASTER = { must: '1234' };

const portsAllowed = (create: string, also: Partial<Record<CommandName, Allowed>> = {}) => ({
  list: WITH_STATE,
  create: { pairs: '1234', must: create },
  add: { pairs: '1234', must: create },
  update: WITH_STATE,
  delete: WITH_STATE,
  get: { pairs: '1234', may: '7' },
  event: WITH_STATE,
  'exp-create': { must: '125689' },
  'exp-delete': MASTER,
  'exp-get': MASTER,
  ...also,
});

const PORT_HALVES = [
  "you have to specify `--sport' and `--dport'",
  "you have to specify `--reply-src-port' and `--reply-dst-port'",
] as const;

const tcp: ProtocolHandler = {
  name: 'tcp',
  protocol: IPPROTO_TCP,
  options: {
    ...PORTS,
    ...state('a state of TCP, such as ESTABLISHED', (template, value) => {
      // What was LISTEN is SYN_SENT2 since Linux 2.6.31, under the same number.
      template.tcpState =
        value === 'LISTEN'
          ? TCP_CONNTRACK_SYN_SENT2
          : stateOf(TCP_STATE_NAMES, 'unknown TCP', value);
    }),
    ...EXPECTED,
  },
  allowed: portsAllowed('7'),
  halves: PORT_HALVES,
};

const udp: ProtocolHandler = {
  name: 'udp',
  protocol: IPPROTO_UDP,
  options: { ...PORTS, ...EXPECTED },
  allowed: portsAllowed(''),
  halves: PORT_HALVES,
};

const udplite: ProtocolHandler = { ...udp, name: 'udplite', protocol: IPPROTO_UDPLITE };

const vtag =
  (which: 0 | 1) =>
  (template: Template, value: string): void => {
    template.vtags[which] = atoi(value) >>> 0;
  };

const sctp: ProtocolHandler = {
  name: 'sctp',
  protocol: IPPROTO_SCTP,
  options: {
    ...PORTS,
    ...state('a state of SCTP, such as ESTABLISHED', (template, value) => {
      template.sctpState = stateOf(SCTP_STATE_NAMES.slice(0, 8), 'unknown SCTP', value);
    }),
    ...EXPECTED,
    a: {
      names: ['orig-vtag'],
      help: 'verification tag of the original direction',
      set: vtag(0),
    },
    b: { names: ['reply-vtag'], help: 'verification tag of the reply', set: vtag(1) },
  },
  allowed: portsAllowed('7ab', {
    update: { may: '12347ab' },
    get: { pairs: '1234', may: '7ab' },
    'exp-create': { must: '125689ab' },
  }),
  halves: PORT_HALVES,
};

export const DCCP_STATE_NAMES = [
  'NONE',
  'REQUEST',
  'RESPOND',
  'PARTOPEN',
  'OPEN',
  'CLOSEREQ',
  'CLOSING',
  'TIMEWAIT',
];

const dccp: ProtocolHandler = {
  name: 'dccp',
  protocol: IPPROTO_DCCP,
  options: {
    ...PORTS,
    ...state('a state of DCCP, such as RESPOND', (template, value) => {
      template.dccpState = stateOf(DCCP_STATE_NAMES, 'Unknown DCCP', value);
    }),
    ...EXPECTED,
    a: {
      names: ['role'],
      help: 'who began, client or server',
      set: (_, value) => {
        if (value !== 'client' && value !== 'server')
          throw new ConntrackFault(`Unknown DCCP role \`${value}'`);
      },
    },
  },
  allowed: portsAllowed('7a', { 'exp-create': { must: '125689a' } }),
  halves: [PORT_HALVES[0], "you have to specify `--reply-port-src' and `--report-port-dst'"],
};

const ICMP_ALLOWED: ProtocolHandler['allowed'] = {
  list: { may: '123' },
  create: { must: '12', may: '3' },
  add: { must: '12', may: '3' },
  update: { may: '123' },
  delete: { may: '123' },
  get: { must: '12', may: '3' },
  event: { may: '123' },
};

const icmpHandler = (name: string, protocol: number): ProtocolHandler => ({
  name,
  protocol,
  options: {
    '1': {
      names: [`${name}-type`],
      help: 'type of the message',
      set: (template, value) => {
        template.type = atoi(value) & 0xff;
      },
    },
    '2': {
      names: [`${name}-code`],
      help: 'code of the message',
      set: (template, value) => {
        template.code = atoi(value) & 0xff;
      },
    },
    '3': {
      names: [`${name}-id`],
      help: 'identifier of the message',
      set: (template, value) => {
        template.icmpId = atoi(value) & 0xffff;
      },
    },
  },
  allowed: ICMP_ALLOWED,
  halves: ['', ''],
});

const GRE_WHERE: readonly (readonly [Where, string, string])[] = [
  ['original', 'orig', 'of the original direction'],
  ['reply', 'reply', 'of the reply'],
  ['mask', 'mask', 'of an expectation: which bits count'],
  ['expected', 'tuple', 'of an expectation'],
];

const greOptions = (): Record<string, ProtocolOption> =>
  Object.fromEntries(
    GRE_WHERE.flatMap(([where, prefix, about], i) =>
      (['src', 'dst'] as const).map((end, j): [string, ProtocolOption] => {
        const long = `${prefix}-key-${end}`;
        return [
          String(2 * i + j + 1),
          {
            names: where === 'original' ? [`${end}key`, long] : [long],
            help: `${end === 'src' ? 'source' : 'destination'} key ${about}`,
            set: ends(where, end === 'src' ? 'sport' : 'dport', key),
          },
        ];
      }),
    ),
  );

const gre: ProtocolHandler = {
  name: 'gre',
  protocol: IPPROTO_GRE,
  options: greOptions(),
  allowed: {
    list: { may: '1234' },
    create: { pairs: '1234' },
    add: { pairs: '1234' },
    update: { may: '1234' },
    delete: { may: '1234' },
    get: { pairs: '1234' },
    event: { may: '1234' },
    'exp-create': { must: '12345678' },
    'exp-delete': MASTER,
    'exp-get': MASTER,
  },
  halves: [
    "you have to specify `--srckey' and `--dstkey'",
    "you have to specify `--reply-src-key' and `--reply-dst-key'",
  ],
};

const unknown = (protocol: number): ProtocolHandler => ({
  name: nameOfProtocol(protocol) ?? 'unknown',
  protocol,
  options: {},
  allowed: {},
  halves: ['', ''],
});

export const HANDLERS: readonly ProtocolHandler[] = [
  tcp,
  udp,
  udplite,
  sctp,
  dccp,
  icmpHandler('icmp', IPPROTO_ICMP),
  icmpHandler('icmpv6', IPPROTO_ICMPV6),
  gre,
];

/** By name in any case, by a name of protocols(5), or by number. @throws ConntrackFault */
export function handlerOf(text: string): ProtocolHandler {
  const named = HANDLERS.find(({ name }) => name === text.toLowerCase());
  if (named !== undefined) return named;
  const known = numberOfProtocol(text);
  if (known !== undefined) return unknown(known);
  const { value, rest } = leadingNumber(text);
  if (rest !== '' || text === '' || value < 0 || value > 255)
    throw new ConntrackFault(`\`${text}' unsupported protocol`);
  return HANDLERS.find(({ protocol }) => protocol === value) ?? unknown(value);
}

/** What `-h -p PROTO` says of it. */
export const protocolHelp = ({ name, options }: ProtocolHandler): string =>
  [
    `Options of ${name}:\n`,
    ...Object.values(options).map(
      ({ names, help }) =>
        `  ${names
          .map((one) => `--${one}`)
          .join(', ')
          .padEnd(28)}${help}\n`,
    ),
    ...(Object.keys(options).length === 0 ? ['  none\n'] : []),
  ].join('');

export const longOptionsOf = ({ options }: ProtocolHandler): LongOption[] =>
  Object.entries(options).flatMap(([id, { names }]) =>
    names.map((name): LongOption => ({ name, arg: 1, id: `proto ${id}` })),
  );
