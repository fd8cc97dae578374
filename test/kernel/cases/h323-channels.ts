// H.245: channels of sound, picture and data, on a connection that a call announced.

import { connect, setup } from '../../../src/helpers/h323/bed-calls.ts';
import { openAck, openRequest, roundTrip } from '../../../src/helpers/h323/bed-channels.ts';
import type { Case, Step } from '../case.ts';
import { controlOnly, says, signalling, sound } from './h323.ts';
import { Session } from './session.ts';
import { at, type Hosts, lan, wan } from './words.ts';

const look: Step = { look: 'expect' };
const entries: Step = { look: 'conntrack' };

/** A call whose H.245 connection is open, and behind SNAT told of another way. */
const controlling = (
  name: string,
  steps: (control: Session, h: Hosts, seen: string) => readonly Step[],
): Case[] =>
  signalling(`H.245: ${name}`, (s, h, seen) => {
    const control = new Session({
      client: h.client,
      server: h.server,
      clientPort: 41000,
      serverPort: 3001,
      ...(seen === h.client ? {} : { seenClient: seen }),
    });
    return [
      s.client(says(setup({}))),
      s.server(says(connect({ control: at(h.server, 3001) }))),
      ...control.open(),
      entries,
      ...steps(control, h, seen),
    ];
  });

export const h323Channels: Case[] = [
  ...controlling('channels of sound and picture', (c, h, seen) => [
    c.client(says(openRequest(controlOnly(h.client, 5001)))),
    c.server(
      says(openAck({ forward: { media: at(h.server, 7000), control: at(h.server, 7001) } })),
    ),
    c.server(says(openRequest({ ...sound(h.server, 7002), video: true }))),
    c.client(
      says(
        openAck({ forward: { media: at(h.client, 5002) }, reverse: { media: at(h.client, 5004) } }),
      ),
    ),
    look,
    wan(`udp ${at(h.server, 7000)} > ${at(seen, 5000)} data "rtp"`),
    lan(`udp ${at(h.client, 5002)} > ${at(h.server, 7000)} data "rtp"`),
    entries,
  ]),
  ...controlling('what is said of silence is not read, and does not disturb', (c, h) => [
    c.client(says(openRequest({ forward: { control: at(h.client, 5001), silence: true } }))),
    look,
  ]),
  ...controlling('T.120 over a stack of its own', (c, h, seen) => [
    c.client(says(openRequest({ forward: {}, reverse: {}, data: at(h.client, 1503) }))),
    look,
    wan(`tcp ${at(h.server, 4444)} > ${at(seen, 1503)} syn seq 1`),
    entries,
    look,
    c.server(says(openAck({ data: at(h.server, 1503) }))),
    look,
    c.client(says(openRequest({ forward: {}, data: at(h.other, 1503) }))),
    look,
  ]),
  ...controlling('two messages, and one in halves', (c, h) => [
    c.client(says(roundTrip(), openRequest(controlOnly(h.client, 5001)))),
    look,
    c.client(says(roundTrip()).slice(0, 4)),
    c.client(says(roundTrip()).slice(4)),
    c.client(says(openRequest(sound(h.client, 5010))).slice(0, -1)),
    look,
  ]),
];
