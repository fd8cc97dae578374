// FTP (net/netfilter/nf_conntrack_ftp.c, nf_nat_ftp.c; RFC 959 §4.1.2, RFC 1123 §4.1.2.6, RFC 2428): PORT
// and EPRT of the client, 227 and 229 of the server announce a data connection.

import { T_DST, T_SRC } from '../conntrack/index.ts';
import type { Verdict } from '../core/index.ts';
import { ACCEPT } from '../core/index.ts';
import { IPPROTO_TCP } from '../uapi/index.ts';
import type { HelperContext } from './context.ts';
import { type Command, FTP_COMMANDS, findCommand } from './ftp-commands.ts';
import type { HelperSpec } from './helper.ts';
import { formatAddress, fullIPv6, sameAddress } from './text.ts';

const POLICY = { name: 'ftp', maxExpected: 1, timeout: 300 } as const;
const NEWLINE = 0x0a;
/** NUM_SEQ_TO_REMEMBER */
const REMEMBERED = 2;

/** struct nf_ct_ftp_master. By direction: where lines are known to begin. */
export interface FtpState {
  readonly afterNewline: [number[], number[]];
  /** NF_CT_FTP_SEQ_PICKUP: the next segment is taken for the beginning of a line, wherever it is. */
  readonly pickup: [boolean, boolean];
}

export interface FtpOptions {
  /** Lets a data connection go to another address than the control connection's peer. Default false. */
  readonly loose?: boolean;
}

const after = (a: number, b: number): boolean => ((b - a) | 0) < 0;

/** update_nl_seq(): older than what is known it must not be. */
function rememberLine(state: FtpState, dir: 0 | 1, seq: number): void {
  const known = state.afterNewline[dir];
  if (known.includes(seq)) return;
  if (known.length < REMEMBERED) {
    known.push(seq);
    return;
  }
  const oldest = after(known[0]!, known[1]!) ? 1 : 0;
  if (after(seq, known[oldest]!)) known[oldest] = seq;
}

/** nf_nat_ftp_fmt_cmd(): the same in the words of the command. */
function commandText(
  command: Command,
  l3: number,
  address: ArrayLike<number>,
  port: number,
): string {
  const ipv4 = formatAddress(address, l3, T_DST);
  if (command.type === 'EPSV') return `|||${port}|`;
  if (command.type === 'EPRT')
    return l3 === 2 ? `|1|${ipv4}|${port}|` : `|2|${fullIPv6(address, T_DST)}|${port}|`;
  return `${ipv4.replaceAll('.', ',')},${port >>> 8},${port & 0xff}`;
}

function announce(cx: HelperContext<FtpState>, command: Command, loose: boolean): Verdict {
  const { own, other } = cx;
  const elsewhere = !sameAddress(command.address, 0, own, T_SRC);
  // Who could name any address would open holes towards it, that of the firewall included.
  if (elsewhere && !loose) return cx.note(`${command.type} names another address`);
  const { port } = command;
  const told = cx.announce(elsewhere ? { port, to: command.address } : { port });
  if (told === 0) return cx.drop(cx.translated ? 'all ports in use' : 'cannot add expectation');
  if (!cx.translated) return ACCEPT;
  const text = commandText(command, cx.l3, other, told);
  if (cx.rewrite(command.offset, command.length, text)) return ACCEPT;
  return cx.drop('cannot mangle packet');
}

/** Whether the segment begins a line; one that was brought from outside is believed once. */
function beginsLine(cx: HelperContext<FtpState>): boolean {
  const { state, dir } = cx;
  if (state.afterNewline[dir].includes(cx.seq)) return true;
  if (!state.pickup[dir]) return false;
  state.pickup[dir] = false;
  return true;
}

function help(cx: HelperContext<FtpState>, loose: boolean): Verdict {
  const { payload } = cx;
  if (!cx.established || payload.length === 0) return ACCEPT;
  // A rewritten segment is longer: the numbers are those of the sender.
  const next = (cx.seq + payload.length) >>> 0;
  const endsLine = payload[payload.length - 1] === NEWLINE;
  let verdict: Verdict = ACCEPT;
  if (beginsLine(cx)) {
    const found = findCommand(cx.text, FTP_COMMANDS[cx.dir], cx.l3, cx.own.subarray(0, 4));
    // Half a command cannot be read when the rest comes: the sender shall send it again as a whole.
    if (found === 'partial') return cx.drop('partial command');
    if (found !== null) verdict = announce(cx, found, loose);
  }
  if (endsLine) rememberLine(cx.state, cx.dir, next);
  return verdict;
}

export const ftpHelper = ({ loose = false }: FtpOptions = {}): HelperSpec<FtpState> => ({
  name: 'ftp',
  families: ['ip', 'ip6'],
  protocols: [IPPROTO_TCP],
  policies: [POLICY],
  fresh: () => ({ afterNewline: [[], []], pickup: [false, false] }),
  adopted: () => ({ afterNewline: [[], []], pickup: [true, true] }),
  help: (cx) => help(cx, loose),
});
