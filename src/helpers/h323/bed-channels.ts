// For tests: H.245 messages, and channels that a fast start opens.

import { channelAddress, type End, type Part, type PerWriter, written } from './bed.ts';

export interface Media {
  readonly media?: End;
  readonly control?: End;
  /** Says that silence is suppressed, which stands behind what is read. */
  readonly silence?: boolean;
}

/** H2250LogicalChannelParameters */
const h2250 =
  ({ media, control, silence = false }: Media): Part =>
  (to) => {
    const there = [false, false, media !== undefined, false, control !== undefined];
    to.flags(false)
      .flags(...there, false, silence, false, false, false)
      .octets(1);
    if (media !== undefined) channelAddress(media)(to);
    if (control !== undefined) channelAddress(control)(to);
    if (silence) to.flags(true);
  };

export interface Channel {
  readonly forward?: Media;
  readonly reverse?: Media;
  /** T.120 over a stack of its own, at this address. */
  readonly data?: End;
  readonly video?: boolean;
}

/** G.711 A-law with 20 frames. */
const sound: Part = (to) => to.flags(false).bits(3, 3).flags(false).bits(1, 4).octets(19);
const picture: Part = (to) =>
  to
    .flags(false)
    .bits(2, 3)
    .flags(false)
    .bits(1, 3)
    .flags(false)
    .flags(true, false)
    .bits(0, 2)
    .flags(false)
    .word(1919)
    .flags(false);
const nothing: Part = (to) => to.flags(false).bits(1, 3);
/** Data, T.120, the fourth addition to what it may run on. */
const t120: Part = (to) =>
  to
    .flags(false)
    .bits(4, 3)
    .flags(false)
    .flags(false)
    .bits(1, 4)
    .flags(true)
    .bits(3, 7)
    .open(Uint8Array.of(0))
    .bits(1, 2)
    .octets(2, 0);

/** NetworkAccessParameters of a local address. */
const separateStack =
  (end: End): Part =>
  (to) =>
    to
      .flags(false)
      .flags(false, false)
      .flags(false)
      .bits(2, 2)
      .with(channelAddress(end))
      .flags(false);

const dataType = ({ data, video, forward }: Channel): Part => {
  if (data !== undefined) return t120;
  if (forward === undefined) return nothing;
  return video === true ? picture : sound;
};

/** OpenLogicalChannel, as a fast start holds it. */
export const openLogicalChannel = (channel: Channel): Uint8Array => written(olc(channel));

const olc =
  (channel: Channel): Part =>
  (to) => {
    const { forward, reverse, data } = channel;
    to.flags(data !== undefined)
      .flags(reverse !== undefined)
      .word(0x100);
    to.flags(false).flags(false).with(dataType(channel));
    // Parameters of H.225.0 are the first addition to a choice of three, none are the second.
    to.flags(true).bits(forward === undefined ? 1 : 0, 7);
    to.open(forward === undefined ? Uint8Array.of(0) : h2250(forward));
    if (reverse !== undefined) {
      to.flags(false)
        .flags(true)
        .with(data === undefined ? sound : t120);
      to.flags(true).bits(0, 7).open(h2250(reverse));
    }
    if (data !== undefined) to.additions(1, { 0: separateStack(data) });
  };

export interface ChannelAck {
  readonly forward?: Media;
  readonly reverse?: Media;
  readonly data?: End;
}

const ackParameters =
  ({ media, control }: Media): Part =>
  (to) => {
    to.flags(false).flags(false, true, media !== undefined, control !== undefined, false);
    to.bits(0, 8);
    if (media !== undefined) channelAddress(media)(to);
    if (control !== undefined) channelAddress(control)(to);
  };

const olcAck =
  ({ forward, reverse, data }: ChannelAck): Part =>
  (to) => {
    to.flags(forward !== undefined || data !== undefined)
      .flags(reverse !== undefined)
      .word(0x100);
    if (reverse !== undefined) {
      to.flags(false).flags(false, true).word(0x101);
      to.flags(true).bits(0, 7).open(h2250(reverse));
    }
    if (forward === undefined && data === undefined) return;
    to.additions(2, {
      ...(data === undefined ? {} : { 0: separateStack(data) }),
      ...(forward === undefined
        ? {}
        : { 1: (ack: PerWriter) => ack.flags(false).with(ackParameters(forward)) }),
    });
  };

/** H.245 messages: a request to open a channel, and the answer. */
export const openRequest = (channel: Channel): Uint8Array =>
  written((to) => to.flags(false).bits(0, 2).flags(false).bits(3, 4).with(olc(channel)));

export const openAck = (ack: ChannelAck): Uint8Array =>
  written((to) => to.flags(false).bits(1, 2).flags(false).bits(5, 5).with(olcAck(ack)));

/** roundTripDelayRequest */
export const roundTrip = (): Uint8Array =>
  written((to) => to.flags(false).bits(0, 2).flags(false).bits(9, 4).flags(false).octets(7));
