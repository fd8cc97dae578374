import { expect, test } from 'vitest';
import { parseNftArguments } from './nft-options.ts';

const places: readonly { readonly says: string; readonly words: readonly string[] }[] = [
  { says: 'before the command', words: ['--live', '--netns', 'lab', 'list', 'ruleset'] },
  { says: 'behind it', words: ['list', 'ruleset', '--live', '--netns', 'lab'] },
  { says: 'amid it', words: ['list', '--netns=lab', 'ruleset', '--live'] },
];

test.each(places)('--live and --netns may stand $says', ({ words }) => {
  const { on, netns, command } = parseNftArguments(words);
  expect([on.has('live'), netns, command]).toEqual([true, 'lab', 'list ruleset']);
});

test('options of nft may not stand behind a command', () => {
  expect(() => parseNftArguments(['list', 'ruleset', '-a'])).toThrow('before commands');
});
