// parse_target() of xshared.c: what can be the name of a target or of a chain that is jumped to.

/** XT_EXTENSION_MAXNAMELEN without its terminator. */
const MAX_NAME = 28;

/** Why a name is none. */
export function badTargetName(name: string): string | undefined {
  if (name === '') return 'Invalid target name (too short)';
  if (name.length > MAX_NAME) return `Invalid target name \`${name}' (${MAX_NAME} chars max)`;
  return /\s/.test(name) ? `Invalid target name \`${name}'` : undefined;
}
