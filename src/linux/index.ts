export * from './errors.ts';
export * from './frame-batch.ts';
export { checked, type Libc, loadLibc } from './libc.ts';
export * from './netlink-socket.ts';
export * from './netns.ts';
export * from './offload.ts';
export * from './packet-socket.ts';
export * from './raw-socket.ts';
