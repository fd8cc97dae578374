// RAS: endpoints and their gatekeeper; messages are those of src/helpers/h323/bed-ras.ts.

import type { End } from '../../../src/helpers/h323/bed.ts';
import { connect, setup, tpkt } from '../../../src/helpers/h323/bed-calls.ts';
import * as gk from '../../../src/helpers/h323/bed-ras.ts';
import type { Case, Step } from '../case.ts';
import { helped, snat } from './helpers.ts';
import { Session } from './session.ts';
import { at, both, type Hosts, type L3, lan, wan } from './words.ts';

const look: Step = { look: 'expect' };
const entries: Step = { look: 'conntrack' };
const PUBLIC = { ip: '192.0.2.9', ip6: '2001:db8:1::9' } as const;

export const hex = (bytes: Uint8Array): string =>
  bytes.length === 0
    ? ''
    : `hex ${[...bytes].map((octet) => octet.toString(16).padStart(2, '0')).join('')}`;

export const toKeeper = (h: Hosts, message: Uint8Array, from: string = h.client): Step =>
  lan(`udp ${at(from, 1719)} > ${at(h.server, 1719)} ${hex(message)}`);
export const fromKeeper = (h: Hosts, to: string, message: Uint8Array): Step =>
  wan(`udp ${at(h.server, 1719)} > ${at(to, 1719)} ${hex(message)}`);

/** With a gatekeeper, as it is and behind SNAT; `seen` is the client as the gatekeeper knows it. */
const registering = (
  name: string,
  steps: (h: Hosts, seen: string, l3: L3) => readonly Step[],
): Case[] =>
  [false, true].flatMap((hidden) =>
    both((l3, h) => ({
      name: `RAS: ${name}${hidden ? ', through SNAT' : ''}`,
      ruleset: helped('RAS', 'udp', 1719, hidden ? snat(l3) : ''),
      steps: steps(h, hidden ? PUBLIC[l3] : h.client, l3),
    })),
  );

const latin1 = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

export const registration = (
  call: readonly End[],
  ras: readonly End[],
  seconds?: number,
): Uint8Array =>
  gk.registrationRequest({ call, ras, ...(seconds === undefined ? {} : { seconds }) });

export const gatekeepers: Case[] = [
  ...registering('discovery', (h, seen) => [
    toKeeper(h, gk.gatekeeperRequest(at(h.client, 1719))),
    fromKeeper(h, seen, gk.gatekeeperConfirm(at(h.server, 1719))),
    look,
    fromKeeper(h, seen, gk.gatekeeperConfirm(at(h.server, 1718))),
    look,
    lan(
      `udp ${at(h.client, 3000)} > ${at(h.server, 1718)} ${hex(registration([at(h.client, 1720)], [at(h.client, 3000)]))}`,
    ),
    entries,
    look,
    wan(
      `udp ${at(h.server, 1718)} > ${at(seen, 3000)} ${hex(gk.gatekeeperConfirm(at(h.server, 1717)))}`,
    ),
    look,
  ]),
  ...registering('registration lets the gatekeeper call', (h, seen) => [
    toKeeper(h, registration([at(h.client, 1720)], [at(h.client, 1719)])),
    look,
    fromKeeper(h, seen, gk.registrationConfirm({ call: [at(h.server, 1720)], seconds: 100 })),
    entries,
    look,
    wan(`tcp ${at(h.server, 4000)} > ${at(seen, 1720)} syn seq 1`),
    entries,
    wan(`tcp ${at(h.server, 4001)} > ${at(seen, 1720)} syn seq 1`),
    entries,
    look,
  ]),
  ...registering('a registration that says how long', (h, seen) => [
    toKeeper(h, registration([at(h.client, 1720)], [at(h.client, 1719)], 50)),
    fromKeeper(h, seen, gk.registrationConfirm({ call: [at(h.client, 1720)] })),
    entries,
  ]),
  ...registering('many addresses', (h, seen) => [
    toKeeper(
      h,
      registration(
        [
          'ipx',
          '127.0.0.1:1720',
          '[2001:db8::2]:1720',
          at(h.other, 1720),
          at(h.client, 1722),
          at(h.client, 1720),
        ],
        [at(h.other, 1719), at(h.client, 1718), at(h.client, 1719)],
      ),
    ),
    look,
    fromKeeper(h, seen, gk.registrationConfirm({ call: [at(seen, 1722)] })),
  ]),
  ...registering('an address that only the sender reaches comes first', (h, seen) => [
    toKeeper(h, registration(['127.0.0.1:1720', at(h.client, 1720)], [at(h.client, 1719)])),
    look,
    toKeeper(h, gk.unregistrationRequest(['127.0.0.1:1720', at(h.client, 1720)])),
    entries,
    look,
    fromKeeper(h, seen, gk.registrationConfirm({ call: [at(h.client, 1720)] })),
  ]),
  ...registering('registered twice, then no more', (h, seen) => [
    toKeeper(h, registration([at(h.client, 1720)], [at(h.client, 1719)])),
    toKeeper(h, registration([at(h.client, 1720)], [at(h.client, 1719)])),
    toKeeper(h, registration([at(h.client, 1721)], [at(h.client, 1719)])),
    look,
    toKeeper(h, gk.unregistrationRequest([at(h.client, 1721)])),
    look,
    entries,
    wan(`tcp ${at(h.server, 4000)} > ${at(seen, 1721)} syn seq 1`),
    entries,
  ]),
  ...registering('admission of a caller and of who is called', (h, seen) => [
    toKeeper(h, registration([at(h.client, 1720)], [at(h.client, 1719)])),
    toKeeper(h, gk.admissionRequest({ caller: at(h.client, 3300) })),
    toKeeper(h, gk.admissionRequest({ called: at(h.client, 1720), caller: at(h.client, 1) })),
    toKeeper(h, gk.admissionRequest({ called: at(h.client, 1721), caller: at(h.other, 1) })),
    toKeeper(h, gk.admissionRequest({ called: at(h.client, 1721), caller: at(h.client, 2) })),
    fromKeeper(h, seen, gk.admissionConfirm(at(h.server, 1720))),
    look,
    fromKeeper(h, seen, gk.admissionConfirm(at(seen, 1720))),
    fromKeeper(h, seen, gk.admissionConfirm('ipx')),
    look,
    lan(`tcp ${at(h.client, 3300)} > ${at(h.server, 1720)} syn seq 1`),
    entries,
  ]),
  ...registering('location and status', (h, seen) => [
    toKeeper(h, registration([at(h.client, 1720)], [at(h.client, 1719)])),
    toKeeper(h, gk.locationRequest(at(h.client, 1719))),
    fromKeeper(h, seen, gk.locationConfirm(at(h.server, 1730), at(h.server, 1719))),
    look,
    toKeeper(h, gk.infoRequestResponse(at(h.client, 1719), [at(h.client, 1720)])),
    toKeeper(h, gk.infoRequestResponse(at(h.other, 1719), ['ipx', at(h.client, 1721)])),
  ]),
  ...registering('a call from the gatekeeper, its H.245 and its sound', (h, seen) => {
    // The gatekeeper calls, so it is the client of this conversation.
    const call = new Session({
      client: h.server,
      server: h.client,
      clientPort: 4000,
      serverPort: 1720,
      ...(seen === h.client ? {} : { seenServer: seen }),
    });
    const swapped = (steps: readonly Step[]): Step[] =>
      steps.map((step) =>
        'on' in step ? { ...step, on: step.on === 'eth0' ? 'eth1' : 'eth0' } : step,
      );
    return [
      toKeeper(h, registration([at(h.client, 1720)], [at(h.client, 1719)])),
      ...swapped([
        ...call.open(),
        call.client(latin1(tpkt(setup({ called: at(seen, 1720), caller: at(h.server, 4000) })))),
        call.server(
          latin1(
            tpkt(
              connect({
                control: at(h.client, 3001),
                fastStart: [{ forward: { control: at(h.client, 5001) } }],
              }),
            ),
          ),
        ),
      ]),
      look,
      wan(`tcp ${at(h.server, 4100)} > ${at(seen, 3001)} syn seq 1`),
      wan(`udp ${at(h.server, 7000)} > ${at(seen, 5000)} data "rtp"`),
      entries,
    ];
  }),
  ...registering('a message cut short does nothing', (h) => {
    const whole = registration([at(h.client, 1720)], [at(h.client, 1719)], 70000);
    return [1, 2, 3, 4, 10].flatMap((cut) => [toKeeper(h, whole.slice(0, -cut)), look]);
  }),
  ...registering('seconds at the very end', (h) => [
    toKeeper(
      h,
      gk.registrationRequest({
        call: [at(h.client, 1720)],
        ras: [at(h.client, 1719)],
        seconds: 300,
        short: true,
      }),
    ),
    look,
    entries,
  ]),
  ...registering('messages that nobody reads', (h) => [
    toKeeper(h, Uint8Array.of(0x0a, 0, 6, 0, 0)),
    toKeeper(h, Uint8Array.of(0x80, 1, 2, 3)),
    toKeeper(h, Uint8Array.of(0xff)),
    toKeeper(h, Uint8Array.of()),
    look,
  ]),
];
