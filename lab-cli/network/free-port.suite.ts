import type { Host } from '../../core/ports/index.ts';

/** A port of the loopback that is free for TCP and UDP, for now. */
export async function freePort(host: Host, address = '127.0.0.1'): Promise<number> {
  for (;;) {
    const socket = await host.udp.bind({ address });
    const { port } = socket.local;
    try {
      const listener = await host.tcp.listen({ address, port }, (connection) => connection.reset());
      listener.close();
      return port;
    } catch {
      // Somebody has it for TCP: another one.
    } finally {
      socket.close();
    }
  }
}
