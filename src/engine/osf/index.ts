/** Passive fingerprints of operating systems. */
export * from './find.ts';
export * from './parse.ts';
