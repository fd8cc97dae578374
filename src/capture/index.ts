/** Captures: pcap and pcapng, streamed both ways, and the link headers of their frames. */
export * from './error.ts';
export * from './link.ts';
export { commentsOf, directionOf, OptionCode, optionText, textOption } from './options.ts';
export * from './pcap-write.ts';
export {
  type InterfaceInit,
  type PcapngPacket,
  PcapngWriter,
  type SectionInit,
} from './pcapng-write.ts';
export {
  type Capture,
  type CaptureReader,
  createReader,
  type ReaderOptions,
  readCapture,
  readRecords,
} from './reader.ts';
export type * from './records.ts';
