import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';

/** A process, and when it began, in ticks since the machine booted: a number is given out again, this pair is not. */
export interface ProcessMark {
  readonly pid: number;
  readonly startTicks: number;
}

interface ProcessState extends ProcessMark {
  readonly parent: number;
  readonly command: string;
}

/** Everything that runs below a process, itself included. */
export function processTree(root: number): ProcessState[] {
  const all = processes();
  const tree = all.filter(({ pid }) => pid === root);
  for (const { pid } of tree) tree.push(...all.filter(({ parent }) => parent === pid));
  return tree;
}

export function isAlive({ pid, startTicks }: ProcessMark): boolean {
  return stateOf(pid)?.startTicks === startTicks;
}

/** The network namespaces that processes live in or keep handles of under their own /run/netns, by inode. */
export function networkNamespaces(tree: readonly ProcessMark[]): Set<string> {
  const inodes = new Set<string>();
  for (const { pid } of tree) {
    inodes.add(inodeOf(readLink(`/proc/${pid}/ns/net`)));
    for (const name of list(`/proc/${pid}/root/run/netns`)) {
      const file = statSync(`/proc/${pid}/root/run/netns/${name}`, { throwIfNoEntry: false });
      if (file) inodes.add(String(file.ino));
    }
  }
  inodes.delete('');
  return inodes;
}

/**
 * What still holds one of these network namespaces: a process or thread in it, an open file, a mount. A namespace that
 * none of the three holds is gone (namespaces(7)).
 */
export function holdersOf(inodes: ReadonlySet<string>): string[] {
  const holders: string[] = [];
  const note = (what: string, inode: string) => void (inodes.has(inode) && holders.push(`${what} holds ${inode}`));
  for (const pid of list('/proc').filter((name) => /^\d+$/.test(name))) {
    for (const task of list(`/proc/${pid}/task`)) {
      note(`thread ${task}`, inodeOf(readLink(`/proc/${pid}/task/${task}/ns/net`)));
    }
    for (const fd of list(`/proc/${pid}/fd`)) note(`file ${fd} of ${pid}`, inodeOf(readLink(`/proc/${pid}/fd/${fd}`)));
    for (const [, inode = ''] of read(`/proc/${pid}/mountinfo`).matchAll(/ net:\[(\d+)\] /g)) {
      note(`a mount of ${pid}`, inode);
    }
  }
  return holders;
}

function processes(): ProcessState[] {
  const pids = list('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map((pid) => stateOf(Number(pid))).filter((state) => state !== undefined);
}

/** Of proc(5), /proc/pid/stat. The name, which may hold anything, ends with the last parenthesis. Undefined: gone. */
function stateOf(pid: number): ProcessState | undefined {
  const text = read(`/proc/${pid}/stat`);
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  if (fields.length < 20 || fields[0] === 'Z') return undefined;
  const command = read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ');
  return { pid, parent: Number(fields[1]), startTicks: Number(fields[19]), command };
}

function inodeOf(link: string): string {
  return /^net:\[(\d+)\]$/.exec(link)?.[1] ?? '';
}

// Processes end while they are looked at.

function list(directory: string): string[] {
  return orElse(() => readdirSync(directory), []);
}

function read(file: string): string {
  return orElse(() => readFileSync(file, 'utf8'), '');
}

function readLink(file: string): string {
  return orElse(() => readlinkSync(file), '');
}

function orElse<T>(look: () => T, otherwise: T): T {
  try {
    return look();
  } catch {
    return otherwise;
  }
}
