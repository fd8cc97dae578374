// RTSP (RFC 2326 §12.39, RFC 7826 §18.54): SETUP and its answer name the ports of a stream's two ends. The
// kernel has no helper for it.

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

/** A range of ports in a Transport header. */
interface Ports {
  readonly at: number;
  readonly length: number;
  readonly first: number;
  readonly count: number;
}

const HEADER = /^transport:[ \t]*(.*)$/im;

/** Where the value of the Transport header stands, null without one. */
function transportOf(text: string): { at: number; value: string } | null {
  const end = text.indexOf('\r\n\r\n');
  const head = end < 0 ? text : text.slice(0, end);
  const found = HEADER.exec(head);
  if (found === null) return null;
  const value = (found[1] ?? '').replace(/\r$/, '');
  return { at: found.index + found[0].indexOf(found[1] ?? ''), value };
}

/** `client_port=4588-4589`: one or two ports that follow each other. */
function portsOf(header: { at: number; value: string }, name: string): Ports | null {
  const found = new RegExp(`(?:^|[;,])${name}=(\\d{1,5})(?:-(\\d{1,5}))?(?=$|[;,])`, 'i').exec(
    header.value,
  );
  if (found === null) return null;
  const first = Number(found[1]);
  const last = found[2] === undefined ? first : Number(found[2]);
  if (first < 1024 || last > 65535 || last < first || last > first + 1) return null;
  const text = found[2] === undefined ? found[1]! : `${found[1]}-${found[2]}`;
  const at = header.at + found.index + found[0].length - text.length;
  return { at, length: text.length, first, count: last - first + 1 };
}

const rangeText = (first: number, count: number): string =>
  count === 1 ? String(first) : `${first}-${first + count - 1}`;

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

/** `destination=` and `source=`: the sender's address as the other side knows it. */
function addressChange(
  cx: HelperContext<RtspState>,
  header: { at: number; value: string },
  name: string,
): Change[] {
  const own = formatAddress(cx.own, cx.l3, T_SRC);
  const seen = formatAddress(cx.other, cx.l3, T_DST);
  const found = new RegExp(`(?:^|;)${name}=([^;,]*)`, 'i').exec(header.value);
  if (found === null || found[1] !== own || own === seen) return [];
  const at = header.at + found.index + found[0].length - own.length;
  return [{ at, length: own.length, text: seen }];
}

function request(cx: HelperContext<RtspState>, header: { at: number; value: string }): Verdict {
  const ports = portsOf(header, 'client_port');
  if (ports === null) return ACCEPT;
  const told = announce(cx, ports);
  if (told === 0) return cx.drop('all ports in use');
  if (!cx.translated) return ACCEPT;
  const { state } = cx;
  state.told = [...state.told.filter((one) => one.told !== told), { own: ports.first, told }].slice(
    -8,
  );
  const changes = [
    { at: ports.at, length: ports.length, text: rangeText(told, ports.count) },
    ...addressChange(cx, header, 'destination'),
  ];
  return apply(cx, changes) ? ACCEPT : cx.drop('cannot mangle packet');
}

function answer(cx: HelperContext<RtspState>, header: { at: number; value: string }): Verdict {
  const changes: Change[] = addressChange(cx, header, 'source');
  const server = portsOf(header, 'server_port');
  if (server !== null) {
    const told = announce(cx, server);
    if (told === 0) return cx.drop('all ports in use');
    changes.push({ at: server.at, length: server.length, text: rangeText(told, server.count) });
  }
  const client = portsOf(header, 'client_port');
  const known = cx.state.told.find((one) => one.told === client?.first);
  if (client !== null && known !== undefined)
    changes.push({
      at: client.at,
      length: client.length,
      text: rangeText(known.own, client.count),
    });
  if (!cx.translated) return ACCEPT;
  return apply(cx, changes) ? ACCEPT : cx.drop('cannot mangle packet');
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
