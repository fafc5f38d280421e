import { attackSuite } from '../node/attacks.suite.ts';
import { type ConnectLab, connectSuite } from '../node/connect.suite.ts';
import { startMqttServer } from '../servers/mqtt/mqtt-server.ts';
import { startStunServer } from '../servers/stun/stun-server.ts';
import { startTurnServer } from '../servers/turn/turn-server.ts';
import { createRealHost } from './real-host.ts';

const LOOPBACK = '127.0.0.1';
const TURN = { username: 'alice', password: 'wonderland' };

const makeLab = async (): Promise<ConnectLab> => {
  const hosts = [createRealHost(), createRealHost()] as const;
  const servers = createRealHost();
  const closers: (() => unknown)[] = [];
  return {
    hosts,
    bind: [LOOPBACK, LOOPBACK],
    synsCross: false,
    start: async () => {
      // Two sockets that are bound and closed again tell which ports are free.
      const [first, second, third] = await Promise.all([0, 1, 2].map(() => freePort()));
      const stun = { address: LOOPBACK, port: first! };
      const turn = { address: LOOPBACK, port: third! };
      const alternate = { address: '127.0.0.2', port: second! };
      const broker = await startMqttServer(servers, { address: LOOPBACK, port: 0 });
      closers.push(() => broker.close());
      const stunServer = await startStunServer(servers, { primary: stun, alternate });
      closers.push(() => stunServer.close());
      const turnServer = await startTurnServer(servers, {
        endpoint: turn,
        realm: 'punchlab',
        users: new Map([[TURN.username, TURN.password]]),
        allowPeer: (address) => address === LOOPBACK,
      });
      closers.push(() => turnServer.close());
      return { stun: [stun], turn: [{ endpoint: turn, ...TURN }], brokers: [{ endpoint: broker.local }] };
    },
    run: (body) => body(),
    close: async () => {
      for (const close of closers.reverse()) await close();
    },
  };

  async function freePort(): Promise<number> {
    const listener = await servers.tcp.listen({ address: LOOPBACK }, (connection) => connection.reset());
    const { port } = listener.local;
    listener.close();
    return port;
  }
};

connectSuite('over loopback sockets', makeLab);
attackSuite('over loopback sockets', makeLab);
