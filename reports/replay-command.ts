/** The shell command that runs one trial again. In mode `each`, `only` is the plugin that ran alone. */
export function replayCommand(trial: { dir: string; cell: string; trial: number; only: string | null }): string {
  const which = `${trial.dir}#${trial.cell}/${trial.trial}${trial.only === null ? '' : `/${trial.only}`}`;
  return `lab replay ${quote(which)}`;
}

/** POSIX shell: a word of harmless characters stands as it is, everything else goes into single quotes. */
function quote(word: string): string {
  return /^[\w@%+=:,./-][\w@%+=:,./#-]*$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
