// Numbers for Prometheus, over HTTP.

import { createServer, type Server } from 'node:http';
import { EXIT_USAGE, Failure } from '../../failure.ts';
import { metricsText, type Numbers } from './report.ts';

/** `9100`, `0.0.0.0:9100`, `[::]:9100`; a port alone is for this machine. */
function listenOn(text: string): { host: string; port: number } {
  const [, host = '127.0.0.1', port] = /^(?:(.*):)?(\d+)$/.exec(text) ?? [];
  if (port === undefined || Number(port) > 0xffff)
    throw new Failure(`--metrics ${text}: no port, nor address:port`, EXIT_USAGE);
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
}

/** @throws Failure when the port is taken */
export async function serveMetrics(
  where: string,
  numbers: () => Numbers,
  queue: number,
): Promise<Server> {
  const server = createServer((request, response) => {
    if (request.url !== '/metrics') {
      response.writeHead(404).end('metrics are at /metrics\n');
      return;
    }
    response.setHeader('content-type', 'text/plain; version=0.0.4; charset=utf-8');
    response.end(metricsText(numbers(), queue));
  });
  await new Promise<void>((listening, failed) => {
    server.once('error', (error) => failed(new Failure(`--metrics ${where}: ${error.message}`)));
    server.listen(listenOn(where), listening);
  });
  server.unref();
  return server;
}
