import { expect, test } from 'vitest';
import { formatPlace } from '../diagnostics/index.ts';
import { globPattern, memoryLoader, parse } from './index.ts';

const loader = memoryLoader({
  '/etc/nft/tables/a.nft': 'add table a',
  '/etc/nft/tables/b.nft': 'add table b # no end of line',
  '/etc/nft/tables/c.txt': 'add table c',
  '/etc/nft/defs': 'define ssh = 22\n',
  '/etc/nft/rules': 'tcp dport $ssh accept\ntcp dport oops oops\n',
  '/etc/nft/self': 'include "self"\n',
});
const options = { loader, searchPath: ['/usr/share', '/etc/nft/'] };

test('files are read in the place of the line, those of a pattern in order', () => {
  const { commands, diagnostics } = parse('include "tables/*.nft"\nadd table d', options);
  expect(diagnostics).toEqual([]);
  const names = commands.map((c) => c.kind === 'add' && c.object.kind === 'table' && c.object.name);
  expect(names).toMatchObject([{ name: 'a' }, { name: 'b' }, { name: 'd' }]);
});

test('inside a chain it gives rules, and an error in it says which file', () => {
  const { diagnostics, sources, commands } = parse(
    {
      name: 'main',
      text: 'include "/etc/nft/defs"\ntable t {\n chain c {\n  include "rules"\n }\n}',
    },
    options,
  );
  expect(commands).toHaveLength(1);
  expect(diagnostics.map((d) => formatPlace(d.span, sources))).toEqual(['/etc/nft/rules:2:16']);
});

test.each([
  ['a pattern that matches nothing is no error', 'include "none/*"', []],
  ['a file that is not there is one', 'include "none"', ['include_not_found']],
  ['a dot means the working directory', 'include "./defs"', ['include_not_found']],
  ['files that include themselves end', 'include "self"', ['include_too_deep']],
])('%s', (_, text, codes) => {
  expect(parse(text, options).diagnostics.map((d) => d.code)).toEqual(codes);
});

test.each([
  ['a*.nft', 'ab.nft', true],
  ['a*', 'a/b', false],
  ['[a-c]?', 'bz', true],
  ['[!a-c]?', 'bz', false],
  ['a.b', 'axb', false],
  ['[.]*', '.x', true],
])('the pattern %s and the path %s', (pattern, path, matches) => {
  expect(globPattern(pattern)(path)).toBe(matches);
});
