import { expect, test } from 'vitest';
import { hex, unhex } from '../../bytes/index.ts';
import { readTypeof } from './typeof-read.ts';
import { writeTypeof } from './typeof-write.ts';
import { UDATA_SET, Userdata, UserdataWriter } from './userdata.ts';

/** What nft 1.0.6 sent for them (`--debug=mnl`, x86_64). */
const FROM_NFT: Readonly<Record<string, string>> = {
  'meta mark': '030e0004090000000106000403000000',
  'ip dscp': '0314000407000000010c00040c000000010403000000',
  'ip saddr . tcp dport':
    '033400040d000000012c0014000407000000010c00040c00000001040b0000000114000407000000010c000408000000010402000000',
  'ct original ip saddr': '031400040c000000010c000413000000010400000000',
  'ct mark': '031400040c000000010c0004030000000104ffffffff',
  'tcp option maxseg size': '031a0004080000000112010402000000020401000000000402000000',
  'ip option ra value': '031a0004080000000112010403000000020402000000000494000000',
  'frag id': '0314000408000000010c010406000000000406000000',
  'fib daddr . iif type': '031400041a000000010c00040300000001040a000000',
  'ipsec out spnum 1 ip6 saddr': '031a00041b0000000112000404000000010401000000020401000000',
  'numgen random mod 7 offset 3': '031a0004170000000112000401000000010407000000020403000000',
  'rt classid': '030e0004190000000106000400000000',
  'osf name': '030800040b0000000100',
};

const written = (text: string): Uint8Array => {
  const w = new UserdataWriter(true);
  writeTypeof(w, UDATA_SET.keyTypeof, text);
  return w.finish();
};
const read = (bytes: Uint8Array): string | undefined =>
  readTypeof(new Userdata(bytes, true), UDATA_SET.keyTypeof);

test.each(Object.entries(FROM_NFT))('%s is written and read as nft does', (text, bytes) => {
  expect(hex(written(text))).toBe(bytes);
  expect(read(unhex(bytes))).toBe(text);
});

// nft 1.0.6 has no words for these, or none that it can read back.
test.each([
  'vxlan ip saddr',
  'gre protocol',
  'geneve vni',
  'socket cgroupv2 level 2',
  'rt2 addr',
  'ip saddr . fib saddr . mark oif . ct reply proto-src',
])('%s is read as it was written', (text) => {
  expect(read(written(text))).toBe(text);
});

test('what nft keeps no userdata of is not written', () => {
  for (const text of [
    'jhash ip saddr mod 2',
    'ct mark & 0xff',
    'queue',
    'ip nothing',
    'ip saddr . x',
  ])
    expect(written(text)).toHaveLength(0);
});

test('userdata of others is no typeof', () => {
  for (const bytes of ['', '03', '0300', '030400ff0000', '030600040d000000', '0306000407000000'])
    expect(read(unhex(bytes))).toBeUndefined();
});
