import { Node, type Pipe, registry } from '../../core/node/index.ts';
import { createRealHost } from '../../core/real/index.ts';
import { loadPlugins } from '../plugins/load-plugins.ts';
import { dialPeer } from '../trial/dial.ts';
import { classicName } from '../trial/findings.ts';
import { echo, exchangeMark } from '../trial/mark.ts';
import type { AgentCalls, AgentReply, AgentRequest } from './messages.ts';

// The process of one host: it runs in that host's network namespace and stays from trial to trial.

await loadPlugins(process.argv.slice(2));
const host = createRealHost();
let node: Node | undefined;
let dialled: Pipe | undefined;

type Handlers = { [Call in keyof AgentCalls]: (ask: AgentCalls[Call]['ask']) => Promise<AgentCalls[Call]['answer']> };

const handlers: Handlers = {
  start: async ({ servers, plugins }) => {
    await handlers.close({});
    const configured = plugins.map(({ name, options }) => registry.configure(name, options));
    node = await Node.start(host, { servers, plugins: configured });
    echo(node);
    return { address: node.addressText, inferred: classicName(node) };
  },
  dial: async ({ address, plugins, timeoutMs }) => {
    const { pipe, ...told } = await dialPeer(started(), address, plugins, timeoutMs);
    dialled = pipe;
    return told;
  },
  mark: async ({ mark }) => {
    if (!dialled) throw new Error('there is no pipe to mark');
    return { echoed: await exchangeMark(started(), dialled, Buffer.from(mark, 'hex')) };
  },
  signals: async () => ({ sent: started().signalsSent }),
  close: async () => {
    const closing = node;
    node = undefined;
    dialled = undefined;
    await closing?.close();
    return {};
  },
};

function started(): Node {
  if (!node) throw new Error('no node has been started');
  return node;
}

process.on('message', async ({ id, call, ask }: AgentRequest) => {
  const handler = handlers[call] as (ask: unknown) => Promise<unknown>;
  const reply = await handler(ask).then(
    (answer): AgentReply => ({ id, answer }),
    (error: unknown): AgentReply => ({
      id,
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    }),
  );
  process.send?.(reply);
});
// Whoever asks has gone.
process.on('disconnect', () => process.exit());
