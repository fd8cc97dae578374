// For tests: messages between an endpoint and its gatekeeper.

import {
  address,
  type End,
  endpoint,
  guid,
  identifier,
  list,
  no,
  type Part,
  PROTOCOL,
  vendor,
  written,
  yes,
} from './bed.ts';

/** A RasMessage of the root, by its position. */
const ras = (index: number, part: Part): Uint8Array =>
  written((to) => to.flags(false).bits(index, 5).with(part));

const sequence: Part = (to) => to.word(6);

export const gatekeeperRequest = (rasAddress: End): Uint8Array =>
  ras(0, (to) =>
    to
      .flags(false)
      .flags(false, false, false, false)
      .with(sequence)
      .with(PROTOCOL)
      .with(address(rasAddress))
      .with(endpoint),
  );

export const gatekeeperConfirm = (rasAddress: End): Uint8Array =>
  ras(1, (to) =>
    to
      .flags(false)
      .flags(false, true)
      .with(sequence)
      .with(PROTOCOL)
      .with(identifier)
      .with(address(rasAddress)),
  );

export interface Registration {
  readonly call: readonly End[];
  readonly ras: readonly End[];
  readonly seconds?: number;
  /** Nothing stands behind the seconds. */
  readonly short?: boolean;
}

const seconds =
  (value: number): Part =>
  (to) => {
    const octets = value - 1 > 0xffffff ? 4 : value - 1 > 0xffff ? 3 : value - 1 > 0xff ? 2 : 1;
    to.bits(octets - 1, 2)
      .align()
      .bits(value - 1, octets * 8);
  };

export const registrationRequest = (one: Registration): Uint8Array =>
  ras(3, (to) =>
    to
      .flags(true)
      .flags(false, false, false)
      .with(sequence)
      .with(PROTOCOL)
      .flags(true)
      .with(list(one.call))
      .with(list(one.ras))
      .with(endpoint)
      .with(vendor)
      .additions(one.short === true ? 2 : 9, {
        ...(one.seconds === undefined ? {} : { 1: seconds(one.seconds) }),
        ...(one.short === true ? {} : { 5: no, 7: yes, 8: no }),
      }),
  );

export const registrationConfirm = (one: Omit<Registration, 'ras'>): Uint8Array =>
  ras(4, (to) =>
    to
      .flags(true)
      .flags(false, false, false)
      .with(sequence)
      .with(PROTOCOL)
      .with(list(one.call))
      .with(identifier)
      .additions(8, {
        ...(one.seconds === undefined ? {} : { 1: seconds(one.seconds) }),
        5: no,
        7: no,
      }),
  );

export const unregistrationRequest = (call: readonly End[]): Uint8Array =>
  ras(6, (to) =>
    to.flags(false).flags(false, false, true).with(sequence).with(list(call)).with(identifier),
  );

export interface Admission {
  readonly called?: End;
  readonly caller?: End;
}

export const admissionRequest = ({ called, caller }: Admission): Uint8Array =>
  ras(9, (to) => {
    const there = [false, false, called !== undefined, false, caller !== undefined, false, false];
    to.flags(false)
      .flags(...there)
      .with(sequence)
      .flags(false)
      .bits(0, 2)
      .with(identifier);
    if (called !== undefined) address(called)(to);
    // One number of three digits as the caller.
    to.length(1).flags(false).bits(0, 1).bits(2, 7).octets(0x45, 0x60);
    if (caller !== undefined) address(caller)(to);
    to.bits(1, 2).octets(5, 0).word(7).with(guid).flags(false, false);
  });

export const admissionConfirm = (called: End): Uint8Array =>
  ras(10, (to) =>
    to
      .flags(false)
      .flags(false, false)
      .with(sequence)
      .bits(1, 2)
      .octets(5, 0)
      .flags(false)
      .bits(1, 1)
      .with(address(called)),
  );

export const locationRequest = (reply: End): Uint8Array =>
  ras(18, (to) =>
    to
      .flags(false)
      .flags(false, false)
      .with(sequence)
      .length(1)
      .flags(false)
      .bits(1, 1)
      .octets(1, 0, 0x61, 0, 0x62)
      .with(address(reply)),
  );

export const locationConfirm = (call: End, rasAddress: End): Uint8Array =>
  ras(19, (to) =>
    to.flags(false).flags(false).with(sequence).with(address(call)).with(address(rasAddress)),
  );

export const infoRequestResponse = (rasAddress: End, call: readonly End[]): Uint8Array =>
  ras(22, (to) =>
    to
      .flags(false)
      .flags(false, false, false)
      .with(sequence)
      .with(endpoint)
      .with(identifier)
      .with(address(rasAddress))
      .with(list(call)),
  );
