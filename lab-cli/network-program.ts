import { Command, Option } from 'commander';
import type { ConnectCommandOptions } from './commands/connect.ts';
import type { FieldCommandOptions } from './commands/field.ts';
import type { NatOptions } from './commands/nat.ts';
import type { NodeCommandOptions } from './commands/node.ts';
import type { ServeOptions } from './commands/serve.ts';
import type { Console } from './console.ts';
import { address, addresses, collect, family, hostPort, keyName, serverLinks, wholeNumber } from './options.ts';

type Exit = (code: number) => void;

const STUN_PORT = 3478; // RFC 8489 section 18.6

/** The subcommands that use the real network. */
export function networkCommands(console: Console, exit: Exit): Command[] {
  return [
    natCommand(console, exit),
    serveCommand(console, exit),
    nodeCommand(console, exit),
    connectCommand(console, exit),
    keyCommand(console, exit),
    fieldCommand(console, exit),
  ];
}

function natCommand(console: Console, exit: Exit): Command {
  return new Command('nat')
    .summary('find out what NAT this machine is behind')
    .description(
      'Finds out what NATs and firewalls this machine is behind (RFC 5780), says it in plain words with evidence and ' +
        'confidence, or prints it as a preset for a scenario file. Only the servers that you name are contacted.',
    )
    .option('--stun <host[:port]>', 'a STUN server; give several if none has two addresses', hostPort(STUN_PORT))
    .option('--bind <address>', 'test from this address (default: every interface)', address)
    .option('--family <4|6>', 'only this version of IP (default: those that the servers have)', family)
    .option('--lifetime', 'measure also how long a silent mapping lives, which takes minutes')
    .option('--json', 'print JSON')
    .option('--preset [name]', 'print a preset for a scenario file, called NAME (default: measured)')
    .addHelpText(
      'after',
      `
Examples:
  lab nat --stun stun.example
  lab nat --stun 192.0.2.1:3478 --stun 198.51.100.1:3478 --json
  lab nat --stun stun.example --preset office >> my-scenario.yaml`,
    )
    .action(async (options: NatOptions) => {
      const { nat } = await import('./commands/nat.ts');
      exit(await nat(options, console));
    });
}

function serveCommand(console: Console, exit: Exit): Command {
  return new Command('serve')
    .summary('run every server that peers need, on one machine')
    .description(
      'Runs STUN, TURN, MQTT, nickname and NTP servers, for peers to find and reach each other. The first time it makes credentials, ' +
        'keeps them, and prints once the link that `lab node` and `lab connect` take. Logs are JSON lines on stderr; ' +
        'metrics for Prometheus, /live and /ready are served over HTTP on the loopback. SIGTERM or Ctrl-C stops it.',
    )
    .argument('[config]', 'YAML file (default: everything on, on the first addresses of this machine)')
    .option('--address <address>', 'serve on this address; a second one of a family is for STUN', addresses)
    .option('--state <dir>', 'where credentials are kept (default: ~/.punchlab/serve)')
    .option('--print-link', 'print the link again')
    .option('--check', 'read the configuration and print it with its defaults, but start nothing')
    .addHelpText(
      'after',
      `
Examples:
  lab serve
  lab serve --address 203.0.113.5 --address 203.0.113.6
  lab serve /etc/punchlab/serve.yaml --state /var/lib/punchlab`,
    )
    .action(async (file: string | undefined, options: ServeOptions) => {
      const { serve } = await import('./commands/serve.ts');
      exit(await serve(file, options, console));
    });
}

const SERVERS = 'LAB_SERVERS';

/** What every command takes that runs a node of this machine. */
function peerOptions(
  command: Command,
  nameMeans = 'its nickname, and its key in the key store (default: no nickname)',
): Command {
  return command
    .addOption(
      new Option('--servers <link>', 'what `lab serve` printed; several are more servers to choose from')
        .argParser(serverLinks)
        .env(SERVERS),
    )
    .option('--name <name>', nameMeans, keyName)
    .option('--key <file>', 'the key file, instead of ~/.punchlab/keys/NAME.key; made if there is none')
    .option('--bind <address>', 'use this address only (default: every interface)', address)
    .option('--port <n>', 'listen on this port (default: any that is free)', wholeNumber(1, 65_535))
    .option('--quiet', 'print nothing but errors on stderr');
}

function nodeCommand(console: Console, exit: Exit): Command {
  return peerOptions(new Command('node'))
    .summary('wait for a peer, and carry standard input and output')
    .description(
      'Takes a nickname, prints the address of this node on stderr, waits for a peer, and carries standard input to it and what it sends ' +
        'to standard output, until both have ended.',
    )
    .option('--keep', 'wait for the next peer then; nothing is sent to them')
    .option(
      '--allow <id>',
      'let only this node in; several may be named (default: everybody with the address)',
      collect,
    )
    .addHelpText(
      'after',
      `
Examples:
  lab node --name alice --servers 'punchlab://…' | tar x
  lab node --keep`,
    )
    .action(async (options: NodeCommandOptions) => {
      const { node } = await import('./commands/node.ts');
      exit(await node(options, console));
    });
}

function connectCommand(console: Console, exit: Exit): Command {
  return peerOptions(new Command('connect'))
    .summary('connect to a peer, and carry standard input and output')
    .description(
      'Connects to the node at an address by whatever strategy works, shows each one on stderr, and carries standard ' +
        'input and output until both ends have ended. Exits with 1 if nothing connected or the pipe broke.',
    )
    .argument('<peer>', 'the name or address of a node, or @FILE that holds its address')
    .option('--plugin <name>', 'only this strategy; several may be named (default: all)', collect)
    .option('--timeout <seconds>', 'when to give up', wholeNumber(1, 3600))
    .addHelpText(
      'after',
      `
Examples:
  tar c . | lab connect alice --servers 'punchlab://…'
  lab connect "$ADDRESS" --plugin tcp-punch --timeout 10`,
    )
    .action(async (peer: string, { timeout, ...options }: ConnectCommandOptions & { timeout?: number }) => {
      const { connect } = await import('./commands/connect.ts');
      exit(await connect(peer, { ...options, ...(timeout !== undefined && { timeoutMs: 1000 * timeout }) }, console));
    });
}

function keyCommand(console: Console, exit: Exit): Command {
  return new Command('key')
    .summary("print the public key of a name, for a field test's plan")
    .description(
      'Prints the public key that this machine has for a name, made the first time, as a line for the plan of a field test.',
    )
    .argument('<name>', 'of the agent', keyName)
    .option('--key <file>', 'the key file, instead of ~/.punchlab/keys/NAME.key; made if there is none')
    .addHelpText('after', '\nExample:\n  lab key alice')
    .action(async (name: string, options: { key?: string }) => {
      const { key } = await import('./commands/key.ts');
      exit(key(name, options, console));
    });
}

function fieldCommand(console: Console, exit: Exit): Command {
  return peerOptions(
    new Command('field'),
    'which agent of the plan this is (default: the only one whose key is kept here)',
  )
    .summary('measure again and again between machines')
    .description(
      'Runs one agent of a field test. The same command on every machine of the plan measures who connects to whom, on ' +
        'its schedule, and brings all results to all machines. What was measured is never lost: run it again to go on.',
    )
    .argument('<plan>', 'YAML file, the same on every machine')
    .option('-o, --output <dir>', 'where results go, or are from before (default: out/PLAN-AGENT)')
    .option('--plugin <file>', 'TypeScript or JavaScript with plugins of your own; may be repeated', collect)
    .option('--check', 'read the plan and print what it comes to, but measure nothing')
    .addHelpText(
      'after',
      `
Examples:
  lab key alice
  lab field plan.yaml --check
  lab field plan.yaml --servers 'punchlab://…'
  lab report out/classic out/home-alice -o together.html`,
    )
    .action(async (file: string, options: FieldCommandOptions) => {
      const { field } = await import('./commands/field.ts');
      exit(await field(file, options, console));
    });
}
