import type { Collection, Command, CommandHandlers, Deletable, Reference } from '../ast/index.ts';
import { visitCommand } from '../ast/index.ts';
import type { JsonObject } from './text.ts';
import { declarationJson, flattened, type WriteOptions } from './write-declarations.ts';
import { expressionJson } from './write-expressions.ts';

/** One thing by name or handle. A table's name is `name`, that of all others' table is `table`. */
function reference(r: Reference): JsonObject {
  const isTable = r.kind === 'table';
  return {
    [r.kind]: {
      family: r.family,
      table: isTable ? undefined : r.table?.name,
      chain: r.chain?.name,
      name: isTable ? r.table?.name : r.name?.name,
      handle: r.handle,
    },
  };
}

function collection(c: Collection): JsonObject {
  const { family, table, chain, device } = c;
  if (family === undefined && device === undefined) return { [c.kind]: null };
  return { [c.kind]: { family, table: table?.name, chain: chain?.name, device } };
}

const COLLECTIONS: ReadonlySet<string> = new Set([
  ...['ruleset', 'tables', 'chains', 'rules', 'sets', 'maps', 'meters', 'flowtables', 'hooks'],
  ...['counters', 'quotas', 'limits', 'ct helpers', 'ct timeouts', 'ct expectations'],
  ...['secmarks', 'synproxys', 'tunnels'],
]);

const isCollection = (target: Reference | Collection): target is Collection =>
  COLLECTIONS.has(target.kind);

const target = (t: Reference | Collection): JsonObject =>
  isCollection(t) ? collection(t) : reference(t);

/** A chain or flow table with a block, and elements, are written as they are declared. */
function deletable(d: Deletable, o: WriteOptions): JsonObject {
  const declared = 'elements' in d || 'rules' in d || 'devices' in d;
  return declared ? declarationJson(d, o) : reference(d);
}

/** A declaration with a block becomes one command for each thing in it. */
const each = (verb: string, objects: readonly JsonObject[]): JsonObject[] =>
  objects.map((object) => ({ [verb]: object }));

const handlers: CommandHandlers<WriteOptions, JsonObject[]> = {
  add: (c, o) => each('add', flattened(c.object, o)),
  create: (c, o) => {
    const [first, ...inside] = flattened(c.object, o);
    return [...each('create', first === undefined ? [] : [first]), ...each('add', inside)];
  },
  insert: (c, o) => each('insert', [declarationJson(c.object, o)]),
  replace: (c, o) => each('replace', [declarationJson(c.object, o)]),
  delete: (c, o) => each('delete', [deletable(c.object, o)]),
  destroy: (c, o) => each('destroy', [deletable(c.object, o)]),
  flush: (c) => each('flush', [target(c.object)]),
  list: (c) => each('list', [target(c.object)]),
  reset: (c, o) =>
    each('reset', ['elements' in c.object ? declarationJson(c.object, o) : target(c.object)]),
  get: (c, o) => each('get', [declarationJson(c.object, o)]),
  rename: (c) => {
    const { chain } = reference(c.object);
    return [{ rename: { chain: { ...(chain as JsonObject), newname: c.to.name } } }];
  },
  describe: (c) => [{ describe: { expr: expressionJson(c.expr) } }],
  import: (c) => [{ import: { format: c.format } }],
  export: (c) => [{ export: { format: c.format } }],
  monitor: (c) => [{ monitor: { event: c.event, object: c.object, format: c.format } }],
};

/** A command as libnftables takes it; a block is taken apart. */
export const commandJson = (command: Command, options: WriteOptions = {}): JsonObject[] =>
  visitCommand(handlers, command, options);
