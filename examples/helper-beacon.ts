// A helper for a binary protocol over UDP. A game's server answers a request to join with two bytes, "OK",
// and a port: there the player's packets go from then on. Nobody joins more than three times.

import { BENCH, defineHelper, HelperBench } from '../src/helpers/index.ts';

export const game = defineHelper({
  name: 'game',
  protocol: 'udp',
  expect: { play: { max: 1, timeout: 30 } },
  state: { joined: 0 },
  server: [
    {
      pattern: /^OK(?<port>.{2})/s,
      found(match) {
        const [high = 0, low = 0] = [...(match.groups['port'] ?? '')].map((c) => c.charCodeAt(0));
        if (++match.state.joined > 3) return match.drop('joined too often');
        match.expect('play', { port: high * 256 + low });
      },
    },
  ],
});

// Tried without a firewall: each side says something, and we look at what is expected then.
const bench = new HelperBench(game, { port: 27000 });
bench.client('JOIN');
bench.server(Uint8Array.of(0x4f, 0x4b, 0x69, 0x88));
console.log('expected', bench.expected.join(', '));

const { client, server } = BENCH.ip;
console.log('play', bench.send(`udp ${client}:5000 > ${server}:27016 data "go"`));
console.log('state', JSON.stringify(bench.state));
