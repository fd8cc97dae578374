// SIP (net/netfilter/nf_conntrack_sip.c; RFC 3261): a registration lets the registrar call, and every
// offer and answer of a call lets its media through.

import {
  IPS_EXPECTED,
  NF_CT_EXPECT_INACTIVE,
  NF_CT_EXPECT_PERMANENT,
  srcPortOf,
  T_DST,
  T_PORTS,
  T_SRC,
} from '../conntrack/index.ts';
import type { Verdict } from '../core/index.ts';
import { ACCEPT, NS_PER_SECOND } from '../core/index.ts';
import { IPPROTO_TCP, IPPROTO_UDP } from '../uapi/index.ts';
import type { HelperContext } from './context.ts';
import type { HelperSpec } from './helper.ts';
import { SipMessage } from './sip-message.ts';
import { announceSignalling, SIP_EXPECTED, sipExpected, translateMessage } from './sip-nat.ts';
import { processSdp, type SipOptions, type SipState } from './sip-sdp.ts';
import { findHeader, findUri, isPlace, numberParameter, SIP, transportOf } from './sip-text.ts';
import { decimalAt, sameAddress } from './text.ts';

const SHORTEST = 'SIP/2.0 200'.length;
const SIGNALLING = 0;

type Request = (message: SipMessage, cseq: number) => Verdict;
type Response = (message: SipMessage, cseq: number, code: number) => Verdict;

/** flush_expectations(): all media, or the newest signalling one. */
function forget(cx: HelperContext<SipState>, media: boolean): void {
  for (const one of cx.ct.expectations.of(cx.slot)) {
    if ((one.class !== SIGNALLING) !== media) continue;
    cx.ct.expectations.remove(one);
    if (!media) return;
  }
}

/** refresh_signalling_expectation(): the registrar has taken it. */
function activate(
  message: SipMessage,
  address: ArrayLike<number>,
  port: number,
  seconds: number,
): boolean {
  const { cx } = message;
  for (const one of cx.ct.expectations.of(cx.slot)) {
    const { tuple } = one;
    if (one.class !== SIGNALLING || !sameAddress(tuple, T_DST, address)) continue;
    if ((tuple[T_PORTS]! & 0xffff) !== port || tuple[9] !== cx.own[9]) continue;
    cx.ct.expectations.refresh(one, seconds);
    one.flags &= ~NF_CT_EXPECT_INACTIVE;
    return true;
  }
  return false;
}

/** Seconds of an Expires header, 0 without one. */
function expiresOf({ text, l3 }: SipMessage): number {
  const found = findHeader(text, 0, SIP['expires']!, l3);
  return isPlace(found) ? decimalAt(text, found.at).value : 0;
}

/** ct_sip_parse_transport(): the same one as this connection's, or not named. */
function sameTransport({ text, cx }: SipMessage, from: number): boolean {
  const named = transportOf(text, from);
  return named === '' || named === (cx.isTcp ? 'TCP' : 'UDP');
}

/** The call is over: its media are not expected any more. */
function bye({ cx }: SipMessage): Verdict {
  forget(cx, true);
  return ACCEPT;
}

export class SipHelper {
  readonly #options: SipOptions;
  readonly #requests: readonly (readonly [string, Request])[];
  readonly #responses: readonly (readonly [string, Response])[];

  constructor(options: SipOptions) {
    this.#options = options;
    const sdp: Request = (message) => processSdp(message, options);
    const answer: Response = (message, cseq, code) => this.#answer(message, cseq, code);
    this.#requests = [
      ['INVITE', (message, cseq) => this.#invite(message, cseq)],
      ['UPDATE', sdp],
      ['ACK', sdp],
      ['PRACK', sdp],
      ['BYE', bye],
      ['REGISTER', (message, cseq) => this.#register(message, cseq)],
    ];
    this.#responses = [
      ['INVITE', answer],
      ['UPDATE', answer],
      ['PRACK', answer],
      ['REGISTER', (message, cseq, code) => this.#registered(message, cseq, code)],
    ];
  }

  help(cx: HelperContext<SipState>): Verdict {
    if (cx.payload.length === 0 || (cx.isTcp && !cx.established)) return ACCEPT;
    cx.ct.store.refresh(cx.slot, this.#options.timeout * NS_PER_SECOND);
    if (cx.payload.length < SHORTEST) return ACCEPT;
    return cx.isTcp ? this.#stream(cx) : this.message(new SipMessage(cx, 0, cx.payload.length));
  }

  /** sip_help_tcp(): messages behind each other, as long as their content says. */
  #stream(cx: HelperContext<SipState>): Verdict {
    let at = 0;
    for (;;) {
      const length = lengthOfMessage(new SipMessage(cx, at, cx.payload.length - at));
      if (length === 0) break;
      const message = new SipMessage(cx, at, length);
      const verdict = this.message(message);
      if (verdict !== ACCEPT) return verdict;
      cx.grown += message.length - length;
      at += message.length;
    }
    cx.adjustGrown();
    return ACCEPT;
  }

  message(message: SipMessage): Verdict {
    const isResponse = message.says(0, 'SIP/2.0 ');
    const verdict = isResponse ? this.#response(message) : this.#request(message);
    if (verdict !== ACCEPT || !message.cx.translated) return verdict;
    return translateMessage(message, !message.says(0, 'SIP/2.0'));
  }

  #request(message: SipMessage): Verdict {
    this.#noteCisco(message);
    for (const [method, handle] of this.#requests) {
      if (!message.says(0, `${method} `) || !/[a-z]/i.test(message.text[method.length + 1] ?? ''))
        continue;
      const cseq = message.cseq();
      return cseq === null ? message.cx.drop('cannot parse cseq') : handle(message, cseq.value);
    }
    return ACCEPT;
  }

  /** Phones that send from a high port and listen at another say so in Via. */
  #noteCisco({ text, l3, cx }: SipMessage): void {
    const via = findUri(text, SIP['viaUdp']!, l3);
    if (via === null || via === 'malformed') return;
    if (via.port !== srcPortOf(cx.own) && sameAddress(via.address, 0, cx.own, T_SRC))
      cx.state.forcedPort = via.port;
  }

  #response(message: SipMessage): Verdict {
    const { text, cx } = message;
    if (text.length < SHORTEST) return ACCEPT;
    const code = decimalAt(text, 'SIP/2.0 '.length).value;
    if (code === 0) return cx.drop('cannot get code');
    const cseq = message.cseq();
    if (cseq === null) return cx.drop('cannot parse cseq');
    for (const [method, handle] of this.#responses)
      if (message.says(cseq.end + 1, method)) return handle(message, cseq.value, code);
    return ACCEPT;
  }

  #invite(message: SipMessage, cseq: number): Verdict {
    forget(message.cx, true);
    const verdict = processSdp(message, this.#options);
    if (verdict === ACCEPT) message.cx.state.inviteCseq = cseq;
    return verdict;
  }

  /** The answer to INVITE, UPDATE or PRACK. */
  #answer(message: SipMessage, cseq: number, code: number): Verdict {
    if (code >= 100 && code <= 299) return processSdp(message, this.#options);
    if (message.cx.state.inviteCseq === cseq) forget(message.cx, true);
    return ACCEPT;
  }

  /** process_register_request(): inactive until the registrar agrees. */
  #register(message: SipMessage, cseq: number): Verdict {
    const { cx, text, l3 } = message;
    if ((cx.ct.status(cx.slot) & IPS_EXPECTED) !== 0) return ACCEPT;
    const contact = findUri(text, SIP['contact']!, l3);
    if (contact === 'malformed') return cx.drop('cannot parse contact');
    // Nobody registers somebody else here.
    if (contact === null || !sameAddress(contact.address, 0, cx.own, T_SRC)) return ACCEPT;
    const behind = contact.at + contact.length;
    if (!sameTransport(message, behind)) return ACCEPT;
    const parameter = numberParameter(text, behind, 'expires=');
    if (parameter === 'malformed') return cx.drop('cannot parse expires');
    const expires = parameter?.value ?? expiresOf(message);
    const verdict =
      expires === 0
        ? ACCEPT
        : announceSignalling(message, contact, {
            port: contact.port,
            to: contact.address,
            from: this.#options.directSignalling ? cx.other.subarray(T_SRC, T_SRC + 4) : null,
            class: SIGNALLING,
            flags: NF_CT_EXPECT_PERMANENT | NF_CT_EXPECT_INACTIVE,
            helper: 'sip',
          });
    if (verdict === ACCEPT) cx.state.registerCseq = cseq;
    return verdict;
  }

  /** process_register_response(): active for as long as the registrar says, or gone. */
  #registered(message: SipMessage, cseq: number, code: number): Verdict {
    const { cx, text, l3 } = message;
    if (cx.state.registerCseq !== cseq || (code >= 100 && code <= 199)) return ACCEPT;
    const walk = { from: 0, inHeader: false };
    const otherwise = expiresOf(message);
    while (code >= 200 && code <= 299) {
      const contact = findUri(text, SIP['contact']!, l3, walk);
      if (contact === 'malformed') return cx.drop('cannot parse contact');
      if (contact === null) break;
      if (!sameAddress(contact.address, 0, cx.own, T_DST)) continue;
      const behind = contact.at + contact.length;
      if (!sameTransport(message, behind)) continue;
      const parameter = numberParameter(text, behind, 'expires=');
      if (parameter === 'malformed') return cx.drop('cannot parse expires');
      const expires = parameter?.value ?? otherwise;
      if (expires === 0) break;
      if (activate(message, contact.address, contact.port, expires)) return ACCEPT;
    }
    forget(cx, false);
    return ACCEPT;
  }
}

/** How long the message is that begins here; 0 where it is not whole. */
function lengthOfMessage({ text, l3 }: SipMessage): number {
  const found = findHeader(text, 0, SIP['contentLength']!, l3);
  if (!isPlace(found)) return 0;
  const { value, end } = decimalAt(text, found.at);
  const body = text.indexOf('\r\n\r\n', end);
  if (value > text.length || body < 0) return 0;
  const length = body + 4 + value;
  return length > text.length ? 0 : length;
}

export function sipHelper(options: Partial<SipOptions> = {}): HelperSpec<SipState> {
  const sip = new SipHelper({
    directSignalling: true,
    directMedia: true,
    externalMedia: false,
    timeout: 3600,
    ...options,
  });
  const media = { maxExpected: 4, timeout: 180 };
  return {
    name: 'sip',
    families: ['ip', 'ip6'],
    protocols: [IPPROTO_TCP, IPPROTO_UDP],
    policies: [
      { name: 'signalling', maxExpected: 1, timeout: 180 },
      { name: 'audio', ...media },
      { name: 'video', ...media },
      { name: 'image', ...media },
    ],
    fresh: () => ({ registerCseq: 0, inviteCseq: 0, forcedPort: 0 }),
    install: (ct, nat) => {
      if (nat !== null)
        ct.store.expectFunctions.set(SIP_EXPECTED, (slot, one) => sipExpected(nat, slot, one));
    },
    help: (cx) => sip.help(cx),
  };
}
