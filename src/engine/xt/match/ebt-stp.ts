// ebt_stp.c. The kernel takes the protocol identifier for one byte, so what it calls the type is the
// version, and every field of a configuration is read one byte before its place.

import { equalBytes, u16, u32, unhex } from '../../../bytes/index.ts';
import type { EbtStpInfo, XtNet, XtRange, XtTest } from '../../../program/index.ts';
import { BRIDGE, isMac } from '../ebt.ts';
import { matchModule } from '../extension.ts';

/** LLC of bridges and three zeros. */
const HEADER = Uint8Array.of(0x42, 0x42, 0x03, 0, 0, 0);
const TYPE = 5;
const CONFIG = HEADER.length;
const CONFIG_LENGTH = 31;

type Test = (bytes: Uint8Array, at: number) => boolean;

const range16 =
  ({ value, invert }: XtTest<XtRange>, offset: number): Test =>
  (bytes, at) => {
    const number = u16(bytes, at + offset);
    return (number >= value.min && number <= value.max) !== invert;
  };

const range32 =
  ({ value, invert }: XtTest<XtRange>, offset: number): Test =>
  (bytes, at) => {
    const number = u32(bytes, at + offset);
    return (number >= value.min && number <= value.max) !== invert;
  };

function mac({ value, invert }: XtTest<XtNet>, offset: number): Test {
  const [want, mask] = [unhex(value.address), unhex(value.mask)];
  return (bytes, at) => isMac(bytes, at + offset, want, mask) !== invert;
}

/** Offsets in struct stp_config_pdu. */
function configTests(info: EbtStpInfo): readonly Test[] {
  const { flags, rootPrio, rootAddr, rootCost, senderPrio, senderAddr, port } = info;
  return [
    ...(flags ? [(b: Uint8Array, at: number) => (b[at] === flags.value) !== flags.invert] : []),
    ...(rootPrio ? [range16(rootPrio, 1)] : []),
    ...(rootAddr ? [mac(rootAddr, 3)] : []),
    ...(rootCost ? [range32(rootCost, 9)] : []),
    ...(senderPrio ? [range16(senderPrio, 13)] : []),
    ...(senderAddr ? [mac(senderAddr, 15)] : []),
    ...(port ? [range16(port, 21)] : []),
    ...(info.msgAge ? [range16(info.msgAge, 23)] : []),
    ...(info.maxAge ? [range16(info.maxAge, 25)] : []),
    ...(info.helloTime ? [range16(info.helloTime, 27)] : []),
    ...(info.forwardDelay ? [range16(info.forwardDelay, 29)] : []),
  ];
}

export const ebtStp = matchModule<EbtStpInfo>({
  name: 'stp',
  placement: { families: BRIDGE },
  prepare(info) {
    const { type } = info;
    const config = configTests(info);
    return {
      matches({ bytes, network, end }) {
        if (network + CONFIG > end || !equalBytes(bytes, network, HEADER, 0, CONFIG)) return false;
        if (type && (bytes[network + TYPE] === type.value) === type.invert) return false;
        if (config.length === 0) return true;
        const at = network + CONFIG;
        if (at + CONFIG_LENGTH > end) return false;
        for (const one of config) if (!one(bytes, at)) return false;
        return true;
      },
      why: ({ bytes, network, end }) =>
        network + CONFIG > end || !equalBytes(bytes, network, HEADER, 0, CONFIG)
          ? 'not a frame of the spanning tree'
          : 'another configuration',
    };
  },
});
