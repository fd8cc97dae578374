// The network stack a packet walks through, as Linux does it.

export { addRoute } from './add-route.ts';
export { formatAddress, parseAddress, parsePrefix } from './address.ts';
export type {
  AddressConfig,
  InterfaceConfig,
  NeighbourConfig,
  NeighbourMode,
  NexthopConfig,
  RouteConfig,
  RuleConfig,
  SocketConfig,
  StackConfig,
} from './config.ts';
export { addAddress, addNeighbour, removeAddress } from './configure.ts';
export { setLink } from './link.ts';
export type { LocalService, ReceiveOptions, SendOptions, StackOptions } from './options.ts';
export { socketText } from './sockets.ts';
export { createStack, Stack } from './stack.ts';
