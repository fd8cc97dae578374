// RTSP (RFC 2326 §12.39, RFC 7826 §18.54): SETUP and its answer name the ports of a stream's two ends. The
// kernel has no helper for it.

import type { Tuple } from '../conntrack/index.ts';
import { T_DST, T_SRC } from '../conntrack/index.ts';
import type { Verdict } from '../core/index.ts';
import { ACCEPT } from '../core/index.ts';
import { IPPROTO_TCP, IPPROTO_UDP } from '../uapi/index.ts';
import type { HelperContext } from './context.ts';
import type { HelperSpec } from './helper.ts';
import { formatAddress } from './text.ts';

/** Pairs of ports that are tried before a SETUP is refused. */
const ATTEMPTS = 64;

/** Client ports as they are and as the server was told, so that answers can say the former. */
interface RtspState {
  told: { own: number; told: number }[];
}

interface Change {
  readonly at: number;
  readonly length: number;
  readonly text: string;
}

/** One or two ports that follow each other, as a Transport header names them. */
interface Ports {
  readonly first: number;
  readonly count: number;
  /** What is written there when others are told, from `told` on. */
  changes(told: number): Change[];
}

interface Header {
  readonly at: number;
  readonly value: string;
}

const HEADER = /^transport:[ \t]*(.*)$/im;

/** Where the value of the Transport header stands, null without one. */
function transportOf(text: string): Header | null {
  const end = text.indexOf('\r\n\r\n');
  const head = end < 0 ? text : text.slice(0, end);
  const found = HEADER.exec(head);
  if (found === null) return null;
  const value = (found[1] ?? '').replace(/\r$/, '');
  return { at: found.index + found[0].indexOf(found[1] ?? ''), value };
}

const isPair = (first: number, last: number): boolean =>
  first >= 1024 && last <= 65535 && (last === first || last === first + 1);

const rangeText = (first: number, count: number): string =>
  count === 1 ? String(first) : `${first}-${first + count - 1}`;

/** RTSP 1.0, `client_port=4588-4589`; of each transport that is offered. */
function* portsOf({ at, value }: Header, name: string): Iterable<Ports> {
  const all = new RegExp(`(?<=^|[;,])${name}=(\\d{1,5})(?:-(\\d{1,5}))?(?=$|[;,])`, 'gi');
  for (const { 0: whole, 1: from, 2: to, index } of value.matchAll(all)) {
    const first = Number(from);
    const last = Number(to ?? from);
    if (!isPair(first, last)) continue;
    const [begin, count] = [at + index + name.length + 1, last - first + 1];
    const length = whole.length - name.length - 1;
    yield {
      first,
      count,
      changes: (told) => [{ at: begin, length, text: rangeText(told, count) }],
    };
  }
}

/** `"10.0.0.2:4588"`; without an address it is that of the connection. */
const ENDS = /"(?:(\[[^\]"]*\]|[^:"\]]*):(\d{1,5}))"/g;

/** RTSP 2.0, `dest_addr="10.0.0.2:4588"/"10.0.0.2:4589"`, where it is the address given. */
function* endsOf({ at, value }: Header, name: string, own: string, seen: string): Iterable<Ports> {
  const all = new RegExp(`(?<=^|[;,])${name}=((?:"[^"]*"/?){1,2})(?=$|[;,])`, 'gi');
  for (const { 1: quoted = '', index } of value.matchAll(all)) {
    const begin = at + index + name.length + 1;
    const ends = [...quoted.matchAll(ENDS)];
    const [first, last] = [Number(ends[0]?.[2]), Number(ends.at(-1)?.[2])];
    const isOwn = ends.every(({ 1: host = '' }) => host === '' || host === own);
    if (!isOwn || ends.length !== quoted.split('/').length) continue;
    if (!isPair(first, last) || last - first + 1 !== ends.length) continue;
    yield {
      first,
      count: ends.length,
      changes: (told) =>
        ends.map(({ 0: whole, 1: host, index: place }, i) => ({
          at: begin + place,
          length: whole.length,
          text: `"${host === '' ? '' : seen}:${told + i}"`,
        })),
    };
  }
}

/** Expects every port of a range; the first one to tell, 0 where there is none. */
function announce(cx: HelperContext<RtspState>, { first, count }: Ports): number {
  const attempts = cx.translated ? ATTEMPTS : 1;
  for (let i = 0, told = first; i < attempts && told + count <= 65536; i++, told += count)
    if (announceAt(cx, first, told, count)) return told;
  return 0;
}

function announceAt(
  cx: HelperContext<RtspState>,
  first: number,
  told: number,
  count: number,
): boolean {
  for (let i = 0; i < count; i++) {
    const wanted = { port: first + i, at: told + i, protocol: IPPROTO_UDP, direction: cx.opposite };
    if (!cx.announceExactly(wanted)) return false;
  }
  return true;
}

/** Last first, so that what stands before keeps its place. */
function apply(cx: HelperContext<RtspState>, changes: readonly Change[]): boolean {
  for (const { at, length, text } of [...changes].sort((a, b) => b.at - a.at)) {
    if (!cx.rewrite(at, length, text, false)) return false;
    cx.grown += text.length - length;
  }
  cx.adjustGrown();
  return true;
}

/** An address as the quoted ends of RTSP 2.0 write it. */
const literal = (cx: HelperContext<RtspState>, tuple: Tuple, side: number): string => {
  const text = formatAddress(tuple, cx.l3, side);
  return text.includes(':') ? `[${text}]` : text;
};

/** `destination=` and `source=`: the sender's address as the other side knows it. */
function addressChanges(cx: HelperContext<RtspState>, header: Header, name: string): Change[] {
  const own = formatAddress(cx.own, cx.l3, T_SRC);
  const seen = formatAddress(cx.other, cx.l3, T_DST);
  const all = header.value.matchAll(new RegExp(`(?<=^|[;,])${name}=([^;,]*)`, 'gi'));
  return [...all]
    .filter(([, address]) => address === own && own !== seen)
    .map(({ 0: whole, index }) => {
      const at = header.at + index + whole.length - own.length;
      return { at, length: own.length, text: seen };
    });
}

/** The sender's own ports, in either version's words, and what is to be written for them; null for a refusal. */
function announceAll(
  cx: HelperContext<RtspState>,
  header: Header,
  names: { readonly port: string; readonly end: string },
  tell: (own: number, told: number) => void,
): Change[] | null {
  const [own, seen] = [literal(cx, cx.own, T_SRC), literal(cx, cx.other, T_DST)];
  const changes: Change[] = [];
  for (const ports of [...portsOf(header, names.port), ...endsOf(header, names.end, own, seen)]) {
    const told = announce(cx, ports);
    if (told === 0) return null;
    tell(ports.first, told);
    changes.push(...ports.changes(told));
  }
  return changes;
}

function finish(cx: HelperContext<RtspState>, changes: readonly Change[]): Verdict {
  return !cx.translated || apply(cx, changes) ? ACCEPT : cx.drop('cannot mangle packet');
}

function request(cx: HelperContext<RtspState>, header: Header): Verdict {
  const { state } = cx;
  const names = { port: 'client_port', end: 'dest_addr' };
  const changes = announceAll(cx, header, names, (own, told) => {
    if (!cx.translated) return;
    state.told = [...state.told.filter((one) => one.told !== told), { own, told }].slice(-8);
  });
  if (changes === null) return cx.drop('all ports in use');
  return finish(cx, [...changes, ...addressChanges(cx, header, 'destination')]);
}

/** The client's ports as it named them, in place of those the server was told. */
function ownPorts(cx: HelperContext<RtspState>, header: Header): Change[] {
  const [seen, own] = [literal(cx, cx.own, T_DST), literal(cx, cx.other, T_SRC)];
  const named = [...portsOf(header, 'client_port'), ...endsOf(header, 'dest_addr', seen, own)];
  return named.flatMap((ports) => {
    const known = cx.state.told.find((one) => one.told === ports.first);
    return known === undefined ? [] : ports.changes(known.own);
  });
}

function answer(cx: HelperContext<RtspState>, header: Header): Verdict {
  const names = { port: 'server_port', end: 'src_addr' };
  const changes = announceAll(cx, header, names, () => {});
  if (changes === null) return cx.drop('all ports in use');
  return finish(cx, [...changes, ...ownPorts(cx, header), ...addressChanges(cx, header, 'source')]);
}

function help(cx: HelperContext<RtspState>): Verdict {
  if (!cx.established || cx.payload.length === 0) return ACCEPT;
  const { text } = cx;
  const isSetup = cx.dir === 0 && text.startsWith('SETUP ');
  const isAnswer = cx.dir === 1 && text.startsWith('RTSP/');
  if (!isSetup && !isAnswer) return ACCEPT;
  const header = transportOf(text);
  if (header === null) return ACCEPT;
  return isSetup ? request(cx, header) : answer(cx, header);
}

export const rtspHelper = (): HelperSpec<RtspState> => ({
  name: 'rtsp',
  families: ['ip', 'ip6'],
  protocols: [IPPROTO_TCP],
  policies: [{ name: 'rtsp', maxExpected: 16, timeout: 60 }],
  fresh: () => ({ told: [] }),
  help,
});
