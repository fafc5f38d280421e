import { command } from './command.ts';

/** A command line. */
export interface CommandLine {
  readonly file: string;
  readonly args: readonly string[];
}

/** `ip netns` keeps its handles in /run, which has to be ours alone. */
const OWN_RUN = 'mount -t tmpfs none /run && mkdir /run/netns && exec "$0" "$@"';
const NAMESPACES = ['--net', '--pid', '--mount', '--fork', '--mount-proc', '--kill-child'];

/**
 * The command line that runs a command as the first process of namespaces of its own: users, network, processes and
 * mounts. When that process ends, or we do, or anybody kills either of us by whatever signal, the kernel ends all that
 * runs there, and with the last process every namespace, device, rule and mount is gone.
 *
 * @throws CommandError if the system lets us make no namespaces
 */
export async function sandboxCommand(file: string, args: readonly string[]): Promise<CommandLine> {
  const rights = await userNamespace();
  return {
    file: 'setpriv',
    args: ['--pdeathsig', 'KILL', 'unshare', ...rights, ...NAMESPACES, 'sh', '-c', OWN_RUN, file, ...args],
  };
}

let known: Promise<readonly string[]> | undefined;

/** Root where the system reserves user namespaces for it; anybody else in one of his own. */
function userNamespace(): Promise<readonly string[]> {
  const own = ['--user', '--map-root-user'];
  known ??= command('unshare', [...own, '--net', 'true']).then(
    () => own,
    (error: Error) => {
      if (process.getuid?.() === 0) return [];
      known = undefined;
      throw error;
    },
  );
  return known;
}
