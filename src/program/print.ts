// Programs as text, in the words of the reference: what libnftnl's *_snprintf functions write and
// `nft --debug=netlink` shows, on a big-endian host. Goldens, traces and the conformance vectors
// all compare this text, so its spelling is fixed.

import type { Data, Expr, ExprKind, LogExpr, ObjectKind } from './expr.ts';
import { printSetSpec } from './print-set.ts';
import { type PrintOptions, printSetName, printVerdict, words } from './print-words.ts';
import type { Chain, Flowtable, NamedObject, ObjectData, Program, Rule, Table } from './program.ts';

type ExprOf<K extends ExprKind> = Extract<Expr, { kind: K }>;
type Printers = { readonly [K in ExprKind]: (expr: ExprOf<K>, options: PrintOptions) => string };

const printData = (data: Data): string =>
  data.kind === 'verdict' ? printVerdict(data.verdict) : words(data.bytes);

/** Joins the parts that are there. */
const line = (...parts: readonly (string | undefined | false)[]): string =>
  parts.filter((part) => part !== undefined && part !== false && part !== '').join(' ');

const opt = (label: string, value: number | string | undefined): string | undefined =>
  value === undefined ? undefined : `${label} ${value}`;

const flagsHex = (flags: number): string | undefined =>
  flags === 0 ? undefined : `flags 0x${flags.toString(16)}`;

/** enum nft_object types, include/uapi/linux/netfilter/nf_tables.h. */
const OBJECT_TYPE: Readonly<Record<ObjectKind, number>> = {
  counter: 1,
  quota: 2,
  'ct helper': 3,
  limit: 4,
  connlimit: 5,
  tunnel: 6,
  'ct timeout': 7,
  secmark: 8,
  'ct expectation': 9,
  synproxy: 10,
};

const CSUM_TYPE = { none: 0, inet: 1, sctp: 2 } as const;
const REJECT_TYPE = { icmp: 0, 'tcp-reset': 1, icmpx: 2 } as const;
const INNER_TYPE = { vxlan: 1, geneve: 2, gre: 3, gretap: 4 } as const;

/** NFT_LOG_FLAGS: NF_LOG_TCPSEQ, TCPOPT, IPOPT, UID, NFLOG, MACDECODE. */
const LOG_FLAGS = ['tcpseq', 'tcpopt', 'ipopt', 'uid', 'nflog', 'macdecode'];

const LIMIT_UNITS: ReadonlyMap<number, string> = new Map([
  [1, 'second'],
  [60, 'minute'],
  [3600, 'hour'],
  [86400, 'day'],
  [604800, 'week'],
]);

function printLog(expr: LogExpr): string {
  const flags = LOG_FLAGS.filter((_, bit) => ((expr.flags ?? 0) >>> bit) & 1).join(' ');
  const target =
    expr.group === undefined
      ? line(opt('level', expr.level), flags)
      : `group ${expr.group} snaplen ${expr.snaplen ?? 0} qthreshold ${expr.qthreshold ?? 0}`;
  return line('log', opt('prefix', expr.prefix), target);
}

function printBitwise(expr: ExprOf<'bitwise'>): string {
  const { dreg, sreg } = expr;
  switch (expr.op) {
    case 'mask-xor':
      return `bitwise reg ${dreg} = ( reg ${sreg} & ${words(expr.mask)} ) ^ ${words(expr.xor)}`;
    case 'lshift':
    case 'rshift': {
      const shift = expr.shift.toString(16).padStart(8, '0');
      return `bitwise reg ${dreg} = ( reg ${sreg} ${expr.op === 'lshift' ? '<<' : '>>'} 0x${shift} )`;
    }
    default: {
      const sign = { and: '&', or: '|', xor: '^' }[expr.op];
      return `bitwise reg ${dreg} = ( reg ${sreg} ${sign} reg ${expr.sreg2} )`;
    }
  }
}

/** libnftnl names the TCP, IPv6 and IPv4 options; SCTP chunks and DCCP options have no word. */
const exthdrOp = (op: string): string | undefined =>
  op === 'tcpopt' || op === 'ipv6' || op === 'ipv4' ? op : undefined;

function printHash(expr: ExprOf<'hash'>): string {
  const call =
    expr.type === 'sym'
      ? 'symhash()'
      : `jhash(reg ${expr.sreg}, ${expr.len}, 0x${expr.seed.toString(16)})`;
  const offset = expr.offset === 0 ? undefined : expr.offset;
  return line(`hash reg ${expr.dreg} = ${call} % mod ${expr.modulus}`, opt('offset', offset));
}

const printProtoNat = (word: 'masq' | 'redir', expr: ExprOf<'masq'> | ExprOf<'redir'>): string =>
  line(
    word,
    opt('proto_min reg', expr.regProtoMin),
    opt('proto_max reg', expr.regProtoMax),
    flagsHex(expr.flags),
  );

const printers: Printers = {
  immediate: (e) => `immediate reg ${e.dreg} ${printData(e.data)}`,
  payload: (e) => `payload load ${e.len}b @ ${e.base} header + ${e.offset} => reg ${e.dreg}`,
  'payload-write': (e) =>
    `payload write reg ${e.sreg} => ${e.len}b @ ${e.base} header + ${e.offset} ` +
    `csum_type ${CSUM_TYPE[e.csumType]} csum_off ${e.csumOffset} csum_flags 0x${e.csumFlags.toString(16)}`,
  cmp: (e) => `cmp ${e.op} reg ${e.sreg} ${words(e.data)}`,
  range: (e) => `range ${e.op} reg ${e.sreg} ${words(e.from)} ${words(e.to)}`,
  bitwise: printBitwise,
  byteorder: (e) => `byteorder reg ${e.dreg} = ${e.op}(reg ${e.sreg}, ${e.size}, ${e.len})`,
  meta: (e) => `meta load ${e.key} => reg ${e.dreg}`,
  'meta-set': (e) => `meta set ${e.key} with reg ${e.sreg}`,
  ct: (e) => line(`ct load ${e.key} => reg ${e.dreg}`, e.dir && `, dir ${e.dir}`),
  'ct-set': (e) => line(`ct set ${e.key} with reg ${e.sreg}`, e.dir && `, dir ${e.dir}`),
  lookup: (e, options) =>
    line(
      `lookup reg ${e.sreg} set ${printSetName(e.set, options)}`,
      opt('dreg', e.dreg),
      e.invert && '0x1',
    ),
  dynset: (e, options) =>
    line(
      `dynset ${e.op} reg_key ${e.sregKey} set ${printSetName(e.set, options)}`,
      opt('sreg_data', e.sregData),
      e.timeout !== undefined && e.timeout > 0 && `timeout ${e.timeout}ms`,
      ...e.exprs.map((inner) => `expr ${printExpr(inner, options)}`),
    ),
  counter: (e) => `counter pkts ${e.packets} bytes ${e.bytes}`,
  limit: (e) =>
    `limit rate ${e.rate}/${LIMIT_UNITS.get(e.unit) ?? e.unit} burst ${e.burst} ` +
    `type ${e.type} flags 0x${e.invert ? 1 : 0}`,
  quota: (e) => `quota bytes ${e.bytes} consumed ${e.consumed} flags ${e.invert ? 1 : 0}`,
  connlimit: (e) => `connlimit count ${e.count} flags ${e.invert ? 1 : 0}`,
  last: (e) => `last ${e.msecs ?? 'never'}`,
  log: printLog,
  reject: (e) => `reject type ${REJECT_TYPE[e.type]} code ${e.code}`,
  nat: (e) =>
    line(
      `nat ${e.type} ${e.family}`,
      opt('addr_min reg', e.regAddrMin),
      opt('addr_max reg', e.regAddrMax),
      opt('proto_min reg', e.regProtoMin),
      opt('proto_max reg', e.regProtoMax),
      flagsHex(e.flags),
    ),
  masq: (e) => printProtoNat('masq', e),
  redir: (e) => printProtoNat('redir', e),
  tproxy: (e) => line(`tproxy ${e.family}`, opt('addr reg', e.regAddr), opt('port reg', e.regPort)),
  synproxy: (e) => `synproxy mss ${e.mss} wscale ${e.wscale}`,
  queue: (e) =>
    line(
      'queue',
      e.sregQnum === undefined ? queueRange(e) : `sreg_qnum ${e.sregQnum}`,
      (e.flags & 1) !== 0 && 'bypass',
      (e.flags & 2) !== 0 && 'fanout',
    ),
  dup: (e) => line('dup', opt('sreg_addr', e.sregAddr), opt('sreg_dev', e.sregDev)),
  fwd: (e) =>
    line(
      `fwd sreg_dev ${e.sregDev}`,
      opt('sreg_addr', e.sregAddr),
      e.sregAddr !== undefined && opt('nfproto', e.nfproto),
    ),
  notrack: () => 'notrack',
  exthdr: (e) =>
    line(
      'exthdr load',
      exthdrOp(e.op),
      `${e.len}b @ ${e.type} + ${e.offset}`,
      e.present && 'present',
      `=> reg ${e.dreg}`,
    ),
  'exthdr-write': (e) =>
    line('exthdr write', exthdrOp(e.op), `reg ${e.sreg} => ${e.len}b @ ${e.type} + ${e.offset}`),
  'exthdr-reset': (e) => `exthdr reset ${e.op} ${e.type}`,
  fib: (e) => {
    const keys = e.flags.filter((flag) => flag !== 'present').join(' . ');
    const present = e.flags.includes('present') || e.result === 'present';
    const result = e.result === 'present' ? 'oif' : e.result;
    return line(`fib ${keys} ${result}`, present && 'present', `=> reg ${e.dreg}`);
  },
  rt: (e) => `rt load ${e.key} => reg ${e.dreg}`,
  socket: (e) => line(`socket load ${e.key} => reg ${e.dreg}`, opt('level', e.level)),
  osf: (e) => `osf dreg ${e.dreg}`,
  xfrm: (e) => `xfrm load ${e.dir} ${e.spnum} ${e.key} => reg ${e.dreg}`,
  tunnel: (e) => `tunnel load ${e.key} => reg ${e.dreg}`,
  numgen: (e) =>
    line(
      `numgen reg ${e.dreg} = ${e.type} mod ${e.modulus}`,
      e.offset !== 0 && `offset ${e.offset}`,
    ),
  hash: printHash,
  objref: (e, options) =>
    'set' in e.ref
      ? `objref sreg ${e.ref.sreg} set ${printSetName(e.ref.set, options)}`
      : `objref type ${OBJECT_TYPE[e.ref.type]} name ${e.ref.name}`,
  flow_offload: (e) => `flow_offload flowtable ${e.table}`,
  inner: (e, options) =>
    `inner type ${INNER_TYPE[e.type]} hdrsize ${e.hdrsize} flags ${e.flags.toString(16)} ` +
    printExpr(e.expr, options),
  match: (e) => `match name ${e.name} rev ${e.rev}`,
  target: (e) => `target name ${e.name} rev ${e.rev}`,
  // Not an expression of the kernel's: it is shown so that nobody takes the rule for complete.
  opaque: (e) => `opaque ${JSON.stringify(e.text)} (${e.reason})`,
};

function queueRange(expr: ExprOf<'queue'>): string {
  const first = expr.num ?? 0;
  const total = expr.total ?? 1;
  return total > 1 ? `num ${first}-${first + total - 1}` : `num ${first}`;
}

/** One expression in brackets, as `[ cmp eq reg 1 0x0016 ]`. */
export function printExpr(expr: Expr, options: PrintOptions = {}): string {
  // TypeScript cannot relate a table to its own key union; the mapped type is the proof.
  const print = printers[expr.kind] as (expr: Expr, options: PrintOptions) => string;
  return `[ ${print(expr, options)} ]`;
}

/** A rule's expressions, one a line, without indentation. */
export const printExprs = (rule: Rule, options: PrintOptions = {}): string[] =>
  rule.exprs.map((expr) => printExpr(expr, options));

function printObjectData(data: ObjectData): string {
  switch (data.kind) {
    case 'counter':
    case 'quota':
    case 'limit':
    case 'connlimit':
    case 'synproxy':
      return printExpr(data);
    case 'ct helper':
      return `[ ct_helper name ${data.helper} family ${data.l3proto ?? 'unspec'} protocol ${data.l4proto} ]`;
    case 'ct timeout': {
      const policy = Object.entries(data.policy).map(([state, s]) => `${state} = ${s}`);
      return `[ ct_timeout protocol ${data.l4proto} policy = { ${policy.join(', ')} } ]`;
    }
    case 'ct expectation':
      return (
        `[ ct_expect protocol ${data.l4proto} dport ${data.dport} ` +
        `timeout ${data.timeout} size ${data.size} ]`
      );
    case 'secmark':
      return `[ secmark context ${data.context} ]`;
    case 'tunnel':
      return `[ tunnel ${JSON.stringify(data.attributes)} ]`;
  }
}

const printDevices = (devices: readonly string[]): string | undefined =>
  devices.length === 0 ? undefined : `dev { ${devices.join(' ')} }`;

const printObject = (table: Table, object: NamedObject): string =>
  `table ${table.name} name ${object.name} ${printObjectData(object.data)}`;

const printFlowtable = (table: Table, flow: Flowtable): string =>
  line(
    `flow table ${table.name} ${flow.name}`,
    flow.flags.length > 0 && `flags ${flow.flags.join(',')}`,
    `hook ${flow.hook} prio ${flow.priority}`,
    printDevices(flow.devices),
  );

function printChainHead(table: Table, chain: Chain): string {
  const { base } = chain;
  return line(
    `chain ${table.family} ${table.name} ${chain.name}`,
    base && `type ${base.type} hook ${base.hook} prio ${base.priority}`,
    base && `policy ${chain.policy ?? 'accept'}`,
    base && printDevices(base.devices),
    chain.flags.length > 0 && `flags ${chain.flags.join(',')}`,
  );
}

const printRule = (table: Table, chain: Chain, rule: Rule, options: PrintOptions): string[] => [
  `${table.family} ${table.name} ${chain.name}`,
  ...printExprs(rule, options).map((text) => `  ${text}`),
];

function printTable(table: Table, options: PrintOptions): string[] {
  const flags = table.flags.length > 0 ? ` flags ${table.flags.join(',')}` : '';
  return [
    `table ${table.family} ${table.name}${flags}`,
    ...table.objects.map((object) => printObject(table, object)),
    ...table.flowtables.map((flow) => printFlowtable(table, flow)),
    ...table.sets.flatMap((set) => printSetSpec(table.name, set, options)),
    ...table.chains.flatMap((chain) => [
      printChainHead(table, chain),
      ...chain.rules.flatMap((rule) => printRule(table, chain, rule, options)),
    ]),
  ];
}

/** The whole program, a line per set header, list of elements, chain, rule head and expression. */
export const printProgram = (program: Program, options: PrintOptions = {}): string =>
  program.tables
    .flatMap((table) => printTable(table, options))
    .map((text) => `${text}\n`)
    .join('');
