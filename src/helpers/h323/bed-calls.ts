// For tests: call signalling, with its frames.

import {
  address,
  type Content,
  callIdentifier,
  type End,
  endpoint,
  guid,
  no,
  type Part,
  PROTOCOL,
  written,
} from './bed.ts';
import { type Channel, openLogicalChannel } from './bed-channels.ts';

/** A message with its TPKT header. */
export const tpkt = (message: Uint8Array): Uint8Array =>
  Uint8Array.of(3, 0, (message.length + 4) >> 8, (message.length + 4) & 255, ...message);

/** A Q.931 message of this type with elements before the user-user one. */
export const q931 = (
  type: number,
  information: Uint8Array,
  before: readonly number[] = [],
): Uint8Array =>
  Uint8Array.of(
    8,
    2,
    0x40,
    1,
    type,
    ...before,
    0x7e,
    (information.length + 1) >> 8,
    (information.length + 1) & 255,
    5,
    ...information,
  );

export interface Call {
  readonly control?: End;
  readonly fastStart?: readonly Channel[];
  /** H.245 messages in the tunnel. */
  readonly tunnelled?: readonly Uint8Array[];
}

/** A list of octet strings. */
const strings =
  (all: readonly Uint8Array[]): Part =>
  (to) => {
    to.length(all.length);
    for (const one of all) to.open(one);
  };

const channels = (fastStart: readonly Channel[] | undefined): Part | undefined =>
  fastStart === undefined ? undefined : strings(fastStart.map(openLogicalChannel));

/** Position of the message in H323-UU-PDU; those behind the seventh are additions. */
const information = (index: number, { tunnelled }: Call, body: Part): Uint8Array =>
  written((to) => {
    to.flags(false).flags(false).flags(true).flags(false);
    if (index < 7) to.flags(false).bits(index, 3).with(body);
    else
      to.flags(true)
        .bits(index - 7, 7)
        .open(body);
    to.additions(3, { 1: no, ...(tunnelled === undefined ? {} : { 2: strings(tunnelled) }) });
  });

const additionsOf = (all: Readonly<Record<number, Content | undefined>>): Record<number, Content> =>
  Object.fromEntries(
    Object.entries(all).filter((pair): pair is [string, Content] => pair[1] !== undefined),
  );

export interface SetupCall extends Call {
  readonly called?: End;
  readonly caller?: End;
  /** As a writer of version 4 ends it, behind where reading does. */
  readonly later?: boolean;
}

export const setup = (call: SetupCall): Uint8Array =>
  q931(
    5,
    information(0, call, (to) => {
      const { control, called, caller, fastStart, later = false } = call;
      to.flags(true).flags(
        control !== undefined,
        false,
        false,
        called !== undefined,
        false,
        false,
        false,
      );
      to.with(PROTOCOL);
      if (control !== undefined) address(control)(to);
      to.with(endpoint);
      if (called !== undefined) address(called)(to);
      to.flags(false).with(guid).flags(false).bits(0, 2).flags(false).bits(0, 2);
      to.additions(
        later ? 12 : 9,
        additionsOf({
          0: caller === undefined ? undefined : address(caller),
          2: callIdentifier,
          6: channels(fastStart),
          7: no,
          8: no,
          10: later ? no : undefined,
          11: later ? no : undefined,
        }),
      );
    }),
    [4, 3, 0x88, 0x93, 0xa5],
  );

/** What CallProceeding, Alerting and Connect say behind their roots, with `known` additions. */
const begun =
  ({ fastStart }: Call, known: number): Part =>
  (to) =>
    to.additions(known, additionsOf({ 0: callIdentifier, 4: channels(fastStart), 5: no, 6: no }));

const callInfo =
  (index: number, type: number, known: number) =>
  (call: Call): Uint8Array =>
    q931(
      type,
      information(index, call, (to) => {
        const { control } = call;
        to.flags(true)
          .flags(control !== undefined)
          .with(PROTOCOL)
          .with(endpoint);
        if (control !== undefined) address(control)(to);
        begun(call, known)(to);
      }),
    );

export const callProceeding = callInfo(1, 2, 7);
export const alerting = callInfo(3, 1, 7);

/** @param known additions its writer knows: seven of version 3, sixteen of version 6 */
export const connect = (call: Call, known = 7): Uint8Array =>
  q931(
    7,
    information(2, call, (to) => {
      const { control } = call;
      to.flags(true)
        .flags(control !== undefined)
        .with(PROTOCOL);
      if (control !== undefined) address(control)(to);
      to.with(endpoint).with(guid).with(begun(call, known));
    }),
  );

export const progress = (call: Call): Uint8Array =>
  q931(
    3,
    information(7, call, (to) => {
      const { control, fastStart } = call;
      to.flags(true).flags(control !== undefined, false, false, false, fastStart !== undefined);
      to.with(PROTOCOL).with(endpoint);
      if (control !== undefined) address(control)(to);
      to.with(callIdentifier);
      if (fastStart !== undefined) channels(fastStart)!(to);
      to.additions(2, { 0: no, 1: no });
    }),
  );

export interface Facility extends Call {
  readonly forwardTo?: End;
  /** Position in FacilityReason; 1 callForwarded, 3 undefinedReason. */
  readonly reason: number;
}

export const facility = (call: Facility): Uint8Array =>
  q931(
    0x62,
    information(6, call, (to) => {
      const { control, forwardTo, fastStart, reason } = call;
      to.flags(true)
        .flags(forwardTo !== undefined, false, false)
        .with(PROTOCOL);
      if (forwardTo !== undefined) address(forwardTo)(to);
      to.flags(false).bits(reason, 2);
      to.additions(
        10,
        additionsOf({
          0: callIdentifier,
          6: control === undefined ? undefined : address(control),
          7: channels(fastStart),
          8: no,
          9: no,
        }),
      );
    }),
  );
